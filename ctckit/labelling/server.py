"""The page on which labels are typed, and what it asks for."""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

import cv2
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from ctckit.errors import InputError
from ctckit.image.decode import ImageReader
from ctckit.labelling.session import Session, Shown

Ask = Callable[[Request], Awaitable[Response]]
LARGEST = 2000  # pixels of the longer side of an image that is shown
FILES = {"": ("index.html", "text/html"), "page.css": ("page.css", "text/css"),
         "page.js": ("page.js", "text/javascript")}  # fmt: skip
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Tab(BaseModel):
    """A tab of a browser."""

    tab: str


class Typed(BaseModel):
    """What was typed for an image."""

    label: str
    state: str


def label_app(session: Session, *, command: str) -> FastAPI:
    """Return the application that shows the images of a sitting and takes their labels.

    Args:
        session: the sitting.
        command: what to type when all is done, to show to people.

    It checks no hosts and no tokens: `ctckit.serve.Guard` does, in front of it.
    """
    app = FastAPI(title="ctckit label", openapi_url=None)
    page = files("ctckit.labelling") / "page"

    @app.exception_handler(InputError)
    def refuse(request: Request, error: InputError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=400)

    @app.exception_handler(RequestValidationError)
    def refuse_form(request: Request, error: RequestValidationError) -> JSONResponse:
        said = "expected what the page sends, received something else; reload the page"
        return JSONResponse({"error": said}, status_code=422)

    @app.middleware("http")
    async def keep_to_ourselves(request: Request, ask: Ask) -> Response:
        answer = await ask(request)
        answer.headers.update(HEADERS)
        return answer

    for path, (name, kind) in FILES.items():
        content = (page / name).read_bytes()
        app.get(f"/{path}")(_sent(content, kind))

    @app.post("/next")
    def next_item(tab: Tab) -> dict[str, Any]:
        shown = session.next(tab.tab)
        return {"item": None if shown is None else _as_json(shown)}

    @app.get("/items/{place}")
    def item(place: int) -> dict[str, Any]:
        return _as_json(session.show(place))

    @app.get("/items/{place}/image")
    def image(place: int) -> Response:
        return Response(png_of(session, place), media_type="image/png")

    @app.post("/items/{place}")
    def write(place: int, typed: Typed) -> dict[str, Any]:
        session.write(place, typed.label, typed.state)
        return {"status": told()}

    @app.post("/items/{place}/later")
    def later(place: int) -> dict[str, Any]:
        session.later(place)
        return {}

    @app.post("/leave")
    def leave(tab: Tab) -> dict[str, Any]:
        session.leave(tab.tab)
        return {}

    @app.get("/status")
    def status() -> dict[str, Any]:
        return told()

    def told() -> dict[str, Any]:
        status = session.status()
        return status._asdict() | {
            "figure": status.figure and status.figure._asdict(),
            "list": str(session.journal.path),
            "command": command,
        }

    return app


def _sent(content: bytes, kind: str) -> Callable[[], Response]:
    return lambda: Response(content, media_type=kind)


def png_of(session: Session, place: int) -> bytes:
    """Return an image as PNG, no larger than a screen shows.

    Raises:
        InputError: there is no such image, or it cannot be opened.
    """
    pixels, _ = ImageReader(3)(session.image(place), "")
    share = LARGEST / max(pixels.shape[:2])
    if share < 1:
        pixels = cv2.resize(pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".png", pixels)[1])


def _as_json(shown: Shown) -> dict[str, Any]:
    item, suggestion, typed = shown.item, shown.suggestion, shown.typed
    known = (typed and typed.label, item.label, suggestion and suggestion.text)
    return {
        "place": shown.place,
        "name": shown.name,
        "text": next((text for text in known if text is not None), ""),
        "characters": suggestion.characters if suggestion else [],
        "label": item.label,
        "reading": suggestion.text if suggestion else None,
        "note": item.note,
        "typed": typed and typed.state,
        "problem": shown.problem,
    }
