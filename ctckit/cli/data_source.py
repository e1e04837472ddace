"""What the verbs of `ctckit data` have in common: the source, and how it is to be understood."""

from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctckit.cli.running import require_packages
from ctckit.data.samples import Dataset
from ctckit.errors import InputError
from ctckit.image.address import name_of
from ctckit.log import LOGGER
from ctckit.sources.options import SourceOptions

if TYPE_CHECKING:
    from ctckit.training.configs import TrainConfigs


CHOOSING = "yaml"  # what configurations need
NUM_NAMED = 20  # records that are left out


def can_choose() -> bool:
    """Say whether what a training chooses can be known."""
    return find_spec(CHOOSING) is not None


@dataclass(frozen=True)
class DataSource(SourceOptions):
    """Labelled images, in any of the layouts of `ctckit data layouts`."""

    source: Path | None = field(default=None, metadata={"positional": True})
    """A folder, a .zip of one, or a list such as a CSV; or the address of one, s3://… or
    https://…, which is fetched once."""

    def opened(self) -> Dataset:
        """Return the images as they are listed; none is read yet.

        Raises:
            InputError: none are named, or there is nothing usable.
        """
        if self.source is None:
            raise InputError("expected a folder, a .zip or a list of images, received none")
        from ctckit.sources.layouts import open_dataset

        return open_dataset(self.source, self)

    def configs(self, **given: Any) -> "TrainConfigs":
        """Return the configuration of a training on this source, with all else left open.

        Args:
            given: further settings of it; None leaves one open.

        Raises:
            InputError: a setting is none, or what training needs is not installed.
        """
        require_packages(CHOOSING)
        from ctckit.cli.recipe_configs import recipe_configs

        options = {item.name: getattr(self, item.name) for item in fields(SourceOptions)}
        known = {name: value for name, value in given.items() if value is not None}
        return recipe_configs()(dataset=str(self.source), **options, **known)


def name_left_out(dataset: Dataset) -> None:
    """Log the first records that were left out, and how many more there are."""
    for record in dataset.left_out[:NUM_NAMED]:
        LOGGER.warning("left out    %s: %s", name_of(record.image), record.reason)
    if (more := len(dataset.left_out) - NUM_NAMED) > 0:
        LOGGER.warning("            … and %d more; `ctckit data check --json` names them", more)
