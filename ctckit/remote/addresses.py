"""Addresses of what lies elsewhere: `s3://bucket/key`, `https://host/set.zip`."""

import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ctckit.errors import InputError

# A path has one slash left of two, and other ones on Windows.
_ADDRESS = re.compile(r"(?P<scheme>s3|https?|gs|ftp):/{1,2}(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_SCHEMES = ("s3", "https")  # that something is fetched by
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")
LONGEST_NAME = 80  # characters


class Address(NamedTuple):
    """Where something lies.

    Attributes:
        scheme: `s3` or `https`.
        place: the bucket, or the host.
        path: the key, or what stands behind the host; without a slash in front.
        query: what follows a question mark; at times a signature, which is nobody's business.
    """

    scheme: str
    place: str
    path: str
    query: str = ""

    def __str__(self) -> str:
        """Return it to show: without what may be secret."""
        query = "?…" if self.query else ""
        return f"{self.scheme}://{self.place}/{self.path}{query}"

    @property
    def url(self) -> str:
        """All of it."""
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.place}/{self.path}{query}"

    @property
    def name(self) -> str:
        """The last part of the path, or the place, as the name of a file on any system."""
        last = self.path.rstrip("/").rpartition("/")[2] or self.place
        last = last if self.scheme == "s3" else unquote(last)
        name = Path(_NOT_IN_NAMES.sub("_", last).strip("."))
        return name.stem[: LONGEST_NAME - len(name.suffix)].rstrip(".") + name.suffix or "data"

    @property
    def folder(self) -> str:
        """The name of a folder for this address alone, whether a slash ends it or not."""
        digest = sha256(self.url.rstrip("/").encode("utf-8", "surrogateescape")).hexdigest()
        return f"{Path(self.name).stem}-{digest[:12]}"


def is_remote(source: str | Path) -> bool:
    r"""Say whether it is an address of something elsewhere, and not a path of this machine.

    >>> is_remote("s3://bucket/plates.zip"), is_remote(Path("https://host/plates.zip"))
    (True, True)
    >>> is_remote("plates.zip"), is_remote(r"c:\plates.zip"), is_remote("hf://owner/name")
    (False, False, False)
    """
    return _ADDRESS.fullmatch(_with_slashes(source)) is not None


def address_of(source: str | Path) -> Address:
    """Return an address in its parts.

    Raises:
        InputError: it is none, or one that nothing is fetched from.
    """
    found = _ADDRESS.fullmatch(_with_slashes(source))
    if found is None:
        raise InputError(
            f"expected an address such as s3://bucket/plates.zip, received {source}; correct it"
        )
    scheme = found["scheme"].lower()
    if scheme == "s3":
        place, _, path = found["rest"].partition("/")
        address = Address(scheme, place, path)
    else:
        parts = urlsplit(f"{scheme}://{found['rest']}")
        address = Address(scheme, parts.netloc, parts.path.removeprefix("/"), parts.query)
    _require_known(address)
    return address


def _with_slashes(source: str | Path) -> str:
    text = str(source)
    return text.replace("\\", "/") if re.match(r"\w+:\\", text) else text


def _require_known(address: Address) -> None:
    if address.scheme not in _SCHEMES:
        raise InputError(
            f"expected an address of s3:// or https://, received {address}; fetch it yourself, and "
            "give the file"
        )
    if not address.place:
        raise InputError(
            f"expected {'a bucket' if address.scheme == 's3' else 'a host'} in the address, "
            f"received {address}; correct it"
        )
    if "@" in address.place:
        raise InputError(
            f"expected an address without a password, received one of "
            f"{address.place.rpartition('@')[2]} with it; put it into ~/.netrc"
        )
