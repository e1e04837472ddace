"""A handler of FastAPI around mltu's inference loop, and nothing else: what people write at first.

python -m benchmarks.bare_server model.onnx 'CHARACTERS' 8001
"""

import sys

import cv2
import numpy as np
import uvicorn
from fastapi import FastAPI, Request

from benchmarks.mltu_reader import MltuReader


def bare_app(reader: MltuReader) -> FastAPI:
    """Return an application that answers POST /read."""
    app = FastAPI()

    @app.post("/read")
    async def read(request: Request) -> dict[str, str]:
        """Read the one image that is the body."""
        content = np.frombuffer(await request.body(), np.uint8)
        return {"text": reader.predict(cv2.imdecode(content, cv2.IMREAD_COLOR))}

    return app


if __name__ == "__main__":
    model, characters, port = sys.argv[1:]
    app = bare_app(MltuReader(characters, model))
    uvicorn.run(app, port=int(port), log_level="warning", access_log=False)
