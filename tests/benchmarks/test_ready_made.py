import json
from importlib.metadata import version

import pytest

from benchmarks import ready_made
from benchmarks.ready_made import Reader, Tool
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from tests.drawing import draw_folder

ABSENT = Tool("no_such_module", "no-such-package", "pip install no-such-package", None)


def stub(tmp_path, text):
    """A tool that reads the same in every image; of a module and a package that are there."""
    model = tmp_path / "stub.onnx"
    model.write_bytes(bytes(2_500_000))
    return Tool("numpy", "numpy", "pip install numpy", lambda: Reader(lambda _: text, model))


@pytest.fixture
def run(tmp_path, monkeypatch):
    def run(tools, *words):
        output = tmp_path / "result.json"
        monkeypatch.setattr(ready_made, "TOOLS", tools)
        monkeypatch.setattr("sys.argv", ["ready_made", "--output", str(output), *words])
        ready_made.main()
        return json.loads(output.read_text())

    return run


def test_each_set_is_read_by_each_tool_that_is_installed(
    run, tmp_path, capsys, caplog, monkeypatch
):
    (text,) = draw_folder(tmp_path / "one", count=1)
    draw_folder(tmp_path / "other", count=3)
    tools = {"absent": ABSENT, "stub": stub(tmp_path, f" {text} ")}
    monkeypatch.setattr(ready_made.LOGGER, "propagate", True)
    saved = run(tools, "--datasets", str(tmp_path / "one"), str(tmp_path / "other"))

    assert "pip install no-such-package" in caplog.text
    header, _, *rows = capsys.readouterr().out.splitlines()
    assert [row.split(" | ")[:2] for row in rows] == [["| one, 1", "stub"], ["| other, 3", "stub"]]
    assert header.endswith("| images a second | MB |")
    assert "| 100.0% | 100.0% | 100.0% | 0.00% |" in rows[0] and rows[0].endswith("| 2.5 |")
    assert saved["versions"] == {"numpy": version("numpy")}
    assert [(one["set"], one["images"]) for one in saved["results"]] == [("one", 1), ("other", 3)]
    assert saved["results"][0]["as_read"] == {"misread": 0, "wer": 0.0, "cer": 0.0}


def test_none_that_is_installed_is_bad_input(run, tmp_path):
    draw_folder(tmp_path / "one", count=1)
    with pytest.raises(InputError, match="received none; pip install no-such-package"):
        run({"absent": ABSENT}, "--datasets", str(tmp_path / "one"))


def test_a_limit_below_one_is_bad_input(run, tmp_path):
    with pytest.raises(InputError, match="expected 1 or more, received 0"):
        run({"stub": stub(tmp_path, "")}, "--limit", "0")


@pytest.mark.parametrize(
    ("limit", "chosen"),
    [
        (None, [0, 1, 2, 3, 4]),
        (2, [0, 2]),  # spread over the set, which is sorted
        (9, [0, 1, 2, 3, 4]),  # there are no more
    ],
)
def test_a_limit_spreads_over_the_set(limit, chosen):
    samples = [Sample(f"{index}.png", str(index)) for index in range(5)]
    assert ready_made.spread(samples, limit) == [samples[index] for index in chosen]


@pytest.mark.parametrize(
    ("text", "label", "wrong"),
    [
        ("Ab1", "Ab1", (0, 0, 0)),
        ("aB1", "Ab1", (1, 0, 0)),  # case
        ("A·b1", "Ab1", (1, 1, 0)),  # a dot that no label has
        ("Ab11", "Ab1", (1, 1, 1)),  # a 1 too many, which labels have
        ("Xb1", "Ab1", (1, 1, 1)),  # taking the X out does not bring the A
    ],
)
def test_texts_are_counted_in_three_ways(text, label, wrong):
    counts = ready_made.count_all([text], [label])
    assert tuple(count.wrong_texts for count in counts.values()) == wrong
    assert list(counts) == ["as_read", "any_case", "own_characters"]
