"""A run that was broken off goes on where it was published, on a machine that has nothing of it."""

import pytest

from configs import ModelConfigs
from ctckit.errors import InputError
from ctckit.remote import publish
from ctckit.training.opening import open_run
from tests.drawing import draw_folder


@pytest.fixture
def settings(bucket, work, tmp_path, monkeypatch):
    """Return the settings of a run on images of a store, published there, too."""
    monkeypatch.setattr(publish, "LOOK_EVERY_S", 0.01)
    draw_folder(tmp_path / "drawn", count=24)
    bucket.put_folder(tmp_path / "drawn", "sets/plates/")
    return ModelConfigs(
        dataset=f"{bucket.url}/sets/plates/", publish=f"{bucket.url}/runs", publish_states=True,
        start_from="none",
    )  # fmt: skip


def test_another_machine_goes_on(bucket, settings, tmp_path, monkeypatch):
    with pytest.raises(ZeroDivisionError), open_run(settings) as (run, dataset, configs):
        run.state_of("model_1").write_bytes(b"a state")
        raise ZeroDivisionError  # it is broken off
    assert configs.dataset == settings.dataset, "the configuration leads to the images anywhere"
    name = run.path.name
    there = bucket.content()
    assert there[f"runs/{name}/state/model_1.npz"] == b"a state"

    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    (tmp_path / "work").rename(tmp_path / "gone")
    for key, content in there.items():
        if key.startswith("runs/"):
            path = other / "Models" / key.removeprefix("runs/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    configs = ModelConfigs.load(other / "Models" / name)
    with open_run(configs, resume=f"Models/{name}") as (again, same, _):
        assert again.state_of("model_1").read_bytes() == b"a state"
        assert list(same.samples) == list(dataset.samples)
        assert list(same.validation) == list(dataset.validation)
        again.onnx.write_bytes(b"done")
        again.report.mkdir(exist_ok=True)
        (again.report / "evaluation.html").touch()
    there = bucket.content()
    assert there[f"runs/{name}/model.onnx"] == b"done"
    assert not [key for key in there if "/state/" in key], "what is finished has no state"


def test_it_is_tried_before_the_images_are_looked_at(settings, work):
    with (
        pytest.raises(InputError, match="there is no such bucket"),
        open_run(settings.replace(publish="s3://nobodys-bucket/runs")),
    ):
        pytest.fail("the run has begun")
    assert not list(work.iterdir())


def test_of_several_machines_the_first_one_publishes(bucket, settings, monkeypatch):
    monkeypatch.setenv(
        "TF_CONFIG",
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}',
    )
    with open_run(settings) as (run, _, _):
        run.state_of("model_1").write_bytes(b"a state")
    assert not [key for key in bucket.content() if key.startswith("runs/")]


def test_states_need_a_place():
    with pytest.raises(InputError, match="publish_states: expected a place to publish to"):
        ModelConfigs(publish_states=True)
