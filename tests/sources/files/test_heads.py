import pytest

from ctckit.sources.files.heads import BYTES, head
from ctckit.sources.files.tree import folder_tree, zip_tree
from tests.image.zips import make_zip

CONTENTS = [
    # content, head, why
    (b"abc", "abc", "short"),
    ("ä" * BYTES, "ä" * (BYTES // 2), "long"),
    ("a" + "ä" * BYTES, "a" + "ä" * (BYTES // 2 - 1), "a character cut in two"),
    ("\ufeffä".encode(), "ä", "a mark of UTF-8"),
    ("ä".encode("utf-16"), "ä", "UTF-16"),
    (b"\xff\xd8\xff", "", "no text"),
    (b"a\0b", "", "binary"),
    (b"", "", "empty"),
]


@pytest.mark.parametrize(
    ("content", "expected"), [row[:2] for row in CONTENTS], ids=[row[2] for row in CONTENTS]
)
def test_heads_of_files_and_members(tmp_path, content, expected):
    content = content.encode() if isinstance(content, str) else content
    (tmp_path / "a.txt").write_bytes(content)
    assert head(folder_tree(tmp_path), "a.txt") == expected
    archive = make_zip(tmp_path / "set.zip", {"a.txt": content, "b.txt": b""})
    assert head(zip_tree(archive), "a.txt") == expected


def test_a_missing_file(tmp_path):
    assert head(folder_tree(tmp_path), "gone.txt") == ""
