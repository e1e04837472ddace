"""`python train.py` and `python inferenceModel.py`, typed as in the README, on drawn images."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import train
from benchmarks.kill_and_resume import differences, kill_when, moment_of
from configs import ModelConfigs
from ctckit.cli.recipe import SCRIPTS
from ctckit.cli.running import run_command
from ctckit.inference.session import OnnxInferenceModel
from ctckit.run_folder import RunFolder
from ctckit.sources.layouts import open_dataset
from tests.drawing import draw_folder, draw_text, write_image

ROOT = Path(__file__).parents[2]
SHARED_ZIP = ROOT.parent / "shared" / "datasets" / "captcha_images_v2.zip"
FAST = ("--height", "32", "--width", "96", "--batch-size", "8")


@pytest.fixture
def workplace(tmp_path) -> Path:
    """The root files in a folder of their own, so that Models/ is not the project's."""
    for name in SCRIPTS:
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "Models").mkdir()
    return tmp_path


def command(workplace: Path, script: str, *arguments: object) -> dict:
    return {
        "args": [sys.executable, script, *map(str, arguments)],
        "cwd": workplace,
        "env": os.environ | {"PYTHONPATH": str(ROOT)},
        "text": True,
    }


def run(workplace: Path, script: str, *arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        **command(workplace, script, *arguments), capture_output=True, timeout=600, check=False
    )


def last_json(done: subprocess.CompletedProcess) -> dict:
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "switches"),
    [
        ("crnn", []),
        pytest.param("crnn", ["--jit-compile"], marks=pytest.mark.long),
        pytest.param("crnn", ["--mixed-precision"], marks=pytest.mark.long),
        pytest.param("mltu_captcha", [], marks=pytest.mark.long),
        pytest.param("keras_captcha_ocr", [], marks=pytest.mark.long),
    ],
)
def test_train_then_read(workplace, architecture, switches):
    draw_folder(workplace / "drawn", count=40)
    (workplace / "drawn" / "broken.png").write_bytes(b"not an image")
    done = run(
        workplace, "train.py", "--dataset", "drawn", "--architecture", architecture,
        "--train-epochs", 2, "--json", *switches, *FAST,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = last_json(done)
    assert (result["images"], result["left_out"], result["epochs"]) == (40, 1, 2)
    assert result["keras_onnx_difference"] <= 1e-4
    assert result["quantized"] is None

    (folder,) = (workplace / "Models").iterdir()
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    assert {
        "configs.yaml", "train.csv", "val.csv", "images.json", "model.keras", "model.onnx",
        "history.csv", "train.log", "logs", "README.md", "report/training_samples.png",
        "report/predictions.png", "report/predictions.csv", "report/learning_curves.png",
    } <= names  # fmt: skip
    assert not [name for name in names if Path(name).name.startswith(".")], "no temporary file"
    assert "broken.png" in (folder / "train.log").read_text()

    configs = ModelConfigs.load(folder)
    assert configs.architecture == architecture and configs.max_text_length == 4
    train, val = (open_dataset(folder / name) for name in
                  ("train.csv", "val.csv"))  # fmt: skip
    assert (len(train.samples), len(val.samples)) == (36, 4)
    assert not set(train.samples) & set(val.samples)
    with (folder / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    assert float(history[1]["loss"]) < float(history[0]["loss"])
    last = float(history[-1]["val_CER"])
    assert result["val_CER"] == pytest.approx(last), "four images choose no epoch"

    read = run(workplace, "inferenceModel.py", "--json")
    assert read.returncode == 0, read.stderr
    reading = last_json(read)
    assert reading["images"] == 4
    assert reading["CER"] == pytest.approx(result["val_CER"])
    assert reading["WER"] == pytest.approx(result["val_WER"])

    for noise in ("cuda", "oneDNN", "Warning", "WARNING:", "deprecated", "AVX"):
        assert noise not in done.stderr + read.stderr


@pytest.mark.slow
def test_a_run_begins_with_the_base_and_learns_from_images_without_labels(workplace):
    draw_folder(workplace / "drawn", count=20)
    draw_folder(workplace / "old", count=10, seed=5)
    draw_folder(workplace / "others", count=30, seed=1)
    words = ("--dataset", "drawn", "--validation", "old", "--unlabelled", "others", *FAST)
    done = run(workplace, "train.py", *words, "--train-epochs", "6", "--json")
    assert done.returncode == 0, done.stderr
    (folder,) = (workplace / "Models").iterdir()
    log = (folder / "train.log").read_text()
    for line in (
        "20 images, 10 more to choose the epoch by, 30 without labels",
        "start       from base-large: 5 of 5 characters known",
        "as it starts   val_CER",
        "without labels: sure of ",
    ):
        assert line in log
    (onnx,) = folder.glob("model.onnx")
    assert OnnxInferenceModel(onnx).metadata.extra["start_from"] == "base-large"


@pytest.mark.slow
def test_cross_validation_reads_every_image_and_lists_suspicious_labels(workplace):
    draw_folder(workplace / "drawn", count=24)
    done = run(
        workplace, "train.py", "--dataset", "drawn", "--folds", 2, "--train-epochs", 2,
        "--json", *FAST,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = last_json(done)
    assert (result["folds"], result["images"]) == (2, 24)
    (folder,) = (workplace / "Models").iterdir()
    with (folder / "report" / "out_of_fold.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len({row["image"] for row in rows}) == 24
    misread = [row for row in rows if row["text"] != row["label"]]
    assert len(misread) == result["misread"]
    with (folder / "report" / "label_errors.csv").open() as file:
        suspicions = [float(row["suspicion"]) for row in csv.DictReader(file)]
    assert len(suspicions) == len(misread)
    assert suspicions == sorted(suspicions, reverse=True)


@pytest.mark.slow
def test_several_models_are_kept_in_one_file(workplace):
    draw_folder(workplace / "drawn", count=40)
    done = run(
        workplace, "train.py", "--dataset", "drawn", "--models", 2, "--train-epochs", 2,
        "--width-multiplier", 0.5, "--quantize", "float16", "--mixed-precision", "--json", *FAST,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = last_json(done)
    assert (result["models"], result["epochs"]) == (2, 4)
    assert result["keras_onnx_difference"] <= 1e-4
    (folder,) = (workplace / "Models").iterdir()
    members = [OnnxInferenceModel(folder / name) for name in ("member_1", "member_2")]
    noise = np.random.default_rng(0).integers(0, 256, (3, 32, 96, 3), np.uint8)
    together = OnnxInferenceModel(folder).predict_probabilities(noise)
    for index, member in enumerate(members):
        np.testing.assert_allclose(
            together[:, index], member.predict_probabilities(noise), atol=1e-5
        )
    assert not np.allclose(together[:, 0], together[:, 1])
    assert workplace / result["quantized"] == folder / "model.float16.onnx"
    assert f"Smaller      {result['quantized']}" in done.stdout
    sizes = [(folder / f"model{form}.onnx").stat().st_size for form in ("", ".float16", ".reader")]
    assert sizes[1] < 0.7 * sizes[0] < sizes[2]
    read = run(workplace, "inferenceModel.py", "--json")
    assert read.returncode == 0, read.stderr
    assert last_json(read)["WER"] == pytest.approx(result["val_WER"])


@pytest.mark.slow
@pytest.mark.long
def test_deterministic_runs_repeat_to_the_bit(workplace):
    draw_folder(workplace / "drawn", count=24)
    for name in ("first", "second"):
        done = run(
            workplace, "train.py", "--dataset", "drawn", "--deterministic", "--train-epochs", 3,
            "--model-path", name, *FAST,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    first, second = (OnnxInferenceModel(workplace / name) for name in ("first", "second"))
    noise = np.random.default_rng(0).integers(0, 256, (4, 32, 96, 3), np.uint8)
    np.testing.assert_array_equal(
        first.predict_probabilities(noise), second.predict_probabilities(noise)
    )


@contextmanager
def interrupted_at(text: str, workplace: Path, *arguments: object) -> Iterator[tuple[str, str]]:
    """Start `train.py`, press Ctrl-C when stderr shows `text`; yield what it said in all."""
    process = subprocess.Popen(
        **command(workplace, "train.py", "--dataset", "drawn", *arguments, *FAST),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        said = ""
        while text not in said and (line := process.stderr.readline()):
            said += line
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=300)
        assert process.returncode == 0, said + stderr
        yield stdout, said + stderr
    finally:
        process.kill()


@pytest.mark.slow
def test_interrupt_still_exports(workplace):
    draw_folder(workplace / "drawn", count=40)
    with interrupted_at("val_loss", workplace, "--train-epochs", 10_000) as (stdout, stderr):
        assert "stopping" in stderr and "Your reader" in stdout
    (folder,) = (workplace / "Models").iterdir()
    assert (folder / "history.csv").exists() and (folder / "model.onnx").exists()


@pytest.mark.slow
@pytest.mark.long
def test_interrupt_between_two_models_keeps_the_first(workplace):
    draw_folder(workplace / "drawn", count=24)
    options = ("--models", 3, "--train-epochs", 1, "--width-multiplier", 0.25, "--json")
    with interrupted_at("model 2 of 3", workplace, *options) as (stdout, _):
        result = json.loads(stdout.splitlines()[-1])
    assert (result["models"], result["epochs"]) == (1, 1)
    metadata = OnnxInferenceModel(workplace / result["onnx"]).metadata
    assert metadata.extra["models"] == 1 and metadata.val_WER == result["val_WER"]


def test_first_line_comes_before_tensorflow(workplace):
    """Whoever types the command sees at once that it runs; TensorFlow takes seconds to load."""
    (workplace / "empty").mkdir()
    done = run(workplace, "-X", "importtime", "train.py", "--dataset", "empty")
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert "tensorflow" not in done.stderr and "keras" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "nowhere"], "nowhere does not exist"),
        (["--dataset", "empty"], "found an empty folder"),
        (["--dataset", "texts"], "found other files: readme.txt"),
        (["--dataset", "corrupt"], "none of 2 can be read"),
        (["--dataset", "drawn", "--architecture", "crn"], "Did you mean 'crnn'"),
        (["--dataset", "drawn", "--bach-size", "3"], "Did you mean '--batch-size'"),
        (["--dataset", "drawn", "--batch-size", "0"], "--batch-size: expected 1 or more"),
        (["--dataset", "drawn", "--batch-size", "many"], "whole number"),
        (["--dataset", "drawn", "--train-epochs", "-1"], "--train-epochs: expected 1 or more"),
        (["--dataset", "drawn", "--validation-fraction", "0"], "between 0 and 1"),
        (["--dataset", "drawn", "--validation-fraction", "1"], "between 0 and 1"),
        (["--dataset", "drawn", "--validation-fraction", "0.01"], "holds back 0"),
        (["--dataset", "drawn", "--folds", "1"], "--folds: expected 2 or more, received 1"),
        (["--dataset", "drawn", "--folds", "2", "--quantize", "int8"], "--quantize: expected"),
        (["--dataset", "drawn", "--time-budget", "soon"], "such as 60s, received 'soon'"),
        (["--dataset", "drawn", "--width", "8"], "time steps, the network has 1"),
        (["--dataset", "drawn", "--vocab", "xyz"], "not in the vocabulary"),
        (["--dataset", "drawn", "--max-text-length", "2"], "more than 2"),
        (["--dataset", "drawn", "--model-path", "drawn"], "new or empty folder"),
        (["--dataset", "drawn", "--model-path", "file/run"], "--model-path: expected to be able"),
        (["--dataset", "columns.csv"], "--columns: expected columns called"),
        (["--dataset", "missing.csv"], "gone.png"),
        (["--dataset", "twice.csv"], "given another one again"),
        (["--dataset", "fake.zip"], "zip"),
        (["--dataset", "void.zip"], "expected images"),
        (["--dataset", "texts.zip"], "expected images"),
        (["--dataset", "numbers"], "--label-separator: expected names of files that hold"),
        (["--dataset", "alike.csv"], "all labelled 'word'"),
        (["--dataset", "x" * 300], "too long"),
        (
            ["--dataset", "drawn", "--start-from", "gone"],
            "--start-from: expected auto, base, base-large",
        ),
        (["--dataset", "drawn", "--folds", "11"], "--folds: expected no more than there are"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_line_and_leaves_nothing(
    workplace, monkeypatch, capsys, arguments, message
):
    texts = draw_folder(workplace / "drawn", count=10)
    image = f"drawn/{texts[0]}.png"
    for name in ("empty", "texts", "corrupt"):
        (workplace / name).mkdir()
    (workplace / "texts" / "readme.txt").write_text("no images here")
    for name in ("a.png", "b.jpg"):
        (workplace / "corrupt" / name).write_bytes(b"not an image")
    (workplace / "file").write_text("in the way")
    (workplace / "columns.csv").write_text(f"picture,solution,more\n{image},a,b\n")
    (workplace / "missing.csv").write_text(f"image,label\n{image},a\ngone.png,b\n")
    (workplace / "twice.csv").write_text(f"image,label\n{image},a\n{image},b\n")
    (workplace / "fake.zip").write_text("not a zip")
    with zipfile.ZipFile(workplace / "void.zip", "w"):
        pass
    with zipfile.ZipFile(workplace / "texts.zip", "w") as archive:
        archive.writestr("readme.txt", "no images here")
    rows = "".join(f"drawn/{text}.png,word\n" for text in texts)
    (workplace / "alike.csv").write_text(f"image,label\n{rows}")
    (workplace / "numbers").mkdir()
    for number, text in enumerate(texts):
        shutil.copy(
            workplace / "drawn" / f"{text}.png", workplace / "numbers" / f"IMG_{number}.png"
        )

    monkeypatch.chdir(workplace)
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    assert run_command(train.main) == 2
    said = capsys.readouterr().err
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and message in errors[0]
    assert "Traceback" not in said
    assert not list((workplace / "Models").iterdir()), "nothing half-written"
    assert not (workplace / "Datasets").exists() or not list((workplace / "Datasets").iterdir())


@pytest.mark.slow
@pytest.mark.long
def test_without_images_or_network_a_stand_in_is_made(workplace):
    """`python train.py` alone; a proxy that nobody answers stands for the missing network."""
    arguments = command(
        workplace, "train.py", "--train-epochs", 1, "--height", 16, "--width-multiplier", 0.25,
        "--json",
    )  # fmt: skip
    arguments["env"] |= {"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    done = subprocess.run(**arguments, capture_output=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert "No network" in done.stderr and "stand-in" in done.stderr
    result = last_json(done)
    assert (result["dataset"], result["images"]) == ("generated", 1040)
    assert len(list((workplace / "Datasets" / "generated").glob("*.png"))) == 1040
    (folder,) = (workplace / "Models").iterdir()
    assert folder.name.startswith("generated_")
    assert "generated" in ModelConfigs.load(folder).dataset
    assert "generated" in (folder / "train.log").read_text()
    assert "generated" in done.stdout.splitlines()[1], "the summary names the images"


@pytest.mark.parametrize("script", ["train.py", "inferenceModel.py"])
def test_opencv_without_its_system_libraries(workplace, script):
    broken = workplace / "cv2"
    broken.mkdir()
    message = "libGL.so.1: cannot open shared object file"
    (broken / "__init__.py").write_text(f"raise ImportError({message!r})")
    done = run(workplace, script)
    assert done.returncode == 2
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "libGL.so.1" in error and "opencv-python-headless" in error
    assert "Traceback" not in done.stderr


def test_bad_input_ends_the_program_with_status_2(workplace):
    done = run(workplace, "train.py", "--dataset", "nowhere")
    assert done.returncode == 2 and not done.stdout
    error = done.stderr.splitlines()[-1]
    assert error.startswith("error: ") and error.endswith("nowhere does not exist")


def test_help_lists_every_field(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["train.py", "--help"])
    with pytest.raises(SystemExit) as end:
        train.main()
    assert not end.value.code
    shown = capsys.readouterr().out
    for field in fields(ModelConfigs):
        if field.name == "dataset_fingerprint":  # noted by the run, not given
            continue
        assert f"--{field.name.replace('_', '-')}" in shown


@pytest.mark.slow
@pytest.mark.long
def test_labels_of_any_script_survive_the_whole_way(workplace):
    folder = workplace / "schrift"
    folder.mkdir()
    for index, text in enumerate(["äöü", "жизнь", "日本", "00123"] * 5):
        write_image(folder / f"{text}-{index}.png", draw_text("23", seed=index))
    done = run(
        workplace, "train.py", "--dataset", folder, "--label-separator=-", "--train-epochs", 1,
        *FAST,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run_folder,) = (workplace / "Models").iterdir()
    assert ModelConfigs.load(run_folder).vocab == "".join(sorted(set("äöüжизнь日本00123")))
    labels = {sample.label for sample in
              open_dataset(run_folder / "train.csv").samples}  # fmt: skip
    assert "00123" in labels and "жизнь" in labels
    vocabulary = OnnxInferenceModel(run_folder).metadata.vocabulary
    assert str(vocabulary) == ModelConfigs.load(run_folder).vocab


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(not SHARED_ZIP.exists(), reason="real images are not shipped")
def test_default_settings_learn_to_read_real_captchas(workplace):
    done = run(workplace, "train.py", "--dataset", SHARED_ZIP, "--json")
    assert done.returncode == 0, done.stderr
    result = last_json(done)
    assert (result["images"], result["validation_images"]) == (1040, 104)
    assert result["val_CER"] <= 0.005
    assert result["val_WER"] <= 0.02


@pytest.mark.slow
@pytest.mark.long
def test_a_handful_of_images_is_learned_by_heart(workplace):
    """What everyone tries first."""
    draw_folder(workplace / "handful", count=12, length=5)
    done = run(workplace, "train.py", "--dataset", "handful", "--model-path", "Models/run")
    assert done.returncode == 0, done.stderr
    seen = workplace / "Models" / "run" / "train.csv"
    done = run(workplace, "inferenceModel.py", "--dataset", seen, "--json")
    assert done.returncode == 0, done.stderr
    assert (last_json(done)["images"], last_json(done)["CER"]) == (11, 0)


@pytest.mark.slow
def test_a_run_that_is_ended_three_times_is_resumed_to_the_bit(workplace):
    """The short form of `benchmarks.kill_and_resume`, with a SIGTERM, as of a machine shut down."""
    draw_folder(workplace / "drawn", count=24)
    flags = ("--dataset", "drawn", "--deterministic", "--train-epochs", 4, "--save-every", "1s",
             "--width-multiplier", 0.25, *FAST)  # fmt: skip
    calm = run(workplace, "train.py", *flags, "--model-path", "calm")
    assert calm.returncode == 0, calm.stderr
    ended = RunFolder(workplace / "ended")

    with begun(workplace, *flags, "--model-path", "ended") as process:
        assert kill_when(process, moment_of("the state", ended, 0))
    with begun(workplace, "--resume", "ended") as process:
        said = ""
        while "epoch 2/4" not in said and (line := process.stderr.readline()):
            said += line
        process.send_signal(signal.SIGTERM)
        said += process.communicate(timeout=300)[1]
        assert process.returncode == 143 and "ended by SIGTERM" in said
        assert "to go on: python train.py --resume ended" in said
    again = run(workplace, "train.py", *flags, "--model-path", "ended")
    assert again.returncode == 2
    assert "go on with it by python train.py --resume ended" in again.stderr
    with begun(workplace, "--resume", "ended") as process:
        assert kill_when(process, moment_of("the report", ended, 0))

    resumed = run(workplace, "train.py", "--resume", "ended", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert "to the bit" not in resumed.stderr
    assert not last_json(resumed)["finished_early"]
    assert not differences(RunFolder(workplace / "calm"), ended)
    finished = run(workplace, "train.py", "--resume", "ended")
    assert finished.returncode == 2 and "received a finished one" in finished.stderr


@contextmanager
def begun(workplace: Path, *arguments: object) -> Iterator[subprocess.Popen]:
    """Start `train.py`; whatever happens, it has ended behind the block."""
    with subprocess.Popen(
        **command(workplace, "train.py", *arguments),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--resume", "nowhere"], "--resume: expected the folder of a run, received nowhere"),
        (["--resume", "drawn"], "expected a configuration at drawn"),
        (["--resume", "drawn", "--batch-size", "4"], "received --batch-size with it"),
        (["--resume", "drawn", "--config", "drawn"], "received --config with it"),
        (["--save-every", "often"], "--save-every: expected a time in s, min or h"),
    ],
)
def test_what_cannot_be_resumed_is_refused(workplace, monkeypatch, capsys, arguments, message):
    (workplace / "drawn").mkdir()
    monkeypatch.chdir(workplace)
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    assert run_command(train.main) == 2
    assert message in capsys.readouterr().err
