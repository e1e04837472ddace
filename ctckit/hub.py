"""Models of the Hugging Face Hub, by addresses such as `hf://owner/name`."""

import re
from importlib.util import find_spec
from pathlib import Path

from ctckit.errors import InputError

# As Hugging Face writes them. A path has one slash left of two, and other ones on Windows.
_ADDRESS = re.compile(
    r"hf:/{1,2}(?P<repository>[^/@]+/[^/@]+)(@(?P<revision>[^/]+))?(/(?P<file>.+))?"
)


def is_hub_address(path: str | Path) -> bool:
    """Say whether it is one of the Hub's, and not a path of this machine.

    >>> is_hub_address("hf://owner/name"), is_hub_address(Path("hf://owner/name"))
    (True, True)
    >>> is_hub_address("models/hf")
    False
    """
    return str(path).startswith("hf:")


def fetch_from_hub(address: str | Path, file: str) -> Path:
    """Return a file of a repository, downloaded into huggingface_hub's cache if it is not there.

    Args:
        address: `hf://owner/name`, `hf://owner/name@revision`, or either and a file behind it.
        file: to take where the address names none.

    Raises:
        InputError: it is no such address, huggingface_hub is not installed, or there is no such
            file to be had.
    """
    parts = _ADDRESS.fullmatch(str(address).replace("\\", "/"))
    if not parts:
        raise InputError(
            f"expected an address such as hf://owner/name, or hf://owner/name@revision/{file}, "
            f"received {address}; correct it"
        )
    if find_spec("huggingface_hub") is None:
        raise InputError(
            f"expected the package huggingface_hub for {address}, received an installation "
            "without it; do: pip install huggingface_hub"
        )
    from huggingface_hub import hf_hub_download

    repository, name = parts["repository"], parts["file"] or file
    try:
        found = hf_hub_download(repository, name, revision=parts["revision"])
    except (OSError, ValueError) as error:  # the bases of all that huggingface_hub raises
        reason = " ".join(str(error).split()).rstrip(".")
        raise InputError(
            f"expected {name} of hf://{repository}, received none ({type(error).__name__}: "
            f"{reason}); correct the address, or log in by `hf auth login` if it is not public"
        ) from error
    return Path(found)
