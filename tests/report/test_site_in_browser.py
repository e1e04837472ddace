"""The page in a browser: it reads what Python reads, and asks for nothing but its own files."""

import functools
import http.server
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from ctckit.export.reader_form import export_reader
from ctckit.inference.reader import ImageToWordModel
from ctckit.report.site import find_runtime, runtime, write_site
from tests.devtools import Tab, new_tab
from tests.drawing import draw_text, write_image
from tests.inference import tiny_model

pytestmark = pytest.mark.slow

READY = "document.querySelector('#status')?.textContent === 'Ready.'"
TROUBLES = ("Runtime.exceptionThrown", "Log.entryAdded", "Network.loadingFailed")
READINGS = """[...document.querySelectorAll('#readings > li')].reverse().map(item => ({
    name: item.querySelector('.name').textContent,
    text: item.querySelector('bdo').textContent,
    confidence: item.querySelector('meter').value,
    letters: [...item.querySelectorAll('.letters span')].map(letter => letter.textContent),
    marks: [...item.querySelectorAll('rect')].map(mark =>
        ['x', 'y', 'width', 'height'].map(name => +mark.getAttribute(name))),
}))"""


@pytest.fixture(scope="session")
def web_runtime(tmp_path_factory) -> Path:
    """Return the files of onnxruntime-web, of the cache or from npm."""
    kept = runtime.cache_folder() / f"onnxruntime-web-{runtime.VERSION}"
    if all((kept / name).is_file() for name in runtime.FILES):
        return find_runtime()
    if not shutil.which("npm"):
        pytest.skip("needs onnxruntime-web: it is not in the cache, and no npm found")
    folder = tmp_path_factory.mktemp("npm")
    pack = ["npm", "pack", "--silent", f"onnxruntime-web@{runtime.VERSION}"]
    done = subprocess.run(pack, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot fetch onnxruntime-web: {done.stderr.strip()[-200:]}")
    [archive] = folder.glob("*.tgz")
    with tarfile.open(archive) as package:
        for name in runtime.FILES:
            package.extract(f"package/dist/{name}", folder, filter="data")
    archive.unlink()
    return find_runtime(folder / "package")


@pytest.fixture(scope="module")
def tab(browser, tmp_path_factory):
    with new_tab(browser, tmp_path_factory.mktemp("profile")) as tab:
        yield tab


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def serve():
    """Serve folders as a static host does, without any header of its own."""
    servers = []

    def start(folder: Path) -> str:
        handler = functools.partial(_Handler, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def read(tab: Tab, url: str, images: list[Path]) -> list[dict]:
    """Return what the page makes of images that a person chooses in it."""
    tab.events.clear()
    tab.open(url, 1280, 900)
    tab.wait_until(READY)
    tab.choose("#choose", images)
    tab.wait_until(f"document.querySelectorAll('#readings > li').length === {len(images)}")
    readings = tab.value(READINGS)
    assert [reading["name"] for reading in readings] == [path.name for path in images]
    assert not [event for event in tab.events if event[0] in TROUBLES]
    asked = [event["request"]["url"] for name, event in tab.events
             if name == "Network.requestWillBeSent"]  # fmt: skip
    assert asked and all(each.startswith((url, f"blob:{url}", "data:")) for each in asked)
    return readings


def stripes(tmp_path: Path, **facts) -> Path:
    """Make the reader form of the network that reads stripes."""
    strings = tiny_model.metadata(**facts).to_strings()
    tiny_model.write_model(tmp_path / "model.onnx", strings, free_width="width" in facts)
    return export_reader(tmp_path, tmp_path / "model.reader.onnx")


def test_fifty_images_are_read_as_in_python(tab, serve, web_runtime, tmp_path):
    """By the base: a real network, of colour, whose images keep their widths."""
    rng = np.random.default_rng(0)
    images = []
    for number in range(50):
        text = "".join(rng.choice(list("23456789ABCDEFKLMNPRSTXZ"), rng.integers(1, 8)))
        height = int(rng.integers(64, 160))  # what grows differs in some pixels by one step
        width = int(height * (0.7 * len(text) + 0.5))
        drawn = draw_text(text, height=height, width=width, seed=number)
        if number % 5 == 0:
            drawn = cv2.bitwise_xor(drawn, np.array(rng.integers(0, 256, 3), np.uint8))  # a colour
        images.append(write_image(tmp_path / f"{number:02}_{text}.png", drawn))
    reader = export_reader("base", tmp_path / "base.reader.onnx")
    url = serve(write_site(reader, tmp_path / "site", runtime=web_runtime))
    readings = read(tab, url, images)
    model = ImageToWordModel("base", reading_widths=(1.0,))
    expected = model.read(images)
    assert [each["text"].replace("nothing", "") for each in readings] == [
        each.text for each in expected
    ]
    confidences = [each.confidence for each in expected]
    assert [each["confidence"] for each in readings] == pytest.approx(confidences, abs=0.02)
    assert sum(each.text == path.stem[3:] for each, path in zip(expected, images, strict=True)) > 20
    for path, reading in zip(images, readings, strict=True):
        characters = model.characters(path)
        assert reading["letters"] == [each.text for each in characters]
        assert len(reading["marks"]) == len(characters)


def test_places_are_drawn_where_python_says(tab, serve, web_runtime, tmp_path):
    url = serve(write_site(stripes(tmp_path), tmp_path / "site", runtime=web_runtime))
    image = write_image(tmp_path / "a.png", tiny_model.draw_stripes("2345"))
    [reading] = read(tab, url, [image])
    expected = ImageToWordModel(tmp_path).characters(image)
    assert reading["letters"] == list("2345")
    assert reading["marks"] == [
        pytest.approx([each.start, 0, each.end - each.start, 1], abs=1e-6) for each in expected
    ]


@pytest.mark.parametrize("rotate", ["90", "270", "auto"])
def test_places_in_turned_images_go_up_or_down(tab, serve, web_runtime, tmp_path, rotate):
    reader = stripes(tmp_path, rotate=rotate)
    url = serve(write_site(reader, tmp_path / "site", runtime=web_runtime))
    upright = np.rot90(tiny_model.draw_stripes("23"), 1 if rotate == "90" else -1)
    image = write_image(tmp_path / "a.png", np.ascontiguousarray(upright))
    [reading] = read(tab, url, [image])
    expected = ImageToWordModel(tmp_path).characters(image)
    from_top = [1 - each.end if rotate == "90" else each.start for each in expected]
    assert [mark[1] for mark in reading["marks"]] == pytest.approx(from_top, abs=1e-6)
    assert all((mark[0], mark[2]) == (0, 1) for mark in reading["marks"])


def test_readers_of_earlier_versions_read_without_places(tab, serve, web_runtime, tmp_path):
    reader = stripes(tmp_path)
    model = onnx.load(reader)
    del model.graph.output[3:]
    onnx.save(model, reader)
    url = serve(write_site(reader, tmp_path / "site", runtime=web_runtime))
    image = write_image(tmp_path / "a.png", tiny_model.draw_stripes("2345"))
    [reading] = read(tab, url, [image])
    assert (reading["text"], reading["marks"]) == ("2345", [])


def test_transparent_images_are_seen_as_in_python(tab, serve, web_runtime, tmp_path):
    """Dark letters over white, white ones over black, half-transparent ones over white."""
    reader = export_reader("base", tmp_path / "base.reader.onnx")
    url = serve(write_site(reader, tmp_path / "site", runtime=web_runtime))
    ink = (draw_text("3456")[..., 0] < 128) * np.uint8(255)
    images = [
        write_image(tmp_path / f"{value}_{share}.png", cv2.merge([color, color, color, alpha]))
        for value, share in [(0, 1.0), (255, 1.0), (40, 0.6)]
        for color, alpha in [(np.full_like(ink, value), (ink * share).astype(np.uint8))]
    ]
    model = ImageToWordModel("base", reading_widths=(1.0,))
    texts = [reading["text"] for reading in read(tab, url, images)]
    assert texts == [model.predict(image) for image in images] == ["3456"] * 3


def test_what_is_no_image_is_said_and_the_next_one_is_read(tab, serve, web_runtime, tmp_path):
    url = serve(write_site(stripes(tmp_path), tmp_path / "site", runtime=web_runtime))
    tab.open(url, 1280, 900)
    tab.wait_until(READY)
    (tmp_path / "a.png").write_text("no image")
    tab.choose("#choose", [tmp_path / "a.png"])
    tab.wait_until("document.querySelector('#status').classList.contains('bad')")
    said = tab.value("document.querySelector('#status').textContent")
    assert said.startswith("Expected an image, received 'a.png', which this browser cannot show")
    tab.choose("#choose", [write_image(tmp_path / "b.png", tiny_model.draw_stripes("54"))])
    tab.wait_until(READY)
    assert [reading["text"] for reading in tab.value(READINGS)] == ["54"]


@pytest.mark.parametrize(("width", "height"), [(320, 700), (390, 844), (1280, 900)])
def test_an_example_is_read_and_the_page_fits_the_screen(
    tab, serve, web_runtime, tmp_path, width, height
):
    run = tiny_model.write_run(tmp_path / "run", [("22", "22"), ("345", "345")])
    export_reader(run, run / "model.reader.onnx")
    url = serve(write_site(run, tmp_path / "site", runtime=web_runtime))
    tab.open(url, width, height, is_phone=width < 640)
    tab.wait_until(READY)
    tab.value("document.querySelector('.examples button').click()")
    tab.wait_until("document.querySelectorAll('#readings > li').length === 1")
    assert tab.value(READINGS)[0]["text"] == "22"
    client, content = tab.value(
        "[document.documentElement.clientWidth, document.documentElement.scrollWidth]"
    )
    assert client == width and content <= width
    tab.screenshot(tmp_path / "page.png")
    assert cv2.imread(str(tmp_path / "page.png")).std() > 5


def test_images_are_dropped_and_pasted(tab, serve, web_runtime, tmp_path):
    run = tiny_model.write_run(tmp_path / "run", [("22", "22")])
    export_reader(run, run / "model.reader.onnx")
    url = serve(write_site(run, tmp_path / "site", runtime=web_runtime))
    tab.open(url, 1280, 900)
    tab.wait_until(READY)
    for event, member in (("DragEvent", "dataTransfer"), ("ClipboardEvent", "clipboardData")):
        kind = {"DragEvent": "drop", "ClipboardEvent": "paste"}[event]
        tab.value(
            "fetch('examples/1.png').then(answer => answer.blob()).then(blob => {"
            "const data = new DataTransfer();"
            "data.items.add(new File([blob], 'given.png', {type: 'image/png'}));"
            f"document.dispatchEvent(new {event}('{kind}', {{{member}: data}})) }})"
        )
    tab.wait_until("document.querySelectorAll('#readings > li').length === 2")
    assert [reading["text"] for reading in tab.value(READINGS)] == ["22", "22"]
