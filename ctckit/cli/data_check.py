"""`ctckit data check`: what labelled images are like, and whether they can be trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctckit.cli.data_source import DataSource, can_choose
from ctckit.cli.data_summary import data_summary
from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.terminal import show, show_json

if TYPE_CHECKING:
    from ctckit.data.scan_result import ScanResult
    from ctckit.training.configs import TrainConfigs


@dataclass(frozen=True)
class Check(DataSource):
    """Read all images of a set and print what they and their labels are like.

    The exit status is 0 if they can be trained on, else 2.
    """

    json: bool = False
    """Print it as one JSON object."""
    page: Path | None = None
    """File to write it to as a page to look at, with images: check.html."""
    rotate: str | None = None
    """How the images are to be turned: 90, 270 or auto. None: they stay."""

    again: bool = False
    """Read those images, too, that an earlier check read and that did not change since."""

    def run(self) -> None:
        """Do it."""
        from ctckit.data.check import scan
        from ctckit.data.figures import set_figures
        from ctckit.data.kept_looks import KeptLooks

        dataset = self.opened()
        configs = self.configs(rotate=self.rotate) if can_choose() else None
        try:
            kept = KeptLooks(dataset.place, self.rotate, anew=self.again)
            found = scan(dataset, rotate=self.rotate, full=True, kept=kept)
        except InputError as error:
            if self.json:
                show_json({"dataset": dataset.name, "samples": 0, "why_not": str(error)})
            raise
        figures = set_figures(found) | _choice(found, configs)
        if self.page is not None:
            from ctckit.report.page.data_page import save_data_page

            save_data_page(figures, found.dataset.everything, self.page)
        if self.json:
            show_json(figures)
        else:
            show(*data_summary(figures), *([f"Page         {self.page}"] if self.page else []))
        if figures["why_not"]:
            raise InputError(figures["why_not"])


def _choice(found: ScanResult, configs: TrainConfigs | None) -> dict[str, Any]:
    """Return what a training would choose, or why there can be none."""
    if configs is None:
        LOGGER.info("what a training would choose is told with: pip install 'ctckit[train]'")
        return {"choice": [], "why_not": ""}
    from ctckit.cli.data_choice import choice
    from ctckit.training.preparation import choose

    try:
        dataset, configs = choose(found, configs)
    except InputError as error:
        return {"choice": [], "why_not": str(error)}
    return {"choice": choice(configs, dataset, found), "why_not": ""}
