from pathlib import Path, PureWindowsPath

import pytest

from ctckit.errors import InputError
from ctckit.remote.addresses import address_of, is_remote


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("s3://bucket/a/plates.zip", ("s3", "bucket", "a/plates.zip", "")),
        (Path("s3://bucket/a/plates.zip"), ("s3", "bucket", "a/plates.zip", "")),
        (PureWindowsPath("s3://bucket/a/b.zip"), ("s3", "bucket", "a/b.zip", "")),
        ("S3://bucket", ("s3", "bucket", "", "")),
        ("s3://bucket/a?b#c", ("s3", "bucket", "a?b#c", "")),  # any key
        ("https://host:8/a/plates.zip?x=1&y", ("https", "host:8", "a/plates.zip", "x=1&y")),
        (Path("https://host/x.csv"), ("https", "host", "x.csv", "")),
    ],
)
def test_parts(source, parts):
    assert is_remote(source)
    assert tuple(address_of(source)) == parts


@pytest.mark.parametrize(
    "source", ["plates.zip", "/s3/plates", "s3", "c:/plates", "set.zip!s3.png", "hf://a/b", ""]
)
def test_paths_are_no_addresses(source):
    assert not is_remote(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("http://host/x.zip", "s3:// or https://"),
        ("gs://bucket/x.zip", "s3:// or https://"),
        ("s3:///x.zip", "a bucket"),
        ("https:///x.zip", "a host"),
        ("https://me:word@host/x.zip", "without a password, received one of host"),
    ],
)
def test_what_is_refused(source, message):
    with pytest.raises(InputError, match=message) as caught:
        address_of(source)
    assert "word@" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("s3://bucket/a/plates.zip", "plates.zip"),
        ("s3://bucket/plates/", "plates"),
        ("s3://bucket", "bucket"),
        ("https://host/a%20b/%C3%A9.zip", "é.zip"),
        ("https://host/..%2F..%2Fetc%2Fpasswd", "_._etc_passwd"),
        ("https://host/..", "data"),
        ("https://host/.hidden.zip", "hidden.zip"),
        ("https://host/", "host"),
        ("s3://bucket/a\\..\\b.zip", "a_.._b.zip"),
        (f"s3://bucket/{'x' * 300}.zip", f"{'x' * 76}.zip"),
    ],
)
def test_names_are_those_of_files_and_lead_nowhere(source, name):
    address = address_of(source)
    assert address.name == name
    assert Path(name).name == name and Path(address.folder).name == address.folder


def test_each_address_has_a_folder_of_its_own():
    sources = ["s3://a/x.zip", "s3://b/x.zip", "https://a/x.zip", "https://a/x.zip?v=2"]
    assert len({address_of(source).folder for source in sources}) == 4
    assert address_of("s3://a/x/").folder == address_of(Path("s3://a/x/")).folder


def test_what_may_be_secret_is_not_shown():
    assert str(address_of("https://host/x.zip?signature=abc")) == "https://host/x.zip?…"
