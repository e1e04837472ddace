"""Configurations that survive a round trip through YAML and refuse what they do not know."""

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Self, get_type_hints

import yaml

from ctckit.errors import InputError, nearest_name
from ctckit.files import replace_atomically
from ctckit.run_folder import CONFIGS_FILE

MAX_BYTES = 2**20  # of a file; that of a vocabulary of 20,000 characters has a tenth

# Not all errors of its constructors are of YAML's own: `!!int x`, `!!timestamp x`, `1970-99-99`.
_YAML_ERRORS = (
    yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
    RecursionError,
)  # fmt: skip


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Plain values only: no tags of Python, and no aliases, which make gigabytes of a few lines."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias (*name)")
        return super().compose_node(parent, index)


@dataclass(frozen=True)
class BaseModelConfigs:
    """Save and load a frozen dataclass of plain values; subclasses add the fields."""

    schema_version: ClassVar[int] = 1

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; the checks of the class run again."""
        self._refuse_unknown(changes)
        return replace(self, **changes)

    def save(self, path: str | Path) -> Path:
        """Write the fields as YAML to `path`, or to `configs.yaml` in it when it is a folder."""
        path = Path(path)
        path = path / CONFIGS_FILE if path.is_dir() else path
        document = {"schema_version": self.schema_version, **asdict(self)}
        with replace_atomically(path) as temporary:
            temporary.write_text(
                yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8"
            )
        return path

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a configuration that `save` wrote.

        Raises:
            InputError: the file is missing or not YAML, has another schema version, an
                unknown field, or a value the class refuses.
        """
        path = Path(path)
        path = path / CONFIGS_FILE if path.is_dir() else path
        document = parse_yaml(path)
        if not isinstance(document, dict):
            raise InputError(f"expected YAML fields in {path}, received {type(document).__name__}")
        version = document.pop("schema_version", None)
        if version != cls.schema_version:
            raise InputError(
                f"expected schema_version {cls.schema_version} in {path}, received {version}; "
                "use the configuration of a run of this version"
            )
        document = cls._brought_up_to_date(document)
        cls._refuse_unknown(document)
        cls._check_types(document, path)
        return cls(**document)

    @classmethod
    def _brought_up_to_date(cls, document: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a file as this version has them; subclasses know older ones."""
        return document

    @classmethod
    def _check_types(cls, document: dict[str, Any], path: Path) -> None:
        hints = get_type_hints(cls)
        for name, value in document.items():
            is_bool_for_number = isinstance(value, bool) and hints[name] is not bool
            whole = isinstance(value, int) and hints[name] is float
            if is_bool_for_number or not (whole or isinstance(value, hints[name])):
                expected = getattr(hints[name], "__name__", hints[name])
                raise InputError(f"expected {name} in {path} as {expected}, received {value!r}")

    @classmethod
    def _refuse_unknown(cls, values: dict[str, Any]) -> None:
        names = [field.name for field in fields(cls)]
        for name in values:
            if name not in names:
                raise InputError(
                    f"unknown field '{name}' of {cls.__name__}.{nearest_name(str(name), names)}"
                )


def parse_yaml(path: Path) -> Any:
    """Return the plain values that a YAML file holds.

    Raises:
        InputError: it is missing, is not YAML, or holds more than plain values.
    """
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            raise yaml.YAMLError(f"{len(content):,} bytes, of at most {MAX_BYTES:,}")
        return yaml.load(content.decode(), _Loader)  # noqa: S506 - it is a SafeLoader
    except OSError as error:
        raise InputError(
            f"expected a configuration at {path}, received: {error.strerror}"
        ) from None
    except _YAML_ERRORS as error:
        deep = isinstance(error, RecursionError)
        reason = "lists in lists, too deep" if deep else str(error).replace("\n", " ")
        raise InputError(f"expected YAML in {path}, received: {reason}") from None
