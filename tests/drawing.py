"""Draw small text images for the tests, so that none has to be shipped."""

from pathlib import Path

import cv2
import numpy as np

CHARACTERS = "23456"


def draw_text(text: str, *, height: int = 32, width: int = 96, seed: int = 0) -> np.ndarray:
    """Draw `text` in dark on light with a little noise: uint8 (height, width, 3), BGR."""
    rng = np.random.default_rng([seed, *map(ord, text)])
    image = np.full((height, width, 3), 235, np.uint8)
    step = (width - 12) / max(len(text), 1)
    for index, character in enumerate(text):
        origin = (int(6 + index * step), int(height * 0.75) + int(rng.integers(-2, 3)))
        cv2.putText(
            image, character, origin, cv2.FONT_HERSHEY_SIMPLEX, height / 40, (30, 30, 30), 2
        )
    noise = rng.normal(0, 4, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def write_image(path: Path, image: np.ndarray) -> Path:
    """Encode `image` by the suffix of `path` and write it; works for names in any script."""
    ok, data = cv2.imencode(path.suffix, image)
    assert ok, path
    path.write_bytes(data.tobytes())
    return path


def draw_folder(folder: Path, *, count: int, length: int = 4, seed: int = 0) -> list[str]:
    """Write `count` PNG files named after their different random texts; return the texts."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    texts: list[str] = []
    while len(texts) < count:
        text = "".join(rng.choice(list(CHARACTERS), length))
        if text not in texts:
            write_image(folder / f"{text}.png", draw_text(text, seed=seed))
            texts.append(text)
    return texts
