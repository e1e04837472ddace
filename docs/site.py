"""What the site has beside the pages of this folder: hooks of MkDocs.

Pages that lie elsewhere in the project, so that they are found there, are taken in, and their links
follow. The reference lists what the packages offer, as their `__init__.pyi` says.
"""

import ast
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {  # by their names in the site
    "index.md": "README.md",
    "changelog.md": "CHANGELOG.md",
    "security.md": "SECURITY.md",
    "base.md": "ctckit/base/README.md",
    "base-large.md": "ctckit/base/large/README.md",
    "models.md": "Models/README.md",
}
FILES = (
    *("examples/captcha_ocr.ipynb", "examples/read_image.mjs", "ctckit/base/fonts.csv"),
    *("examples/mltu_tutorial/train.py", "examples/mltu_tutorial/inferenceModel.py"),
)
REFERENCE = "api/"
LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)]*)?\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies elsewhere, and the reference."""
    taken = PAGES | {Path(source).name: source for source in FILES}
    for name, source in taken.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text("utf-8")))
    for package, names in offered().items():
        text = "\n".join([f"# {package}", "", *(f"::: {name}\n" for name in names)])
        files.append(File.generated(config, f"{REFERENCE}{package}.md", content=text))
    return files


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Name the pages of the reference in the navigation."""
    pages = [{package: f"{REFERENCE}{package}.md"} for package in offered()]
    config.nav = [
        {"Reference": pages} if "Reference" in entry else entry for entry in config.nav or ()
    ]
    return config


def on_page_markdown(markdown: str, *, page: Any, config: MkDocsConfig, files: Files) -> str:
    """Let links to files of the project lead to where they are in the site."""
    name = page.file.src_uri
    source = PAGES.get(name, f"docs/{name}")
    places = {f"docs/{file.src_uri}": file.src_uri for file in files}
    places |= {there: here for here, there in PAGES.items()}
    places |= {there: Path(there).name for there in FILES}

    def led(match: re.Match[str]) -> str:
        there = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[2]))
        here = posixpath.relpath(places.get(there, match[2]), posixpath.dirname(name) or ".")
        return f"{match[1]}{here}{match[3]}" if there in places else match[0]

    return LINK.sub(led, markdown)


def offered() -> dict[str, list[str]]:
    """Return the full names of what each package offers, by the name of the package."""
    found = {}
    for stub in sorted((ROOT / "ctckit").glob("*/__init__.pyi")):
        package = f"ctckit.{stub.parent.name}"
        if names := list(_names(stub, package)):
            found[package] = sorted(names, key=lambda name: name.rpartition(".")[2].lower())
    return found


def _names(stub: Path, package: str) -> Iterator[str]:
    for node in ast.parse(stub.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{package}.{node.module}.{alias.name}"
