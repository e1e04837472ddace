"""What a server answers, for its description and its examples."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ctckit.errors import InputError
from ctckit.serve.reading import Found

EXAMPLE: dict[str, Any] = {
    "model": "plates",
    "images": [
        {
            "text": "x7k",
            "confidence": 0.9981,
            "accepted": True,
            "characters": [
                {"text": "x", "probability": 0.9999, "start": 0.12, "end": 0.24},
                {"text": "7", "probability": 0.9987, "start": 0.4, "end": 0.48},
                {"text": "k", "probability": 0.9998, "start": 0.68, "end": 0.8},
            ],
        },
        {"error": "cannot read the given image: not an image, or a damaged one"},
    ],
}


class CharacterAnswer(BaseModel):
    """A character, how probable it is, and where it stands in the image."""

    text: str
    probability: float = Field(ge=0, le=1)
    start: float = Field(description="Left end, 0 to 1 of the width of the image.")
    end: float = Field(description="Right end.")


class ImageAnswer(BaseModel):
    """What was read in an image, or why it cannot be read."""

    text: str | None = None
    confidence: float | None = Field(default=None, ge=0, le=1)
    accepted: bool | None = Field(
        default=None, description="Whether the confidence is as high as asked for; only if it was."
    )
    characters: list[CharacterAnswer] | None = None
    error: str | None = None


class ReadAnswer(BaseModel):
    """What was read, image by image, in their order."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    model: str
    images: list[ImageAnswer]


class Refusal(BaseModel):
    """Why a request is not answered, in one line."""

    error: str


def image_answer(answer: Found | InputError, min_confidence: float | None) -> dict[str, object]:
    """Return what to say of an image, ready for JSON."""
    if isinstance(answer, InputError):
        return {"error": str(answer)}
    text, confidence = answer.reading
    said: dict[str, object] = {"text": text, "confidence": round(confidence, 6)}
    if min_confidence is not None:
        said["accepted"] = confidence >= min_confidence
    said["characters"] = [
        {
            "text": one.text, "probability": round(one.probability, 6),
            "start": round(one.start, 4), "end": round(one.end, 4),
        }
        for one in answer.characters
    ]  # fmt: skip
    return said
