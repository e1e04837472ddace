"""Objects of stores that speak S3, by boto3.

Credentials, region and endpoint are found where boto3 looks for them: variables of the environment
such as AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL, the files of
~/.aws, or what the machine is given in the cloud. None is taken from an address or a
configuration.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ctckit.errors import InputError
from ctckit.remote.addresses import Address
from ctckit.remote.limits import Limits
from ctckit.remote.packages import require_package
from ctckit.remote.transfer import Answer, Cut

CHUNK_BYTES = 1 << 16
CHANGED = ("412", "416", "PreconditionFailed", "InvalidRange")  # codes of errors
MISSING = {
    "NoSuchBucket": "there is no such bucket",
    "NoSuchKey": "there is nothing of that name",
    "404": "there is nothing of that name",
}
ANOTHER_REGION = (
    "301",
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
)
CREDENTIALS = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or write them to "
    "~/.aws/credentials"
)
CONNECTIONS = 16
Client = Any  # of boto3, which is loaded when it is needed


class Stored(NamedTuple):
    """An object of a store.

    Attributes:
        key: its name in the bucket.
        size: bytes.
        tag: its ETag.
        changed: when, in seconds since 1970.
    """

    key: str
    size: int
    tag: str
    changed: float


class Store:
    """A bucket, as seen from an address in it.

    Args:
        address: `s3://bucket/key`, or the beginning of keys.
        limits: of time.

    Raises:
        InputError: boto3 is not installed, or there are no credentials.
    """

    def __init__(self, address: Address, limits: Limits) -> None:
        require_package("boto3", address)
        import boto3
        from botocore.config import Config

        self.address = address
        self.bucket = address.place
        with self._errors():
            session = boto3.session.Session()
            if session.get_credentials() is None:
                raise _without_credentials(address, "none")
            self._client: Client = session.client(
                "s3",
                config=Config(
                    connect_timeout=min(10.0, limits.pause_s),
                    read_timeout=limits.pause_s,
                    retries={"mode": "standard", "max_attempts": 3},
                    max_pool_connections=CONNECTIONS,
                ),
            )

    def look(self, key: str) -> Stored | None:
        """Return what an object is; None where there is none of that name.

        Raises:
            Cut: it cannot be had now.
            InputError: it may not be read.
        """
        from botocore.exceptions import ClientError

        with self._errors():
            try:
                found = self._client.head_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                if _code(error) in ("404", "NoSuchKey"):
                    return None
                raise
        return Stored(key, found["ContentLength"], found["ETag"], found["LastModified"].timestamp())

    def listed(self, prefix: str) -> Iterator[Stored]:
        """Yield all objects whose keys begin so.

        Raises:
            Cut: they cannot be had now.
            InputError: they may not be listed.
        """
        with self._errors():
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                for one in page.get("Contents", ()):
                    changed = one["LastModified"].timestamp()
                    yield Stored(one["Key"], one["Size"], one["ETag"], changed)

    def opener(self, key: str) -> Callable[[int, str], Any]:
        """Return what asks for an object from a byte on, as `transfer.complete` does."""

        @contextmanager
        def opened(place: int, tag: str) -> Iterator[Answer]:
            part = {"Range": f"bytes={place}-", "IfMatch": tag} if place else {}
            answer = self._asked(key, part)
            if answer is None:
                place, answer = 0, self._asked(key, {})
            if answer is None:
                raise Cut(f"s3://{self.bucket}/{key} changes while it is fetched")
            with answer["Body"] as body:
                size = place + answer["ContentLength"]
                yield Answer(place, size, answer["ETag"], self._pieces(body))

        return opened

    def _asked(self, key: str, part: dict[str, str]) -> dict[str, Any] | None:
        """Return the answer to a request; None where the part of that version is not to be had."""
        from botocore.exceptions import ClientError

        with self._errors():
            try:
                return self._client.get_object(Bucket=self.bucket, Key=key, **part)  # type: ignore[no-any-return]
            except ClientError as error:
                if _code(error) in CHANGED:
                    return None
                raise

    def _pieces(self, body: Any) -> Iterator[bytes]:
        from urllib3.exceptions import HTTPError

        try:
            with self._errors():
                while piece := body.read(CHUNK_BYTES):
                    yield piece
        except (HTTPError, OSError) as error:
            raise Cut(str(error)) from error

    def put(self, file: Path, key: str, sent: Callable[[int], object]) -> None:
        """Store a file under a name; what has it already is replaced when all of it is there.

        Args:
            file: to send, as it is when it is opened.
            key: the name.
            sent: called with numbers of bytes.

        Raises:
            Cut: it cannot be done now.
            InputError: it may not be.
            OSError: the file cannot be read.
        """
        from boto3.s3.transfer import TransferConfig

        few = TransferConfig(max_concurrency=4)
        with file.open("rb") as content, self._errors("write"):
            self._client.upload_fileobj(content, self.bucket, key, Callback=sent, Config=few)

    def try_to_put(self, key: str) -> None:
        """Begin to store something, and leave it: nothing is there afterwards.

        Raises:
            Cut: it cannot be done now.
            InputError: it may not be done.
        """
        with self._errors("write"):
            place = {"Bucket": self.bucket, "Key": key}
            begun = self._client.create_multipart_upload(**place)
            self._client.abort_multipart_upload(UploadId=begun["UploadId"], **place)

    def remove(self, key: str) -> None:
        """Remove an object.

        Raises:
            Cut: it cannot be done now.
            InputError: it may not be done.
        """
        with self._errors("remove"):
            self._client.delete_object(Bucket=self.bucket, Key=key)

    @contextmanager
    def _errors(self, do: str = "read") -> Iterator[None]:
        """Say errors of boto3 in one line each.

        Raises:
            Cut: the store cannot be reached, or wants to be asked later.
            InputError: all else.
        """
        from botocore import exceptions

        unknown = (
            exceptions.NoCredentialsError, exceptions.PartialCredentialsError,
            exceptions.ProfileNotFound, exceptions.CredentialRetrievalError,
            exceptions.ConfigParseError, exceptions.SSOError, exceptions.UnauthorizedSSOTokenError,
        )  # fmt: skip
        away = (
            exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.IncompleteReadError,
        )  # fmt: skip
        try:
            yield
        except unknown as error:
            raise _without_credentials(self.address, str(error)) from error
        except (exceptions.NoRegionError, exceptions.InvalidRegionError) as error:
            raise InputError(
                f"expected the region of {self.address}, received '{error}'; set AWS_DEFAULT_REGION"
            ) from error
        except exceptions.ClientError as error:
            raise self._refusal(error, do) from error
        except away as error:
            raise Cut(str(error)) from error
        except InputError:
            raise
        except (exceptions.BotoCoreError, ValueError) as error:
            raise InputError(
                f"expected to {do} {self.address}, received '{_line(error)}'; correct the address, "
                "or what AWS_ENDPOINT_URL says"
            ) from error

    def _refusal(self, error: Any, do: str) -> InputError | Cut:
        """Return what to say of an error that the store answered with."""
        code = _code(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        said = error.response.get("Error", {}).get("Message") or code
        if code in MISSING:
            return InputError(
                f"expected to {do} {self.address}, received the answer that {MISSING[code]}; "
                "correct the address"
            )
        if code in ANOTHER_REGION:
            return InputError(
                f"expected to {do} {self.address}, received the answer that it lies in another "
                f"region ({_line(said)}); set AWS_DEFAULT_REGION to that"
            )
        if status >= 500 or code in ("SlowDown", "RequestTimeout", "429"):
            return Cut(f"{code}: {said}")
        return InputError(
            f"expected to be allowed to {do} {self.address}, received '{code}: {_line(said)}'; get "
            f"the right to do so, or other credentials: {CREDENTIALS}"
        )


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _line(text: object) -> str:
    return " ".join(str(text).split())


def _without_credentials(address: Address, received: str) -> InputError:
    return InputError(
        f"expected credentials for {address}, received {_line(received)}; {CREDENTIALS}"
    )
