"""Show the examples of docstrings as code: an extension of Griffe, which reads docstrings."""

import re
from typing import Any

from griffe import Extension, Object

EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\s*$).*)*", re.MULTILINE)  # up to an empty line


class Doctests(Extension):
    """Put fences around examples, which Google's style knows in a section of their own only."""

    def on_object(self, *, obj: Object, **others: Any) -> None:
        """Change the docstring of an object that was read."""
        if obj.docstring is not None:
            text = EXAMPLE.sub(lambda match: f"```pycon\n{match[0]}\n```", obj.docstring.value)
            obj.docstring.value = text
