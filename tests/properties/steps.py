"""Steps for other processes, which would load TensorFlow if these stood beside a test of it."""

import numpy as np

HEIGHT = 4


def draw(image: str, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Draw noise, in a width of its own: a multiple of 8."""
    number = int(image)
    width = 8 * (1 + number % 5)
    pixels = np.random.default_rng(number).integers(0, 256, (HEIGHT, width, 1), np.uint8)
    return pixels, np.array([int(label)], np.int32)


def cut(image: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut an image to the least width."""
    return image[:, :8], label


def vary(image, label, rng):
    """Add noise, and note its first number in the label."""
    noise = rng.integers(0, 256, image.shape, np.uint8)
    return image + noise, np.append(label, np.int32(noise[0, 0, 0]))
