"""What an address leads to is fetched once, whole, and gone on with where it was broken off."""

import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.remote import fetching
from ctckit.remote.addresses import address_of
from ctckit.remote.fetching import fetch, without_secret
from ctckit.remote.limits import Limits, limits_of_environment
from ctckit.sources.layouts import open_dataset
from ctckit.sources.unlabelled import list_images
from tests.drawing import draw_folder
from tests.remote.conftest import FAST
from tests.remote.web_server import WebServer
from tests.sources.serving import closed_url

ROOT = Path(__file__).parents[2]
NOISE = np.random.default_rng(0).bytes(1_000_000)


@pytest.fixture(scope="session")
def archive(tmp_path_factory) -> bytes:
    """Return a zip of six images called as their labels, beside a megabyte of noise."""
    folder = tmp_path_factory.mktemp("drawn")
    draw_folder(folder, count=6)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for file in sorted(folder.iterdir()):
            packed.write(file, f"plates/{file.name}")
        packed.writestr("plates/notes.bin", NOISE)
    return content.getvalue()


@pytest.fixture
def web(archive, monkeypatch):
    monkeypatch.setattr("ctckit.remote.addresses._SCHEMES", ("s3", "https", "http"))
    with WebServer({"/plates.zip": archive}) as server:
        yield server


@pytest.fixture(params=["https", "s3"])
def source(request, archive):
    """Return the address of the archive, by https and in a store."""
    if request.param == "https":
        return f"{request.getfixturevalue('web').url}/plates.zip"
    bucket = request.getfixturevalue("bucket")
    bucket.put("sets/plates.zip", archive)
    return f"{bucket.url}/sets/plates.zip"


def only_folder(work):
    (folder,) = (work / "Datasets").iterdir()
    return folder


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_is_fetched_once(source, work, archive, log):
    path = fetch(source, limits=FAST)
    folder = only_folder(work)
    assert path == Path("Datasets", folder.name, "plates.zip")
    assert path.read_bytes() == archive
    assert names_in(folder) == ["fetched.json", "lock", "plates.zip"]
    note = json.loads((folder / "fetched.json").read_text())
    assert note["size"] == len(archive) and note["sha256"] == sha256(archive).hexdigest()
    assert note["address"] == source and note["version"]
    before = path.stat()
    assert fetch(source, limits=FAST) == path
    assert path.stat() == before
    assert re.search("was fetched on 20.*to fetch it anew, remove Datasets", log.messages[-1])
    assert len([line for line in log.messages if line.startswith("fetching")]) == 1


def test_another_one_there_is_told_and_not_taken(source, work, archive, log, request):
    path = fetch(source, limits=FAST)
    if "web" in request.fixturenames:
        request.getfixturevalue("web").files["/plates.zip"] = archive + b"x"
    else:
        request.getfixturevalue("bucket").put("sets/plates.zip", archive + b"x")
    fetch(source, limits=FAST)
    assert "there is another one now" in log.messages[-1]
    assert path.read_bytes() == archive
    shutil.rmtree(path.parent)
    assert fetch(source, limits=FAST).read_bytes() == archive + b"x"


def test_what_is_there_serves_without_a_network(web, work, archive, log, monkeypatch):
    url = f"{web.url}/plates.zip"
    path = fetch(url, limits=FAST)
    web.close()
    assert fetch(url, limits=FAST) == path
    assert "whether it has changed cannot be found out" in log.messages[-1]


def test_every_verb_reads_it(source, work):
    dataset = open_dataset(source)
    assert dataset.name == "plates"
    assert len(dataset.samples) == 6
    assert all(sample.image.startswith("Datasets/plates-") for sample in dataset.samples)
    assert len(list_images(Path(source))) == 6


def test_a_cut_connection_is_gone_on_with(web, work, archive):
    web.cut_at = [len(archive) // 2, len(archive) * 3 // 4]
    assert fetch(f"{web.url}/plates.zip", limits=FAST).read_bytes() == archive
    starts = [headers.get("Range") for headers in web.asked]
    assert starts == [None, f"bytes={len(archive) // 2}-", f"bytes={len(archive) * 3 // 4}-"]
    assert {headers.get("If-Range") for headers in web.asked[1:]} == {web.tag("/plates.zip")}


def test_a_cut_connection_to_a_store_is_gone_on_with(bucket, work, archive, monkeypatch):
    from ctckit.remote.s3 import Store

    places = []
    bucket.put("plates.zip", archive)
    pieces, asked = Store._pieces, Store._asked

    def cut(self, body):
        for number, piece in enumerate(pieces(self, body)):
            if number == 5 and len(places) < 3:
                raise fetching.Cut("as if the network were gone")
            yield piece

    def watch(self, key, part):
        places.append(part)
        return asked(self, key, part)

    monkeypatch.setattr(Store, "_pieces", cut)
    monkeypatch.setattr(Store, "_asked", watch)
    assert fetch(f"{bucket.url}/plates.zip", limits=FAST).read_bytes() == archive
    assert [part.get("Range") for part in places] == [None, "bytes=327680-", "bytes=655360-"]
    assert all(part["IfMatch"] for part in places[1:])


@pytest.mark.parametrize("other", ["content", "tag only"])
def test_another_file_is_not_joined_to_the_half_of_the_first(web, work, archive, other):
    web.cut_at = [len(archive) // 2] * 9
    with pytest.raises(InputError, match="bytes are kept, and the same command goes on"):
        fetch(f"{web.url}/plates.zip", limits=FAST)
    changed = archive.replace(NOISE[-9:], b"123456789") if other == "content" else archive
    assert (changed == archive) == (other == "tag only")
    web.files["/plates.zip"] = changed
    web.salt = "anew"
    web.cut_at = []
    assert fetch(f"{web.url}/plates.zip", limits=FAST).read_bytes() == changed


def test_another_object_is_not_joined_to_the_half_of_the_first(bucket, work, archive, monkeypatch):
    bucket.put("plates.zip", archive)
    content = [NOISE[:1000]]

    def broken(self, body):
        yield from content
        content.clear()
        raise fetching.Cut("gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ctckit.remote.s3.Store._pieces", broken)
        with pytest.raises(InputError, match="bytes are kept"):
            fetch(f"{bucket.url}/plates.zip", limits=FAST)
    changed = archive.replace(NOISE[-9:], b"123456789")
    bucket.put("plates.zip", changed)
    assert fetch(f"{bucket.url}/plates.zip", limits=FAST).read_bytes() == changed


def test_a_server_that_knows_no_ranges_is_asked_for_all_of_it_again(web, work, archive):
    web.knows_ranges = False
    web.cut_at = [1000]
    assert fetch(f"{web.url}/plates.zip", limits=FAST).read_bytes() == archive


def test_a_server_that_tells_no_version_is_asked_for_all_of_it_again(web, work, archive):
    web.tells_tag = False
    web.cut_at = [1000]
    assert fetch(f"{web.url}/plates.zip", limits=FAST).read_bytes() == archive
    assert [headers.get("Range") for headers in web.asked] == [None, None]


def test_a_server_that_always_cuts_is_given_up(web, work):
    web.tells_tag = False
    web.cut_at = [1000] * 99
    with pytest.raises(InputError, match="the same command goes on"):
        fetch(f"{web.url}/plates.zip", limits=FAST)
    assert len(web.asked) < 9


KILLED = """
import sys
from ctckit.remote import addresses, downloads
from ctckit.remote.fetching import fetch
addresses._SCHEMES = ("s3", "https", "http")
downloads.ALLOWED = ("http://127.0.0.1:",)
fetch(sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_download_is_gone_on_with_to_the_same_bytes(web, work, archive):
    url = f"{web.url}/plates.zip"
    web.pause_at = len(archive) // 2
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, url], env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    part = Path("Datasets", address_of(url).folder, ".unfinished")
    ends_at = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 100_000) and time.monotonic() < ends_at:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = part.stat().st_size
    assert names_in(part.parent) == [".unfinished", ".unfinished.json", "lock"]
    web.pause_at = None
    path = fetch(url, limits=FAST)
    assert sha256(path.read_bytes()).hexdigest() == sha256(archive).hexdigest()
    assert web.asked[-1]["Range"] == f"bytes={there}-"


def test_what_is_whole_but_not_named_yet_is_not_fetched_again(web, work, archive, monkeypatch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetching, "file_digest", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fetch(f"{web.url}/plates.zip", limits=FAST)
    assert fetch(f"{web.url}/plates.zip", limits=FAST).read_bytes() == archive
    assert len(web.asked) == 1


def test_a_folder_of_a_store(bucket, work, tmp_path, log):
    texts = draw_folder(tmp_path / "drawn", count=8)
    (tmp_path / "drawn" / "it's [odd] {100%}.txt").write_text("")
    bucket.put_folder(tmp_path / "drawn", "sets/plates/")
    bucket.put("sets/plates/", b"")  # as the console of AWS makes folders
    bucket.put("sets/plates/.hidden/x.png", b"x")
    bucket.put("sets/plates2/other.png", b"x")
    for source in (f"{bucket.url}/sets/plates", f"{bucket.url}/sets/plates/"):
        dataset = open_dataset(source)
        assert sorted(label for _, label in dataset.samples) == sorted(texts)
    assert dataset.name == "plates"
    assert "was fetched on" in log.messages[-1]
    folder = only_folder(work)
    assert len(names_in(folder / "plates")) == 9
    assert json.loads((folder / "fetched.json").read_text())["files"] == 9
    bucket.put(f"sets/plates/{texts[0]}.png", b"another")
    open_dataset(source)
    assert "there is another one now" in log.messages[-1]


def test_a_folder_is_gone_on_with(bucket, work, monkeypatch):
    from ctckit.remote import folders

    monkeypatch.setattr(folders, "THREADS", 1)
    for number in range(6):
        bucket.put(f"set/{number}.png", NOISE[number * 1000 : number * 1000 + 200_000])
    asked, opener = [], folders.Store.opener

    def watched(self, key):
        asked.append(key)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return opener(self, key)

    monkeypatch.setattr(folders.Store, "opener", watched)
    with pytest.raises(KeyboardInterrupt):
        fetch(f"{bucket.url}/set", limits=FAST)
    assert not any((work / "Datasets").glob("*/set"))
    whole = names_in(only_folder(work) / ".unfinished")
    assert {"0.png", "1.png", "2.png"} <= set(whole) and len(whole) < 6
    asked.clear()
    monkeypatch.setattr(
        folders.Store, "opener", lambda self, key: asked.append(key) or opener(self, key)
    )
    folder = fetch(f"{bucket.url}/set", limits=FAST)
    assert asked == [f"set/{n}.png" for n in range(6) if f"{n}.png" not in whole]
    for number in range(6):
        content = (folder / f"{number}.png").read_bytes()
        assert content == NOISE[number * 1000 : number * 1000 + 200_000]


@pytest.mark.parametrize(
    "name", [pytest.param("../x.png", id="up"), "a/../../x.png", "/x.png", "a//x.png", "./x.png"]
)
def test_no_name_leads_out_of_the_folder(bucket, work, name, monkeypatch):
    from ctckit.remote import folders

    found = [folders.Stored(f"set/{name}", 1, '"a"', 0.0)]
    monkeypatch.setattr(folders.Store, "listed", lambda self, prefix: iter(found))
    with pytest.raises(InputError, match="expected names of files below"):
        fetch(f"{bucket.url}/set", limits=FAST)
    assert names_in(only_folder(work)) == ["lock"]


def test_a_name_that_is_also_a_folder(bucket, work):
    bucket.put("set/a", b"1")
    bucket.put("set/a/b.png", b"1")
    with pytest.raises(InputError, match="received 'a'; give it another name"):
        fetch(f"{bucket.url}/set", limits=FAST)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "expected the file .*received '404 Not Found'; correct it"),
        (403, "received '403 Forbidden'; get the right to it"),
        (503, "received 503 Service Unavailable; the same command goes on"),
    ],
)
def test_what_the_web_does_not_give(web, work, status, message):
    web.status = status
    with pytest.raises(InputError, match=message):
        fetch(f"{web.url}/plates.zip", limits=FAST)
    assert names_in(only_folder(work)) == ["lock"]


def test_nobody_answers(work, monkeypatch):
    monkeypatch.setattr("ctckit.remote.addresses._SCHEMES", ("http",))
    with pytest.raises(InputError, match="refused; the same command goes on"):
        fetch(f"{closed_url()}/x.zip", limits=FAST)


def test_http_is_refused(work):
    with pytest.raises(InputError, match="of s3:// or https://, received http://127.0.0.1/x.zip"):
        fetch("http://127.0.0.1/x.zip")
    assert not list(work.iterdir())


def test_a_page_instead_of_an_archive(web, work):
    web.files["/plates.zip"] = b"<!DOCTYPE html><title>Log in</title>"
    with pytest.raises(InputError, match="expected a zip archive at .* begins with b'<!DOCTYPE"):
        fetch(f"{web.url}/plates.zip", limits=FAST)
    assert not list(only_folder(work).glob("*unfinished"))


def test_an_archive_by_another_name(web, work, archive):
    web.files["/download?id=3"] = archive
    assert fetch(f"{web.url}/download?id=3", limits=FAST).name == "download.zip"
    assert len(open_dataset(f"{web.url}/download?id=3").samples) == 6


def test_a_list(web, work):
    web.files["/labels.csv"] = b"image,label\nhttps://nowhere/a.png,a\n"
    assert fetch(f"{web.url}/labels.csv", limits=FAST).read_bytes().startswith(b"image")


def test_a_signature_is_not_noted(web, work, archive):
    web.files["/plates.zip?sign=secret"] = archive
    url = f"{web.url}/plates.zip?sign=secret"
    path = fetch(url, limits=FAST)
    assert "secret" not in (path.parent / "fetched.json").read_text()
    assert without_secret(url) == str(path)
    assert without_secret("s3://bucket/x.zip") == "s3://bucket/x.zip"


def test_limits(source, work, monkeypatch):
    with pytest.raises(InputError, match="GB at most from .*set CTCKIT_FETCH_GB"):
        fetch(source, limits=FAST._replace(size=1000))
    monkeypatch.setenv("CTCKIT_FETCH_GB", "0.000001")
    with pytest.raises(InputError, match="1e-06 GB at most"):
        fetch(source)
    with pytest.raises(InputError, match="within 0 hours, received .*CTCKIT_FETCH_HOURS"):
        fetch(source, limits=FAST._replace(whole_s=0))


def test_limits_of_the_environment(monkeypatch):
    assert limits_of_environment() == Limits()
    monkeypatch.setenv("CTCKIT_FETCH_GB", "500")
    monkeypatch.setenv("CTCKIT_FETCH_HOURS", "0.5")
    assert limits_of_environment()[:2] == (500 * 10**9, 1800)
    for wrong in ("many", "-1", "0", "nan", "inf"):
        monkeypatch.setenv("CTCKIT_FETCH_GB", wrong)
        with pytest.raises(InputError, match=f"CTCKIT_FETCH_GB, received '{wrong}'"):
            limits_of_environment()


def test_no_room(source, work, monkeypatch):
    usage = shutil.disk_usage(work)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(InputError, match="expected room for 0.00 GB in Datasets"):
        fetch(source, limits=FAST)


def test_the_disk_is_full(source, work, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device'; make room there"):
        fetch(source, limits=FAST)
