"""Packages that are needed only for what lies elsewhere."""

from importlib.util import find_spec

from ctckit.errors import InputError
from ctckit.remote.addresses import Address

INSTALLED_BY = {"boto3": "ctckit[s3]", "requests": "requests"}


def require_package(name: str, address: Address) -> None:
    """Refuse to go on where a package is missing.

    Raises:
        InputError: says which, and how to get it.
    """
    if find_spec(name) is None:
        raise InputError(
            f"expected the package {name} for {address}, received an installation without it; "
            f"do: pip install '{INSTALLED_BY[name]}'"
        )
