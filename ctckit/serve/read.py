"""`POST /read`: the text of images."""

import json
from collections.abc import MutableMapping
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from starlette.routing import Match, Route

from ctckit.errors import InputError
from ctckit.serve.answers import ReadAnswer, Refusal, image_answer
from ctckit.serve.batching import QueueFullError
from ctckit.serve.bodies import images_and_wishes
from ctckit.serve.models import ServedModel, ServedModels
from ctckit.serve.process import UnavailableError
from ctckit.serve.reading import Found
from ctckit.serve.room import RETRY_AFTER, Room
from ctckit.serve.settings import Settings
from ctckit.serve.wishes import Wishes

PATH = "/read"
_IMAGE = {"type": "string", "format": "binary"}
_BODY = {
    "required": True,
    "content": {
        "image/*": {"schema": _IMAGE},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"image": {"type": "array", "items": _IMAGE}},
                "required": ["image"],
            },
        },
        "application/json": {
            "schema": {"$ref": "#/components/schemas/ReadBody"},
            "examples": {
                "one image": {"value": {"image": "iVBORw0KGgo…"}},
                "two, of which something is known": {
                    "value": {"images": ["iVBORw0KGgo…", "iVBORw0KGgo…"], "length": "4-6"}
                },
            },
        },
    },
}
_PARAMETERS = [
    {"name": name, "in": "query", "description": schema["description"], "schema": schema}
    for name, schema in Wishes.model_json_schema()["properties"].items()
]
REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": Refusal, "description": "The token is missing, or another one"},
    404: {"model": Refusal, "description": "There is no such model"},
    413: {"model": Refusal, "description": "The body is too large, or has too many images"},
    415: {"model": Refusal, "description": "The body is of another kind"},
    422: {"model": Refusal, "description": "The request, or all of its images, cannot be read"},
    429: {"model": Refusal, "description": "Too much is waiting; try again later"},
    503: {"model": Refusal, "description": "It took too long, or the model has ended"},
}


class _BareRoute(Route):
    """A route past what FastAPI does for each request, which takes as long as all that we do."""

    def matches(self, scope: MutableMapping[str, Any]) -> tuple[Match, Any]:
        """Tell whether it is meant, and that it was, as a route of FastAPI does."""
        match, found = super().matches(scope)
        return match, {**found, "route": self}


def add_read_route(app: FastAPI, models: ServedModels, settings: Settings, room: Room) -> None:
    """Add the route that reads images; a second one of FastAPI, behind it, describes it."""

    async def read(request: Request) -> Response:
        """Read one image or several: as they are, in a form, or in JSON.

        What is known about the texts may stand in the address, or in the form or JSON.
        """
        with room.of_a_request() as take:
            with models.arriving():
                images, wishes = await images_and_wishes(request, settings, take)
            model = chosen(models, wishes.model)
            answers = await read_or_refuse(model, images, wishes)
        least = wishes.min_confidence
        least = settings.min_confidence if least is None else least
        said = [image_answer(answer, least) for answer in answers]
        request.state.told = answers
        return in_json(
            {"model": model.name, "images": said},
            200 if any(isinstance(answer, Found) for answer in answers) else 422,
        )

    app.router.routes.append(_BareRoute(PATH, read, methods=["POST"], include_in_schema=False))
    app.post(
        PATH,
        summary="Read images",
        response_model=ReadAnswer,
        responses=REFUSALS,
        openapi_extra={"parameters": _PARAMETERS, "requestBody": _BODY},
    )(read)


def chosen(models: ServedModels, name: str | None) -> ServedModel:
    """Return a model by its name; the first one if none is named."""
    model = models.find(name)
    if model is None:
        raise HTTPException(404, models.unknown(name))
    return model


async def read_or_refuse(
    model: ServedModel, images: list[bytes], wishes: Wishes
) -> list[Found | InputError]:
    """Return what is read; a full queue, or a constraint that cannot be, refuses the request."""
    try:
        return await model.read(images, wishes.constraint)
    except QueueFullError:
        raise HTTPException(
            429, "expected fewer images at once, received more than can wait; try again later",
            RETRY_AFTER,
        ) from None  # fmt: skip
    except UnavailableError:
        raise HTTPException(
            503, "expected the model to answer, received nothing in time; try again later",
            RETRY_AFTER,
        ) from None  # fmt: skip
    except InputError as error:
        raise HTTPException(422, str(error)) from None


def in_json(value: object, status: int = 200) -> Response:
    """Return an answer as JSON."""
    content = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(content.encode("utf-8", "replace"), status, media_type="application/json")
