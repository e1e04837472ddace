"""The page: what stands in it, that it needs nothing else, and that a browser shows it."""

import json
import re
import subprocess
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
from jinja2 import UndefinedError

from ctckit.data.samples import LeftOut
from ctckit.errors import InputError
from ctckit.evaluation.evaluation import Evaluation, Prediction
from ctckit.evaluation.leniency import Leniency
from ctckit.report.page.filters import visible
from ctckit.report.page.page import TEMPLATES, html_page, save_html
from ctckit.text.error_rates import count_edits
from tests.drawing import draw_text, write_image

MAGENTA = (255, 0, 255)  # nothing else on the page has this colour
VOID = {"meta", "link", "img", "line", "rect", "circle"}  # elements that hold nothing
NASTY = '<img src=x onerror="alert(1)"> & \'"</script>'


class Page(HTMLParser):
    """The page taken apart; fails where elements do not close in order."""

    def __init__(self, html):
        super().__init__()
        self.open, self.attributes, self.tags, self.pieces = [], [], [], []
        self.title = ""
        self.feed(html)
        self.close()
        assert not self.open

    @property
    def text(self):
        return " ".join("".join(self.pieces).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attrs]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "title":
            self.title += data
        elif self.open and self.open[-1] != "style":
            self.pieces.append(data)

    def values(self, *names):
        return [value for _, name, value in self.attributes if name in names]

    def count(self, *parts):
        return sum(all(part in attribute for part in parts) for attribute in self.attributes)


def make_evaluation(folder, readings, model=None):
    """Draw an image for each (label, text, confidence)."""
    folder.mkdir(exist_ok=True)
    predictions = []
    for index, (label, text, confidence) in enumerate(readings):
        image = write_image(folder / f"{index}.png", draw_text(label, width=200, height=50))
        edits = count_edits(text, label)
        predictions.append(Prediction(str(image), label, text, confidence, edits))
    return Evaluation(predictions, 0.25, model or {})


def mixed_evaluation(folder, count=200, seed=0):
    """Read most images exactly, confuse 3 with 8 and miss a 1 now and then."""
    rng = np.random.default_rng(seed)
    readings = []
    for _ in range(count):
        label = "".join(rng.choice(list("0123456789"), rng.integers(4, 8)))
        confidence = float(rng.beta(6, 0.4))
        text = label
        if rng.random() > confidence:
            text = label.replace("3", "8", 1).replace("1", "", 1)
        readings.append((label, text, confidence))
    model = {"dataset": "digits", "vocabulary": list("0123456789"), "keep_aspect_ratio": False}
    return make_evaluation(folder, readings, {**model, "val_CER": None, "seed": 0})


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    return mixed_evaluation(tmp_path_factory.mktemp("mixed") / "images")


def test_figures_are_told(mixed):
    figures, page = mixed.figures(), Page(html_page(mixed))
    assert f"{figures['misread']} of 200 images misread" in page.text
    assert f"{100 * figures['WER']:.2f} %" in page.text
    assert f"{100 * figures['CER']:.2f} %" in page.text
    assert f"{figures['edits']} edits in {figures['characters']:,} characters" in page.text
    assert "800 / s" in page.text
    assert "A model trained on digits read 200 images" in page.text
    most = figures["confusions"][0]
    row = rf"3 → 8</bdi></th><td class=\"bar\">.*?</td><td>{most['count']}</td>"
    assert re.search(row, html_page(mixed))
    assert "1 → ∅" in page.text
    assert f"{figures['threshold_for_error']['threshold']:.6f}" in page.text
    for row in figures["thresholds"]:
        assert f"{row['errors']} of {row['accepted']}" in page.text
    assert "keep aspect ratio" in page.text
    assert "0123456789" in page.text


def test_error_rates_are_called_by_names_that_tell_which(mixed, tmp_path):
    page = Page(html_page(mixed))
    assert "Texts misread" in page.text and "Word error rate" not in page.text  # no text has blanks
    lines = make_evaluation(tmp_path, [("an old dog", "an old dig", 0.5), ("a", "a", 0.5)])
    page = Page(html_page(lines))
    assert "Texts misread50.00 %1 of 2 images misread" in page.text
    assert "Word error rate25.00 %1 edit in 4 words" in page.text


def test_what_does_not_count_is_told_and_not_marked(tmp_path):
    readings = make_evaluation(tmp_path, [("AbC-1", "abc2", 0.5)])
    lenient = Leniency(ignore_case=True, ignore="-")
    html = html_page(replace(readings, leniency=lenient))
    assert "What does not count here: upper and lower case, and the characters '-'." in (
        Page(html).text
    )
    assert '<bdi class="truth">abc<mark>1</mark></bdi>' in html
    assert "does not count" not in Page(html_page(readings)).text


@pytest.mark.parametrize(
    ("count", "told"), [(1, "1 image could not be read and is left"), (30, "30 images could not")]
)
def test_images_that_could_not_be_read_are_named(tmp_path, count, told):
    readings = make_evaluation(tmp_path, [("2", "2", 0.5)])
    bad = [LeftOut(f"{NASTY}{index}.png", "2", "cut") for index in range(count)]
    page = Page(html_page(replace(readings, unreadable=bad)))
    assert told in page.text
    assert page.tags.count("li") == 1 + min(count, 20) + (count > 20)
    assert f"{NASTY}0.png: cut" in page.text
    assert ("… and 10 more" in page.text) == (count == 30)
    assert "could not be read" not in Page(html_page(readings)).text


def test_two_characters_that_make_up_most_errors_are_told(mixed, tmp_path):
    readings = [("O0", "00", 0.5), ("00", "O0", 0.5), ("O1", "01", 0.5)]
    page = Page(html_page(make_evaluation(tmp_path, readings)))
    assert "'0' and 'O' read for each other make up 3 of 3 edits: where only" in page.text
    assert (
        "read for each other" not in Page(html_page(make_evaluation(tmp_path, readings[:2]))).text
    )


def test_worst_images_are_in_the_page(mixed):
    page = Page(html_page(mixed))
    misread = sum(not prediction.is_right for prediction in mixed.predictions)
    sources = [value for tag, name, value in page.attributes if (tag, name) == ("img", "src")]
    assert len(sources) == 48 == page.tags.count("img")
    assert page.count("class", "card wrong") == min(misread, 48)
    worst = mixed.worst(1)[0]
    head, data = sources[0].split(",")
    assert head == "data:image/png;base64"
    pixels = cv2.imdecode(np.frombuffer(b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(pixels, cv2.imread(worst.image))
    assert page.values("alt")[0] == f"Image of “{worst.label}”, read as “{worst.text}”"


def test_page_asks_for_nothing(mixed):
    page = Page(html_page(mixed))
    links = page.values("src", "href")
    assert links and all(re.match(r"data:|#\w+$", link) for link in links)
    ids = page.values("id")
    assert {link[1:] for link in links if link[0] == "#"} <= set(ids)
    assert not {"script", "iframe", "object"} & set(page.tags)
    html = html_page(mixed)
    assert "url(" not in html and "@import" not in html
    assert "default-src 'none'" in html
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]


def test_page_is_accessible(mixed):
    page = Page(html_page(mixed))
    assert ("html", "lang", "en") in page.attributes
    assert page.tags.count("h1") == 1 and page.tags.count("h2") == 4
    assert page.tags.count("table") == page.tags.count("caption")
    assert len(page.values("alt")) == page.tags.count("img")
    assert all(page.values("alt"))
    assert page.count("svg", "role", "img") and page.count("svg", "aria-label")
    assert page.count("th", "scope")


def test_differences_are_marked(tmp_path):
    html = html_page(make_evaluation(tmp_path, [("2345", "2x45y", 0.5), ("22", "", 0.5)]))
    assert '<bdi class="truth">2<mark>3</mark>45</bdi>' in html
    assert '<bdi class="read">2<mark>x</mark>45<mark>y</mark></bdi>' in html
    assert '<bdi class="truth"><mark>22</mark></bdi> → <bdi class="read">∅</bdi>' in html


@pytest.mark.parametrize("label", [NASTY, "日本語", "שלום", "a b", "\udc80é"])
def test_any_text_is_shown_as_it_is(tmp_path, label):
    image = str(write_image(tmp_path / "a.png", draw_text("2")))
    predictions = [
        Prediction(image, label, "x" + label, 0.5, 1),
        Prediction(image, label, label, 0.5, 0),
        Prediction(image, "x", label, 0.5, len(label)),
    ]
    model = {"dataset": label, "vocabulary": sorted(label), label: label}
    path = save_html(Evaluation(predictions, 1.0, model), tmp_path / "evaluation.html")
    page = Page(path.read_text("utf-8"))
    assert page.tags.count("img") == 3
    assert not {"script"} & set(page.tags)
    shown = label.replace("\udc80", "\ufffd")  # no character, but a byte of a file name
    assert page.text.count(" ".join(shown.split())) >= 5
    assert f"Image of “{shown}”, read exactly" in page.values("alt")


def test_single_characters_can_be_seen():
    seen = [visible(character) for character in "a \t\u0301\u200b<"]
    assert seen == ["a", "␣", "U+0009", "◌\u0301", "U+200B", "<"]
    assert visible("") == "∅"


def test_facts_that_go_by_name_are_told(tmp_path):
    libraries = {"tensorflow": "2.21.0", "keras": "3.15.1"}
    page = Page(html_page(make_evaluation(tmp_path, [("2", "2", 0.5)], {"libraries": libraries})))
    assert page.text.endswith("libraries" + "tensorflow 2.21.0, keras 3.15.1")  # two cells


@pytest.mark.parametrize(
    "template",
    [
        "{{ nothing }}",
        "{{ figures.nothing }}",
        '{% from "parts.html" import cell %}{{ cell(nothing) }}',
    ],
)
def test_a_name_that_is_not_there_is_an_error(template):
    with pytest.raises(UndefinedError, match="nothing"):
        TEMPLATES.from_string(template).render(figures={})


def test_without_errors(tmp_path):
    page = Page(html_page(make_evaluation(tmp_path, [("23", "23", 0.99)])))
    assert "The model read 1 image, without an error." in page.text
    assert "No character was misread." in page.text
    assert "The 1 image with the least confidence" in page.text
    assert page.count("class", "card right") == 1
    assert "0 of 1 image misread" in page.text


def test_all_wrong(tmp_path):
    page = Page(html_page(make_evaluation(tmp_path, [("23", "", 0.99)] * 60)))
    assert "The worst 48 of 60." in page.text
    assert "No threshold leaves as little as" in page.text


def test_thousands_of_images_make_no_large_page(tmp_path, mixed):
    many = Evaluation(mixed.predictions * 25, 1.0)
    assert Page(html_page(many)).tags.count("img") == 48
    assert len(html_page(many)) < 1.2 * len(html_page(mixed))


def test_large_images_are_made_smaller(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (1500, 3000, 3), np.uint8)
    image = str(write_image(tmp_path / "large.png", noise))
    page = html_page(Evaluation([Prediction(image, "a", "a", 0.5, 0)], 1.0))
    assert len(page) < 500_000


def test_many_confusions_are_cut(tmp_path):
    readings = [("2" * 50, "".join(map(chr, range(0x3041, 0x3041 + 50))), 0.5)]
    assert "10 rarer ones are left out" in Page(html_page(make_evaluation(tmp_path, readings))).text


def test_image_has_gone(tmp_path):
    evaluation = make_evaluation(tmp_path, [("2", "2", 0.5)])
    (tmp_path / "0.png").unlink()
    with pytest.raises(InputError, match="0.png"):
        save_html(evaluation, tmp_path / "evaluation.html")
    assert not list(tmp_path.iterdir())


# In a browser


@pytest.fixture(scope="module")
def shown(tmp_path_factory, mixed):
    """Write the page; its worst image is magenta."""
    folder = tmp_path_factory.mktemp("page")
    image = write_image(folder / "magenta.png", np.full((50, 200, 3), MAGENTA, np.uint8))
    worst = Prediction(str(image), NASTY, "", 0.9, len(NASTY))
    return save_html(Evaluation([worst, *mixed.predictions], 0.25, mixed.model), folder / "e.html")


def run_browser(browser, *flags, profile):
    """Run it without a window, without a network, and with nothing kept of former runs."""
    done = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--hide-scrollbars",
            "--allow-file-access-from-files",
            f"--user-data-dir={profile}",
            *flags,
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=180,
    )
    return done.stdout


@pytest.mark.slow
def test_browser_understands_the_page(browser, shown, tmp_path):
    """What the browser makes of it is what was written: nothing moved, nothing added."""
    html = run_browser(browser, "--dump-dom", shown.as_uri(), profile=tmp_path)
    built, written = Page(html), Page(shown.read_text("utf-8"))
    assert built.tags == written.tags
    assert built.text == written.text
    assert NASTY in built.text
    assert all(re.match(r"data:|#", link) for link in built.values("src", "href"))


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_browser_draws_the_page(browser, shown, tmp_path, scheme):
    picture = tmp_path / "page.png"
    run_browser(
        browser,
        f"--screenshot={picture}",
        "--window-size=1280,2000",
        "--blink-settings=preferredColorScheme=" + {"dark": "0", "light": "1"}[scheme],
        shown.as_uri(),
        profile=tmp_path / "profile",
    )
    pixels = cv2.imread(str(picture))
    assert pixels.shape[:2] == (2000, 1280)
    is_light = np.median(pixels) > 127
    assert is_light == (scheme == "light")
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 100
    assert (pixels == MAGENTA).all(axis=-1).sum() > 50 * 100  # the inline image is there


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 400, 1280])
def test_page_fits_the_screen(browser, shown, tmp_path, width):
    """Nothing is wider than the screen: one never scrolls sideways on a phone."""
    frame = shown.with_name(f"frame_{width}.html")
    frame.write_text(
        f"<iframe id=f width={width} height=800 style='border:0' src='{shown.name}'></iframe>"
        "<pre id=o></pre><script>onload = () => { const page = "
        "document.getElementById('f').contentDocument.documentElement;"
        "document.getElementById('o').textContent = JSON.stringify("
        "[page.clientWidth, page.scrollWidth, page.scrollHeight]) }</script>",
        encoding="utf-8",
    )
    html = run_browser(browser, "--dump-dom", frame.as_uri(), profile=tmp_path)
    client, content, height = json.loads(re.search(r"<pre id=\"o\">(.*)</pre>", html)[1])
    assert client == width
    assert content <= width
    assert height > 800
