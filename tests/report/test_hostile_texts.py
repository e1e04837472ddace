"""Texts that would run as scripts: in every place of every page they stay texts."""

import re
import sys
from base64 import b64encode
from hashlib import sha256
from itertools import cycle

import pytest

from ctckit.data.check import scan
from ctckit.data.figures import set_figures
from ctckit.data.samples import Dataset, LeftOut, Sample
from ctckit.evaluation.evaluation import Evaluation, Prediction
from ctckit.evaluation.leniency import Leniency
from ctckit.report.page.data_page import save_data_page
from ctckit.report.page.page import save_html
from tests.drawing import draw_text, write_image
from tests.report.test_page import Page, run_browser

RUN = "document.title='RAN'"
HOSTILE = (
    f"<script>{RUN}</script>",
    f'"><img src=x onerror={RUN}>',
    f"'><svg onload={RUN}>",
    f"</bdi></style></title><script>{RUN}</script>",
    f"javascript:{RUN}",
    f"{{{{ {RUN} }}}}",
    f"\u202e\x1b]0;{RUN}\x07",
    f"data:text/html,<script>{RUN}</script>",
)
NAME = f'"><img src=x onerror={RUN}>.png' if sys.platform == "linux" else "plain.png"


def evaluation_page(folder):
    image = str(write_image(folder / NAME, draw_text("2")))
    predictions = [
        Prediction(image, text, text if is_right else "2", 0.5, 0 if is_right else len(text))
        for text in HOSTILE
        for is_right in (True, False)
    ]
    model = {"dataset": HOSTILE[0], "vocabulary": list(HOSTILE)} | {
        text: {text: text} for text in HOSTILE
    }
    unreadable = [LeftOut(text, text, text) for text in HOSTILE]
    evaluation = Evaluation(
        predictions, 1.0, model, unreadable=unreadable, leniency=Leniency(ignore="<")
    )
    return save_html(evaluation, folder / "evaluation.html")


def page_of_set(folder):
    texts = cycle(HOSTILE)
    names = [NAME, *(f"{number}.png" for number in range(len(HOSTILE)))]
    images = [write_image(folder / name, draw_text(f"{place}")) for place, name in enumerate(names)]
    samples = [Sample(str(image), next(texts)) for image in images]
    left_out = [LeftOut(text, text, text) for text in HOSTILE]
    dataset = Dataset(
        HOSTILE[0], samples, left_out=left_out, notes=HOSTILE, layout=" ".join(HOSTILE)
    )
    choice = [{"name": text, "value": text, "why": text} for text in HOSTILE]
    figures = set_figures(scan(dataset)) | {"choice": choice, "why_not": HOSTILE[1]}
    return save_data_page(figures, samples, folder / "check.html")


@pytest.fixture(scope="module", params=[evaluation_page, page_of_set])
def path(request, tmp_path_factory):
    """Write a page of hostile texts."""
    return request.param(tmp_path_factory.mktemp("page"))


def policy(html):
    return re.search(r"http-equiv=\"Content-Security-Policy\"\s+content=\"(.*?)\"", html)[1]


def without_policy(html):
    return html.replace("Content-Security-Policy", "no-policy")


def test_hostile_texts_are_texts(path):
    page = Page(path.read_text("utf-8"))
    for text in HOSTILE:
        assert text in page.text
    assert not {"script", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    names = {name for _, name, _ in page.attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]
    assert all(re.match(r"data:(image/png;base64,|,$)|#", x) for x in page.values("src", "href"))


def test_the_policy_allows_the_style_sheet_and_images_within_the_page(path):
    html = path.read_bytes().decode("utf-8")
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert policy(html) == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert html.index("Content-Security-Policy") < html.index("<title>"), "before any text"


@pytest.mark.slow
def test_nothing_runs_in_a_browser(browser, path, tmp_path):
    """What it builds has the elements that were written, and the title that was."""
    built = Page(run_browser(browser, "--dump-dom", path.as_uri(), profile=tmp_path))
    written = Page(path.read_text("utf-8"))
    assert built.tags == written.tags
    assert built.title == written.title != "RAN"


@pytest.mark.slow
@pytest.mark.parametrize(("change", "title"), [(str, "shown"), (without_policy, "RAN")])
def test_the_policy_alone_keeps_a_script_from_running(browser, path, tmp_path, change, title):
    """If a text ever got into a page unescaped; without the policy it would run."""
    html = re.sub("<title>.*?</title>", "<title>shown</title>", path.read_text("utf-8"))
    unescaped = html.replace("</h1>", f"</h1>{HOSTILE[0]}{HOSTILE[1][2:]}", 1)
    other = path.with_name(f"{title}.html")
    other.write_text(change(unescaped), encoding="utf-8")
    built = run_browser(browser, "--dump-dom", other.as_uri(), profile=tmp_path)
    assert Page(re.sub("<script>.*?</script>", "", built)).title == title


@pytest.mark.slow
def test_the_style_sheet_is_applied(browser, path, tmp_path):
    """The policy knows it by its hash: a page of another hash is not drawn alike."""

    def height_of_a_bar(html, name):
        seen = path.with_name(f"{name}.html")
        seen.write_text(html, encoding="utf-8")
        frame = path.with_name(f"frame_{name}.html")
        frame.write_text(
            f"<iframe id=f width=900 height=800 src='{seen.name}'></iframe><pre id=o></pre>"
            "<script>onload = () => { document.getElementById('o').textContent = "
            "getComputedStyle(document.getElementById('f').contentDocument.querySelector("
            "'td.bar svg')).height }</script>",
            encoding="utf-8",
        )
        shown = run_browser(browser, "--dump-dom", frame.as_uri(), profile=tmp_path / name)
        return re.search(r"<pre id=\"o\">(.*)</pre>", shown)[1]

    html = path.read_text("utf-8")
    assert height_of_a_bar(html, "right").startswith("12.")
    assert height_of_a_bar(html.replace("sha256-", "sha256-X"), "wrong") == "150px"
