"""Whether the server lives, whether it reads, and what it has counted."""

from fastapi import APIRouter, Response
from starlette.status import HTTP_503_SERVICE_UNAVAILABLE

from ctckit.serve.metrics import CONTENT_TYPE, Metrics
from ctckit.serve.models import ServedModels
from ctckit.serve.read import in_json

OPEN_PATHS = ("/health", "/ready", "/v2/health/live", "/v2/health/ready", "/docs", "/openapi.json")


def health_routes(models: ServedModels, metrics: Metrics) -> APIRouter:
    """Return the routes that tell how the server is."""
    router = APIRouter()

    @router.get("/health", summary="Whether the server lives")
    async def health() -> Response:
        """Answer 200, or 503 where a model has been at one batch for too long: start it anew."""
        return told(not models.stuck)

    @router.get("/ready", summary="Whether the server reads")
    async def ready() -> Response:
        """Answer 200 once the models are loaded, and 503 while no image could wait."""
        return told(not models.stuck and not models.full)

    @router.get("/metrics", summary="What was counted, for Prometheus")
    async def counted() -> Response:
        """Tell requests, images, seconds, queues and confidences."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return router


def told(good: bool) -> Response:
    """Return an answer that says yes or no."""
    status = 200 if good else HTTP_503_SERVICE_UNAVAILABLE
    return in_json({"status": "ok" if good else "unavailable"}, status)
