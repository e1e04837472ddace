"""From the body of a request to images and wishes."""

import asyncio
import binascii
import json
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import HTTPException, Request
from pydantic import BaseModel, Field, ValidationError
from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from ctckit.serve.settings import Settings
from ctckit.serve.wishes import Wishes

IMAGE_FIELD = "image"
MAX_FIELDS = 100  # of a form, besides the images

Fields = TypeVar("Fields", bound=BaseModel)


class ReadBody(Wishes):
    """Images in base64, and what a request may say besides."""

    image: str | None = Field(default=None, description="An image file in base64.")
    images: list[str] | None = Field(default=None, description="Several of them.")


async def whole_body(request: Request, settings: Settings, take: Callable[[int], None]) -> bytes:
    """Return the body of a request.

    Args:
        request: the request.
        settings: of the server.
        take: takes memory for it, see `Room`.

    Raises:
        HTTPException: it is too large (413), compressed (415), takes too long (408), or there is
            no memory for it now (429).
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise HTTPException(415, "expected a body as it is, received a compressed one")
    stated = request.headers.get("content-length", "")
    if stated.isascii() and stated.isdecimal() and int(stated) > settings.max_body:
        raise _too_large(settings)
    body = bytearray()
    try:
        async with asyncio.timeout(settings.time_limit_s):
            async for part in request.stream():
                take(len(part))
                body += part
                if len(body) > settings.max_body:
                    raise _too_large(settings)
    except TimeoutError:
        raise HTTPException(
            408, f"expected the body within {settings.time_limit_s:g} s, received a part of it",
            {"connection": "close"},
        ) from None  # fmt: skip
    return bytes(body)


async def images_and_wishes(
    request: Request, settings: Settings, take: Callable[[int], None]
) -> tuple[list[bytes], Wishes]:
    """Return the images of a request to read, one or more, and what it says besides.

    Args:
        request: with an image, a form or JSON as its body. What its address says holds where the
            body says nothing.
        settings: of the server.
        take: takes memory for the body, see `Room`.

    Raises:
        HTTPException: there is no image, or are too many, or the body is something else.
    """
    body = await whole_body(request, settings, take)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    said: dict[str, Any] = {}
    if kind == "multipart/form-data":
        images, said = await _of_form(request, body, settings)
    elif kind == "application/json":
        images, said = _of_json(body)
    elif kind.startswith("image/") or kind == "application/octet-stream":
        images = [body] if body else []
    else:
        raise HTTPException(
            415,
            "expected a Content-Type of image/*, multipart/form-data or application/json, received "
            f"{kind or 'none'}; say which, as curl -H 'Content-Type: image/png' --data-binary "
            "@a.png, or curl -F image=@a.png",
        )
    said = _of_address(request) | said
    wishes = checked(Wishes, said) if said else Wishes()
    require_number(images, settings)
    return images, wishes


def require_number(images: list[bytes], settings: Settings) -> None:
    """Refuse a request without an image, or with too many."""
    if not 0 < len(images) <= settings.max_images:
        raise HTTPException(
            413 if images else 422,
            f"expected 1 to {settings.max_images} images, received {len(images)}; "
            "send them in several requests",
        )


def from_base64(text: str) -> bytes:
    """Return what stands in base64; what is not of its alphabet is refused."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (ValueError, binascii.Error):
        raise HTTPException(422, "expected an image file in base64, received other text") from None


def checked(kind: type[Fields], said: dict[str, Any]) -> Fields:
    """Return what was said as fields, or refuse it with one line."""
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        raise HTTPException(422, in_one_line(error.errors())) from None


def in_one_line(errors: Any) -> str:
    """Return the first of pydantic's errors as a line that quotes nothing of what was sent."""
    first = errors[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("query", "body"))
    reason = first["msg"][:1].lower() + first["msg"][1:]
    if first["type"] == "extra_forbidden":
        reason = "expected no such field; see /docs"
    return f"{place}: {reason}" if place else reason


def _of_address(request: Request) -> dict[str, Any]:
    """Return what stands in the address: not by FastAPI's parameters, which take long."""
    if not request.scope["query_string"]:
        return {}
    said: dict[str, Any] = dict(request.query_params)
    return said | (
        {"lexicon": request.query_params.getlist("lexicon")} if "lexicon" in said else {}
    )


def json_object(body: bytes, refusal: str) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises:
        HTTPException: it is none; says `refusal`.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise HTTPException(422, refusal)
    return value


def _of_json(body: bytes) -> tuple[list[bytes], dict[str, Any]]:
    refusal = 'expected a JSON object such as {"image": "…"}, received another'
    fields = checked(ReadBody, json_object(body, refusal))
    texts = [*([] if fields.image is None else [fields.image]), *(fields.images or [])]
    said = fields.model_dump(exclude={"image", "images"}, exclude_none=True)
    return list(map(from_base64, texts)), said


class _InMemory(MultiPartParser):
    """Keep files in memory, whose size is limited with that of the body: no disk is needed."""

    spool_max_size = 0  # of SpooledTemporaryFile: never to the disk


async def _of_form(
    request: Request, body: bytes, settings: Settings
) -> tuple[list[bytes], dict[str, Any]]:
    async def stream() -> Any:
        yield body

    parser = _InMemory(
        request.headers, stream(), max_files=settings.max_images, max_fields=MAX_FIELDS,
        max_part_size=len(body),
    )  # fmt: skip
    try:
        form = await parser.parse()
    except (MultiPartException, FormParserError) as error:
        message = getattr(error, "message", None) or "a damaged one"
        raise HTTPException(422, f"expected a form, received {message}") from None
    images: list[bytes] = []
    said: dict[str, Any] = {}
    for name, value in form.multi_items():
        content = await value.read() if isinstance(value, UploadFile) else value.encode()
        if name == IMAGE_FIELD:
            images.append(content)
        elif name == "lexicon":  # a field for each text, or a text in each line
            lines = content.decode("utf-8-sig", "replace").splitlines()
            said.setdefault(name, []).extend(filter(None, map(str.strip, lines)))
        else:
            said[name] = content.decode("utf-8", "replace")
    return images, said


def _too_large(settings: Settings) -> HTTPException:
    return HTTPException(
        413, f"expected a body of up to {settings.max_body:,} bytes, received more",
        {"connection": "close"},
    )  # fmt: skip
