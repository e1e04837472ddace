"""What a model file says about itself, for people and for programs."""

from pathlib import Path
from typing import Any

from ctckit.errors import InputError
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.session import find_model_file, load_session
from ctckit.terminal import visible

_FIRST = (  # key of `describe`, and what a person calls it
    ("file", "File"),
    ("bytes", "Size"),
    ("form", "Form"),
    ("input", "Input"),
    ("outputs", "Outputs"),
    ("vocabulary", "Reads"),
    ("val_CER", "Validation CER"),
    ("val_WER", "Validation texts misread"),
)


def describe(path: str | Path) -> dict[str, Any]:
    """Return the facts of a model file, network or reader form, ready for JSON.

    Raises:
        InputError: there is no such file, or it is not a model of ours.
    """
    file = find_model_file(path)
    session = load_session(file)
    try:
        metadata = ModelMetadata.from_strings(session.get_modelmeta().custom_metadata_map)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error
    facts = {
        "file": str(file),
        "bytes": file.stat().st_size,
        "form": metadata.extra.get("form", "network"),
        "input": _shape(session.get_inputs()[0]),
        "outputs": [_shape(output) for output in session.get_outputs()],
    }
    return facts | {key: value for key, value in metadata.to_facts().items() if key not in facts}


def description(path: str | Path) -> str:
    """Return the same as lines for the terminal, which nothing in the file can steer."""
    facts = describe(path)
    named = dict(_FIRST)
    order = [key for key, _ in _FIRST] + [key for key in facts if key not in named]
    rows = [(named.get(key, key), _readable(key, facts[key])) for key in order]
    width = max(len(name) for name, _ in rows)
    return "\n".join(visible(f"{name:{width}}  {value}") for name, value in rows)


def _shape(value: Any) -> str:
    kind = value.type.removeprefix("tensor(").removesuffix(")")
    return f"{value.name} {kind} ({', '.join(map(str, value.shape))})"


def _readable(key: str, value: Any) -> str:
    if value is None:
        return {"width": "each image's own", "rotate": "no"}.get(key, "not measured")
    if key == "bytes":
        return f"{value:,} bytes"
    if key == "vocabulary":
        return "".join(value)
    if key in ("val_CER", "val_WER"):
        return f"{value:.2%}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
