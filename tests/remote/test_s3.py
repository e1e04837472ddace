"""What stores that speak S3 answer, and what is wrong on this side, is told in one line each."""

import sys

import pytest
from botocore.exceptions import ClientError

from ctckit.errors import InputError
from ctckit.remote import packages
from ctckit.remote.addresses import address_of
from ctckit.remote.fetching import fetch
from ctckit.remote.s3 import Store
from ctckit.remote.transfer import Cut
from tests.remote.conftest import FAST
from tests.sources.serving import closed_url, serving


def test_without_credentials(work, store, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", store)
    with pytest.raises(
        InputError, match="expected credentials for s3://b/x.zip, received none; set AWS_ACCESS_KEY"
    ):
        fetch("s3://b/x.zip", limits=FAST)


def test_half_of_the_credentials(bucket, work, monkeypatch):
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(InputError, match="expected credentials .*AWS_SECRET_ACCESS_KEY"):
        fetch(f"{bucket.url}/x.zip", limits=FAST)


def test_a_profile_that_is_not_there(bucket, work, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(InputError, match=r"The config profile \(nobody\) could not be found"):
        fetch(f"{bucket.url}/x.zip", limits=FAST)


def test_credentials_of_a_file(bucket, work, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    (tmp_path / "no-credentials").write_text(
        "[default]\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    bucket.put("labels.csv", b"image,label\n")
    assert fetch(f"{bucket.url}/labels.csv", limits=FAST).is_file(), "without a region, too"


def test_nothing_there(bucket, work):
    with pytest.raises(InputError, match="received nothing at s3://.*/x.zip; correct the address"):
        fetch(f"{bucket.url}/x.zip", limits=FAST)
    with pytest.raises(InputError, match="the answer that there is no such bucket; correct"):
        fetch("s3://nobodys-bucket/x.zip", limits=FAST)
    with pytest.raises(InputError, match='Invalid bucket name "no bucket"'):
        fetch("s3://no bucket/x.zip", limits=FAST)


def test_the_store_is_away(bucket, work, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", closed_url())
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(InputError, match="received no answer .Could not connect to the endpoint"):
        fetch(f"{bucket.url}/x.zip", limits=FAST)


def test_an_endpoint_that_is_none(bucket, work, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    with pytest.raises(InputError, match="Invalid endpoint: nonsense'; correct the address, or"):
        fetch(f"{bucket.url}/x.zip", limits=FAST)


def test_it_may_not_be_read(bucket, work, monkeypatch):
    with serving(**{"x.zip": (403, {}, b"")}) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(InputError, match="expected to be allowed to read s3://b/x.zip, rec"):
            Store(address_of("s3://b/x.zip"), FAST).opener("x.zip")(0, "").__enter__()


ANSWERS = {
    "AccessDenied": (403, InputError, "'AccessDenied: said'; get the right to do so, or other"),
    "ExpiredToken": (400, InputError, "'ExpiredToken: said'; get the right"),
    "PermanentRedirect": (301, InputError, r"another region \(said\); set AWS_DEFAULT_REGION"),
    "NoSuchKey": (404, InputError, "there is nothing of that name; correct"),
    "SlowDown": (503, Cut, "SlowDown: said"),
    "InternalError": (500, Cut, "InternalError: said"),
}


@pytest.mark.parametrize("code", ANSWERS)
def test_answers(bucket, code):
    status, kind, message = ANSWERS[code]
    answer = {
        "Error": {"Code": code, "Message": "said"}, "ResponseMetadata": {"HTTPStatusCode": status}
    }  # fmt: skip
    store = Store(address_of("s3://b/x.zip"), FAST)
    with pytest.raises(kind, match=message), store._errors():
        raise ClientError(answer, "GetObject")


def test_without_boto3(work, monkeypatch):
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"package boto3 .*pip install 'ctckit\[s3\]'"):
        fetch("s3://b/x.zip")
    with pytest.raises(InputError, match="package requests .*pip install 'requests'"):
        fetch("https://host/x.zip")


def test_nothing_is_loaded_for_a_path():
    import subprocess

    code = (
        "import sys\nfrom ctckit.remote.fetching import fetched\nfetched('x.zip')\n"
        "assert not {'boto3', 'botocore', 'requests', 'urllib3'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_lister_sees_more_than_a_page(bucket, monkeypatch):
    for number in range(5):
        bucket.put(f"set/{number}", b"x")
    store = Store(address_of(f"{bucket.url}/set/"), FAST)
    paginate = store._client.get_paginator

    class TwoEach:
        def __init__(self, name):
            self.pages = paginate(name)

        def paginate(self, **arguments):
            return self.pages.paginate(**arguments, PaginationConfig={"PageSize": 2})

    monkeypatch.setattr(store._client, "get_paginator", TwoEach)
    assert len(list(store.listed("set/"))) == 5
