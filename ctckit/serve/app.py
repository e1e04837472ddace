"""The application: its routes, and what stands in front of them."""

import functools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ctckit import __version__
from ctckit.inference.reader import ImageToWordModel
from ctckit.serve.bearer import Bearer
from ctckit.serve.bodies import ReadBody, in_one_line
from ctckit.serve.guard import App, Guard
from ctckit.serve.health import OPEN_PATHS, health_routes
from ctckit.serve.inference_protocol import InferRequest, inference_routes
from ctckit.serve.loaded import LoadedModel
from ctckit.serve.metrics import Metrics
from ctckit.serve.models import ServedModel, ServedModels
from ctckit.serve.observed import Observed
from ctckit.serve.process import ModelProcess
from ctckit.serve.read import add_read_route, in_json
from ctckit.serve.room import Room
from ctckit.serve.settings import Settings

_OF_ROUTING = {  # Starlette's own words
    (404, "Not Found"): "expected an address that the server has, received another; see /docs",
    (405, "Method Not Allowed"): "expected another method, such as POST for /read; see /docs",
}
DESCRIPTION = "Reads small images of text."
STATIC = "/static-offline-docs"  # what the page /docs is made of, from this server and no other


def make_app(
    models: Mapping[str, ImageToWordModel | ModelProcess], settings: Settings | None = None
) -> App:
    """Return the ASGI application that reads with some models.

    Args:
        models: by name, one or more; the first reads where a request names none. Processes are
            ended with the application.
        settings: limits, and who may ask.
    """
    settings = settings or Settings()
    metrics = Metrics()
    served = ServedModels(
        ServedModel(name, _of(model, settings), settings, metrics) for name, model in models.items()
    )
    app: App = _routes(served, settings, metrics)
    if settings.token is not None:
        app = Bearer(app, settings.token, (*OPEN_PATHS, f"{STATIC}/*"))
    return Observed(Guard(app, settings.allow_host), metrics, settings)


def _of(model: ImageToWordModel | ModelProcess, settings: Settings) -> LoadedModel | ModelProcess:
    return model if isinstance(model, ModelProcess) else LoadedModel(model, settings.max_pixels)


def _routes(models: ServedModels, settings: Settings, metrics: Metrics) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        models.close()

    app = FastAPIOffline(
        title="ctckit", version=__version__, description=DESCRIPTION, lifespan=lifespan,
        redoc_url=None, static_url=STATIC,
    )  # fmt: skip
    room = Room(settings.max_waiting)
    add_read_route(app, models, settings, room)
    app.include_router(health_routes(models, metrics))
    app.include_router(inference_routes(models, settings, room))
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.openapi = functools.cache(functools.partial(_describe, app, settings))  # type: ignore[method-assign]
    return app


def _describe(app: FastAPI, settings: Settings) -> dict[str, Any]:
    """Return the OpenAPI description: with the bodies that routes read by themselves, the token."""
    said = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    bodies: Any = [(ReadBody, "validation"), (InferRequest, "validation")]
    _, defined = models_json_schema(bodies, ref_template="#/components/schemas/{model}")
    components = said["components"]
    components["schemas"] |= defined["$defs"]
    if settings.token is not None:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        said["security"] = [{"token": []}]
    return said


async def _refused(request: Request, error: Any) -> Response:
    """Answer a refusal with one line."""
    reason = _OF_ROUTING.get((error.status_code, error.detail), error.detail)
    response = in_json({"error": reason}, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _invalid(request: Request, error: Any) -> Response:
    return in_json({"error": in_one_line(error.errors())}, 422)


async def _gone(request: Request, error: Any) -> Response:
    """Answer nobody: the client has gone before its body was there."""
    return Response(status_code=499)
