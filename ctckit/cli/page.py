"""`ctckit page`: a folder of static files that reads images in the browser."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

from ctckit.errors import InputError
from ctckit.files import require_free
from ctckit.report.site.runtime import find_runtime
from ctckit.report.site.site import NUM_EXAMPLES, find_reader, write_site
from ctckit.terminal import show


@dataclass(frozen=True)
class Page:
    """Make a page that reads in the browser: static files, no server, no image leaves the device.

    It is ready for GitHub Pages, or for a static Space of the Hugging Face Hub.
    """

    file: Path | None = field(default=None, metadata={"positional": True})
    """A model.reader.onnx, the folder of a run, or hf://owner/name."""
    out: Path = Path("site")
    """Folder to make."""
    runtime: Path | None = None
    """The npm package onnxruntime-web, unpacked, or its folder dist; without it, its two files are
    downloaded once."""
    title: str | None = None
    """What the page is called."""
    examples: int = NUM_EXAMPLES
    """So many of the images that the run validated with are there to try; 0 leaves them out."""

    def __post_init__(self) -> None:
        """Refuse a number that is none."""
        if self.examples < 0:
            raise InputError(f"expected 0 or more, received {self.examples}", argument="examples")

    def run(self) -> None:
        """Do it."""
        if self.file is None:
            raise InputError("expected a model.reader.onnx or the folder of a run, received none")
        reader = find_reader(self.file)
        require_free(self.out)
        if self.runtime is None and find_spec("requests") is None:
            raise InputError(
                "expected the package requests, received an installation without it; "
                "do: pip install requests, or give onnxruntime-web by --runtime"
            )
        write_site(
            reader,
            self.out,
            runtime=find_runtime(self.runtime),
            title=self.title,
            num_examples=self.examples,
        )
        files = [path for path in self.out.rglob("*") if path.is_file()]
        shown = len([path for path in files if path.parent.name == "examples"])
        size = sum(path.stat().st_size for path in files)
        show(f"{self.out}  {len(files)} files, {size:,} bytes")
        if shown:
            show(
                f"{shown} images of the run are in it for all to see; --examples 0 leaves them out"
            )
        show(f"Look at it   python -m http.server --directory {quote(str(self.out))}")
        show(f"Publish it   as {self.out / 'README.md'} says")
