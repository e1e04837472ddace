"""KServe's Open Inference Protocol v2, for clients that know it.

A tensor `image` of BYTES holds N encoded images; `text`, `confidence`, and `accepted` where asked,
come back, N each. In JSON an image is base64. Where a client sends tensors in binary behind the
JSON, as Triton's does by default (the header Inference-Header-Content-Length), the images are taken
from there.
"""

import struct
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ctckit import __version__
from ctckit.errors import InputError
from ctckit.serve.bodies import checked, from_base64, json_object, require_number, whole_body
from ctckit.serve.health import told
from ctckit.serve.models import ServedModels
from ctckit.serve.read import REFUSALS, chosen, in_json, read_or_refuse
from ctckit.serve.reading import Found
from ctckit.serve.room import Room
from ctckit.serve.settings import Settings
from ctckit.serve.wishes import Wishes

INPUT = "image"
OUTPUTS = {"text": "BYTES", "confidence": "FP32", "accepted": "BOOL"}
HEADER_LENGTH = "inference-header-content-length"
_TRANSPORT = {"binary_data_output"}  # parameters that say how to answer; the answer is JSON


class Tensor(BaseModel):
    """A tensor of a request or an answer."""

    name: str
    shape: list[int]
    datatype: str
    parameters: dict[str, Any] | None = None
    data: list[Any] | None = None


class Output(BaseModel):
    """A tensor that is asked for."""

    name: str
    parameters: dict[str, Any] | None = None


class InferRequest(BaseModel):
    """Images to read."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "inputs": [
                        {"name": INPUT, "shape": [1], "datatype": "BYTES", "data": ["iVBORw0KGgo…"]}
                    ],
                    "parameters": {"length": "4-6"},
                }
            ]
        }
    )

    id: str | None = None
    parameters: dict[str, Any] | None = Field(
        default=None, description="pattern, length, lexicon, min_confidence, as in /read."
    )
    inputs: list[Tensor]
    outputs: list[Output] | None = None


class InferAnswer(BaseModel):
    """What was read."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[Tensor]


def inference_routes(models: ServedModels, settings: Settings, room: Room) -> APIRouter:
    """Return the routes of the protocol."""
    router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])

    @router.get("", summary="What the server is")
    async def server() -> Response:
        """Tell name and version."""
        return in_json({"name": "ctckit", "version": __version__, "extensions": []})

    @router.get("/health/live", summary="Whether the server lives")
    async def live() -> Response:
        """Answer as /health does."""
        return told(not models.stuck)

    @router.get("/health/ready", summary="Whether the server reads")
    async def ready() -> Response:
        """Answer as /ready does."""
        return told(not models.stuck and not models.full)

    @router.get("/models/{name}", summary="What a model takes and gives", responses=REFUSALS)
    async def metadata(name: str) -> Response:
        """Tell the tensors of a model."""
        return in_json(
            {
                "name": chosen(models, name).name,
                "versions": [],
                "platform": "onnxruntime_onnx",
                "inputs": [{"name": INPUT, "datatype": "BYTES", "shape": [-1]}],
                "outputs": [
                    {"name": output, "datatype": kind, "shape": [-1]}
                    for output, kind in OUTPUTS.items()
                ],
            }
        )

    @router.get("/models/{name}/ready", summary="Whether a model reads", responses=REFUSALS)
    async def model_ready(name: str) -> Response:
        """Answer 200, or 503 while no image could wait for it."""
        batcher = chosen(models, name).batcher
        return told(not batcher.is_stuck and not batcher.is_full)

    @router.post(
        "/models/{name}/infer",
        summary="Read images",
        response_model=InferAnswer,
        responses=REFUSALS,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/InferRequest"}}
                },
            }
        },
    )
    async def infer(name: str, request: Request) -> Response:
        """Read the images of a tensor; one that cannot be read refuses the request."""
        model = chosen(models, name)
        with room.of_a_request() as take:
            with models.arriving():
                asked, images = _parse(await whole_body(request, settings, take), request)
                wishes = _wishes(asked)
                require_number(images, settings)
            answers = await read_or_refuse(model, images, wishes)
        request.state.told = answers
        least = wishes.min_confidence
        least = settings.min_confidence if least is None else least
        outputs = _tensors(list(_whole(answers)), least, asked.outputs)
        named = {} if asked.id is None else {"id": asked.id}
        return in_json(
            {"model_name": model.name, "model_version": "1", **named, "outputs": outputs}
        )

    return router


def _parse(body: bytes, request: Request) -> tuple[InferRequest, list[bytes]]:
    """Return what is asked, and the images, which stand in the JSON or in binary behind it."""
    length = request.headers.get(HEADER_LENGTH, str(len(body)))
    if not (length.isascii() and length.isdecimal() and int(length) <= len(body)):
        raise HTTPException(
            422, f"expected a length of the JSON up to {len(body)}, received '{length}'"
        )
    head, tail = body[: int(length)], body[int(length) :]
    refusal = "expected a JSON object with inputs, received another body"
    asked = checked(InferRequest, json_object(head, refusal))
    names = [tensor.name for tensor in asked.inputs]
    if names != [INPUT] or asked.inputs[0].datatype != "BYTES":
        raise HTTPException(
            422, f"expected one input '{INPUT}' of datatype BYTES, received {', '.join(names)}"
        )
    tensor = asked.inputs[0]
    if tensor.data is None:
        images = list(_elements(tail))
    else:
        images = [from_base64(text) for text in _texts(tensor.data)]
    return asked, images


def _wishes(asked: InferRequest) -> Wishes:
    said = {key: value for key, value in (asked.parameters or {}).items() if key not in _TRANSPORT}
    return checked(Wishes, said)


def _texts(data: list[Any]) -> Iterator[str]:
    """Yield the elements of a tensor, which may be nested as its shape is."""
    for element in data:
        if isinstance(element, list):
            yield from _texts(element)
        elif isinstance(element, str):
            yield element
        else:
            raise HTTPException(422, "expected images in base64, received other values")


def _elements(tail: bytes) -> Iterator[bytes]:
    """Yield the elements of a BYTES tensor in binary: the length of each, four bytes, and it."""
    start = 0
    while start < len(tail):
        if start + 4 > len(tail):
            break
        (size,) = struct.unpack_from("<I", tail, start)
        start += 4 + size
        if start > len(tail):
            break
        yield tail[start - size : start]
    if start != len(tail):
        raise HTTPException(422, "expected whole images behind the JSON, received a part of one")


def _whole(answers: list[Found | InputError]) -> Iterator[Found]:
    """Yield the answers; the protocol knows none for one image alone that cannot be read."""
    for place, answer in enumerate(answers):
        if isinstance(answer, InputError):
            raise HTTPException(422, f"image {place}: {answer}")
        yield answer


def _tensors(
    found: list[Found], least: float | None, wanted: list[Output] | None
) -> list[dict[str, Any]]:
    data: dict[str, list[Any]] = {
        "text": [one.reading.text for one in found],
        "confidence": [one.reading.confidence for one in found],
    }
    if least is not None:
        data["accepted"] = [one.reading.confidence >= least for one in found]
    names = list(data) if wanted is None else [output.name for output in wanted]
    if unknown := [name for name in names if name not in data]:
        raise HTTPException(
            422,
            f"expected outputs of {', '.join(data)}, received '{unknown[0]}'"
            + ("; send min_confidence" if unknown[0] == "accepted" else ""),
        )
    return [
        {"name": name, "datatype": OUTPUTS[name], "shape": [len(found)], "data": data[name]}
        for name in names
    ]
