"""The page as a whole: the templates, what they are given, and the file."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ctckit.evaluation.evaluation import Evaluation
from ctckit.evaluation.words import has_several_words
from ctckit.files import replace_atomically
from ctckit.report.page.filters import counted, fact, percent, visible
from ctckit.report.page.images import MAX_IMAGES, SHOWN_AT_ONCE, picture

TEMPLATES = Environment(
    loader=FileSystemLoader([Path(__file__).parent, Path(__file__).parents[1]]),
    autoescape=True,  # labels, texts and names of files are anybody's
    undefined=StrictUndefined,  # a name that is not there is an error, not empty text
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.filters.update(counted=counted, fact=fact, percent=percent, visible=visible)


def _hash(text: str) -> str:
    """Return how a content security policy names what it allows by its content."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}"


_STYLE = TEMPLATES.get_template("style.html").render()
TEMPLATES.globals.update(style=_STYLE, style_hash=_hash(_STYLE))


def save_html(evaluation: Evaluation, path: str | Path) -> Path:
    """Write `html_page` to a file, whole or not at all.

    Raises:
        InputError: an image cannot be read any more, or nothing can be written there.
    """
    page = html_page(evaluation)
    with replace_atomically(path) as temporary:  # odd bytes of file names have no UTF-8
        temporary.write_text(page, encoding="utf-8", errors="xmlcharrefreplace")
    return Path(path)


def html_page(evaluation: Evaluation) -> str:
    """Return the page: figures, the worst images, where the errors are, calibration, the model.

    Only the worst images are in it, `MAX_IMAGES` at most, as PNG. It holds no script and asks for
    nothing from outside, and its content security policy forbids both: it allows the images within
    the page and the one style sheet, which it knows by its hash.

    Raises:
        InputError: an image cannot be read any more.
    """
    return TEMPLATES.get_template("page.html").render(
        figures=evaluation.figures(),
        has_words=has_several_words(label for label, _ in evaluation.pairs),
        leniency=str(evaluation.leniency),
        mix_up=str(evaluation.mix_up or ""),
        pictures=[picture(evaluation, prediction) for prediction in evaluation.worst(MAX_IMAGES)],
        shown_at_once=SHOWN_AT_ONCE,
    )
