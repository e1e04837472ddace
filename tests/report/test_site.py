"""The folder of the page that reads in the browser."""

import re
from hashlib import sha256

import cv2
import pytest
import yaml

from ctckit.errors import InputError
from ctckit.export.reader_form import export_reader
from ctckit.remote import downloads
from ctckit.report.site import find_runtime, runtime, write_site
from ctckit.report.site.site import find_reader
from ctckit.run_folder import RunFolder
from tests.inference import tiny_model
from tests.sources.serving import closed_url, serving

CONTENTS = {name: name.encode() * 3 for name in runtime.FILES}


@pytest.fixture
def run(tmp_path):
    folder = tiny_model.write_run(tmp_path / "run", [(text, text) for text in ["22", "345", "5"]])
    export_reader(folder, RunFolder(folder).reader)
    return folder


@pytest.fixture
def package(tmp_path):
    """Return a folder like the npm package, with files that nobody runs."""
    folder = tmp_path / "package"
    (folder / "dist").mkdir(parents=True)
    for name, content in CONTENTS.items():
        (folder / "dist" / name).write_bytes(content)
    return folder


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


PAGE = {
    "index.html", "style.css", "page.js", "pixels.js", "model.reader.onnx", "README.md",
    *(f"runtime/{name}" for name in runtime.FILES),
}  # fmt: skip


def test_what_lies_in_the_folder(run, package, tmp_path):
    site = write_site(run, tmp_path / "site", runtime=find_runtime(package))
    assert files(site) == PAGE | {f"examples/{number}.png" for number in (1, 2, 3)}
    assert (site / "model.reader.onnx").read_bytes() == RunFolder(run).reader.read_bytes()
    for name, content in CONTENTS.items():
        assert (site / "runtime" / name).read_bytes() == content
    index = (site / "index.html").read_text("utf-8")
    for number, image in enumerate(sorted((run / "images").iterdir()), start=1):
        assert f'src="examples/{number}.png"' in index
        shown = cv2.imread(str(site / "examples" / f"{number}.png"))
        assert (shown == cv2.imread(str(image))).all()


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, 1), (2, 2), (3, 3), (8, 3)])
def test_number_of_examples(run, package, tmp_path, count, shown):
    runtime = find_runtime(package)
    site = write_site(run, tmp_path / "site", runtime=runtime, num_examples=count)
    assert len(list(site.glob("examples/*"))) == shown
    assert ("Try one of these" in (site / "index.html").read_text("utf-8")) == bool(shown)
    assert ("examples/" in (site / "README.md").read_text("utf-8")) == bool(shown)


def test_an_example_that_is_gone_is_left_out(run, package, tmp_path):
    sorted((run / "images").iterdir())[0].unlink()
    site = write_site(run, tmp_path / "site", runtime=find_runtime(package))
    assert len(list(site.glob("examples/*"))) == 2


def test_a_model_by_itself_has_no_examples(run, package, tmp_path):
    alone = RunFolder(run).reader.rename(tmp_path / "plates.reader.onnx")
    site = write_site(alone, tmp_path / "site", runtime=find_runtime(package))
    assert files(site) == PAGE


def test_nothing_is_allowed_but_what_lies_beside_the_page(run, package, tmp_path):
    site = write_site(run, tmp_path / "site", runtime=find_runtime(package))
    index = (site / "index.html").read_text("utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy"\s+content="([^"]*)"', index)[1]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "script-src": "'self' 'wasm-unsafe-eval'",
        "connect-src": "'self'",
        "img-src": "'self' blob: data:",
        "style-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert "<style" not in index and " style=" not in index and " onclick" not in index
    assert re.findall(r"<script[^>]*>([^<]*)</script>", index) == [""]


TITLE = 'Plates & <b>"more"</b> | *all*'


def test_titles_are_texts(run, package, tmp_path):
    site = write_site(run, tmp_path / "site", runtime=find_runtime(package), title=TITLE)
    index, card = ((site / name).read_text("utf-8") for name in ("index.html", "README.md"))
    assert "<b>" not in index and "&lt;b&gt;" in index
    _, front, body = card.split("---\n", 2)
    facts = yaml.safe_load(front)
    assert (facts["title"], facts["sdk"]) == (TITLE, "static")
    assert r'# Plates \& \<b\>"more"\</b\> \| \*all\*' in body


def test_what_is_no_reader_form(run, package, tmp_path):
    with pytest.raises(InputError, match=r"received another form .*; give .*model\.reader\.onnx"):
        find_reader(run / "model.onnx")
    RunFolder(run).reader.unlink()
    with pytest.raises(InputError, match=r"another form .*; do: ctckit export .*model\.onnx"):
        find_reader(run / "model.onnx")
    with pytest.raises(InputError, match=r"a folder without model\.reader\.onnx; do: ctckit exp"):
        write_site(run, tmp_path / "site", runtime=find_runtime(package))
    assert not (tmp_path / "site").exists()


def test_a_folder_that_holds_something_is_left_alone(run, package, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "mine.txt").touch()
    with pytest.raises(InputError, match="expected a place that is free"):
        write_site(run, tmp_path / "site", runtime=find_runtime(package))
    assert files(tmp_path / "site") == {"mine.txt"}


# onnxruntime-web


def test_a_runtime_is_found_in_the_package_and_in_its_folder(package, tmp_path):
    assert find_runtime(package) == find_runtime(package / "dist") == package / "dist"
    with pytest.raises(InputError, match=r"which lacks them; do: npm pack"):
        find_runtime(tmp_path)


@pytest.fixture
def served(monkeypatch, tmp_path):
    """Have the two files on a server of this machine, and a cache that is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    digests = {name: sha256(content).hexdigest() for name, content in CONTENTS.items()}
    monkeypatch.setattr(runtime, "FILES", digests)
    asked = []
    answers = {name: (200, {}, content) for name, content in CONTENTS.items()}
    with serving(asked=asked, **answers) as url:
        monkeypatch.setattr(downloads, "ALLOWED", (url,))
        yield url, asked


def test_a_runtime_is_downloaded_once(served, tmp_path):
    url, asked = served
    found = find_runtime(url=url)
    assert found == find_runtime(url=url)
    assert found.is_relative_to(tmp_path / "cache" / "ctckit")
    assert {name: (found / name).read_bytes() for name in CONTENTS} == CONTENTS
    assert asked == list(CONTENTS)
    (found / asked[0]).write_bytes(b"damaged")
    assert find_runtime(url=url) and asked == [*CONTENTS, asked[0]]


def test_another_file_than_the_pinned_one_is_refused(served, monkeypatch):
    url, asked = served
    monkeypatch.setattr(runtime, "FILES", dict.fromkeys(CONTENTS, "0" * 64))
    for _ in range(2):  # and it is not taken for the right one the next time
        with pytest.raises(InputError, match="received another file from .*; do: npm pack"):
            find_runtime(url=url)
    assert len(asked) == 2


def test_without_a_network_it_is_told_what_to_do(served, monkeypatch):
    url = closed_url()
    monkeypatch.setattr(downloads, "ALLOWED", (url,))
    with pytest.raises(InputError, match="received nothing from .*; do: npm pack"):
        find_runtime(url=url)
