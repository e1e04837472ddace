"""A configuration that is assigned to and saved."""

from pathlib import Path
from typing import Any

import yaml

from ctckit.config import parse_yaml
from ctckit.errors import InputError
from ctckit.files import replace_atomically


class BaseModelConfigs:
    """Keep what is assigned; subclasses assign in their `__init__`, scripts later on.

    Attributes:
        model_path: the folder of the run, where `save` writes.
    """

    def __init__(self) -> None:
        self.model_path: str | None = None

    def serialize(self) -> dict[str, Any]:
        """Return what was assigned, in the class or in the object, by name."""
        of_class = {
            name: value
            for name, value in vars(type(self)).items()
            if not name.startswith("__") and not callable(value)
        }
        return of_class | vars(self)

    def save(self, name: str = "configs.yaml") -> None:
        """Write what was assigned as YAML into the folder `model_path`, which is made.

        Raises:
            InputError: there is no `model_path`, or a value is no plain one, such as a path.
        """
        if self.model_path is None:
            raise InputError(
                "expected the folder of the run, received None; assign one before saving",
                argument="model_path",
            )
        try:
            text = yaml.safe_dump(self.serialize(), sort_keys=False, allow_unicode=True)
        except yaml.YAMLError as error:
            raise InputError(
                f"expected numbers, texts, lists and the like, received {error.args[-1]!r}; "
                "assign a plain value, such as str(path)"
            ) from None
        with replace_atomically(Path(self.model_path) / name) as temporary:
            temporary.write_text(text, encoding="utf-8")

    @staticmethod
    def load(configs_path: str | Path) -> "BaseModelConfigs":
        """Return a configuration with the attributes that `save` wrote.

        Raises:
            InputError: there is no such file, or it holds no attributes in YAML.
        """
        values = parse_yaml(Path(configs_path))
        if not isinstance(values, dict):
            raise InputError(
                f"expected attributes in {configs_path}, received {type(values).__name__}; "
                "give a file that `save` wrote"
            )
        configs = BaseModelConfigs()
        for name, value in values.items():
            setattr(configs, name, value)
        return configs
