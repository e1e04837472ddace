"""The files of onnxruntime-web that a page needs: given, or downloaded once."""

import os
from hashlib import sha256
from pathlib import Path

from ctckit.errors import InputError
from ctckit.remote.downloads import download

VERSION = "1.30.0"
URL = f"https://cdn.jsdelivr.net/npm/onnxruntime-web@{VERSION}/dist"
FILES = {  # name, and SHA-256 of what is downloaded
    "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "ort-wasm-simd-threaded.wasm": (
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
    ),
}
DEADLINE_S = 20.0
LIMIT_S = 600.0
LIMIT_BYTES = 2**25
HOW_TO_BRING_IT = (
    f"do: npm pack onnxruntime-web@{VERSION}, unpack it, and give its folder dist by --runtime"
)


def find_runtime(folder: Path | None = None, *, url: str = URL) -> Path:
    """Return a folder with `FILES`.

    Args:
        folder: the npm package onnxruntime-web, or its `dist`, of any version that has the files.
            None: they are downloaded into the user's cache, if they are not there.
        url: where to download them from; https.

    Raises:
        InputError: the folder lacks them; they cannot be downloaded, or are not those of `FILES`.
    """
    if folder is not None:
        return _require_files(folder)
    kept = cache_folder() / f"onnxruntime-web-{VERSION}"
    for name, digest in FILES.items():
        if not _is_file(kept / name, digest):
            _fetch(f"{url}/{name}", kept / name, digest)
    return kept


def cache_folder() -> Path:
    """Return where downloads are kept for all folders of this user."""
    place = os.environ.get("XDG_CACHE_HOME")
    return (Path(place) if place else Path.home() / ".cache") / "ctckit"


def _require_files(folder: Path) -> Path:
    for place in (folder, folder / "dist"):
        if all((place / name).is_file() for name in FILES):
            return place
    raise InputError(
        f"expected a folder with {' and '.join(FILES)}, received {folder}, which lacks them; "
        f"{HOW_TO_BRING_IT}",
        argument="runtime",
    )


def _fetch(url: str, file: Path, digest: str) -> None:
    if not download(url, file, deadline_s=DEADLINE_S, limit_s=LIMIT_S, limit_bytes=LIMIT_BYTES):
        raise InputError(
            f"expected {file.name} of onnxruntime-web {VERSION}, received nothing from {url}; "
            f"{HOW_TO_BRING_IT}"
        )
    if not _is_file(file, digest):
        file.unlink()
        raise InputError(
            f"expected {file.name} of onnxruntime-web {VERSION}, received another file from "
            f"{url}; {HOW_TO_BRING_IT}"
        )


def _is_file(file: Path, digest: str) -> bool:
    return file.is_file() and sha256(file.read_bytes()).hexdigest() == digest
