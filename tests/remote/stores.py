"""A store of this machine that speaks S3, for tests: moto in server mode."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
sys.stdin.read()
"""


@contextmanager
def store_server() -> Iterator[str]:
    """Run a store in a process of its own, which ends with this one; yield its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


class Bucket:
    """A bucket of the store that the environment leads to."""

    def __init__(self, name: str) -> None:
        import boto3

        self.name = name
        self.client = boto3.client("s3")

    @classmethod
    def made(cls, test: str) -> "Bucket":
        """Make one for a test."""
        shown = re.sub("[^a-z0-9]+", "-", test.lower())[:30].strip("-")
        bucket = cls(f"{shown}-{sha256(test.encode()).hexdigest()[:8]}")
        bucket.client.create_bucket(Bucket=bucket.name)
        return bucket

    @staticmethod
    def environment(url: str) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=content)

    def put_folder(self, folder, prefix: str) -> None:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                self.put(prefix + file.relative_to(folder).as_posix(), file.read_bytes())

    def content(self) -> dict[str, bytes]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        return {
            key: self.client.get_object(Bucket=self.name, Key=key)["Body"].read() for key in keys
        }


def without_store() -> dict[str, str]:
    """Return the environment of a process without anything about stores."""
    return {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
