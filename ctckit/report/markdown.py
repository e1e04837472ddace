"""Templates of Markdown, in which every text is anybody's."""

import re
from typing import Any

from ctckit.report.page.page import TEMPLATES

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&])")


def markdown(text: Any) -> str:
    r"""Return a text on one line that Markdown shows as it is.

    >>> markdown("a_b *c*\n<d>")
    'a\\_b \\*c\\* \\<d\\>'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


MARKDOWN = TEMPLATES.overlay(autoescape=False)
MARKDOWN.filters = TEMPLATES.filters | {"markdown": markdown}
