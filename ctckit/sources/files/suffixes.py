"""The suffixes of files of images, and of files that are none."""

IMAGE_SUFFIXES = frozenset({
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".gif", ".webp", ".tif", ".tiff",
    ".avif", ".jp2", ".ppm", ".pgm", ".pbm", ".pnm",
})  # fmt: skip
OTHER_SUFFIXES = frozenset({  # never opened to look whether they are images
    ".txt", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xml", ".md", ".rst", ".html", ".htm",
    ".py", ".ipynb", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".log", ".zip", ".gz", ".tar", ".7z",
    ".rar", ".pdf", ".xlsx", ".xls", ".docx", ".doc", ".onnx", ".keras", ".h5", ".pt", ".pth",
    ".pkl", ".npy", ".npz", ".mdb", ".lmdb", ".db", ".mp4", ".avi", ".parquet", ".arrow", ".cache",
})  # fmt: skip


def parted(name: str) -> tuple[str, str]:
    """Return the name of a file without folder and suffix, and its suffix in lower case.

    >>> parted("photos/a.b.PNG"), parted(".hidden"), parted("12")
    (('a.b', '.png'), ('.hidden', ''), ('12', ''))
    """
    file = name[name.rfind("/") + 1 :]
    point = file.rfind(".")
    return (file[:point], file[point:].lower()) if point > 0 else (file, "")
