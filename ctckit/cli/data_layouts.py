"""`ctckit data layouts`: how images and labels may lie."""

from dataclasses import dataclass

from ctckit.terminal import show


@dataclass(frozen=True)
class Layouts:
    """Print the layouts that a set of images may have, by the names that --layout takes."""

    def run(self) -> None:
        """Do it."""
        from ctckit.sources.layouts import LAYOUTS

        width = max(len(layout.name) for layout in LAYOUTS) + 2
        for layout in LAYOUTS:
            show(f"{layout.name:{width}}{layout.summary}")
