import pickle
import subprocess
import sys

import numpy as np
import pytest
from mltu import augmentors, preprocessors, transformers
from mltu.annotations.images import CVImage

from ctckit.augment.base import as_augmentor
from ctckit.augment.sharpness import RandomBlur
from ctckit.compat.adapt import adapt_augmentor, adapt_step
from ctckit.errors import InputError
from ctckit.image.decode import ImageReader
from ctckit.image.steps import apply_steps
from tests.drawing import draw_text, write_image

IMAGE = draw_text("2345", height=40, width=120)
AUGMENTORS = [
    augmentors.RandomBrightness, augmentors.RandomRotate, augmentors.RandomErodeDilate,
    augmentors.RandomSharpen, augmentors.RandomGaussianBlur, augmentors.RandomSaltAndPepper,
    augmentors.RandomMirror, augmentors.RandomFlip, augmentors.RandomDropBlock,
    augmentors.RandomElasticTransform,
]  # fmt: skip


def test_mltus_own_pipeline_gives_plain_arrays(tmp_path):
    path = write_image(tmp_path / "23.png", draw_text("23"))
    steps = [
        preprocessors.ImageReader(CVImage),
        transformers.ImageResizer(80, 20),
        transformers.LabelIndexer(list("23")),
        transformers.LabelPadding(2, 4),
    ]
    image, label = apply_steps([adapt_step(step) for step in steps], str(path), "23")
    assert isinstance(image, np.ndarray)
    assert image.shape == (20, 80, 3)
    assert label.tolist() == [0, 1, 2, 2]


def test_mltus_resizer_after_our_reader_keeps_the_axis_of_grey():
    steps = [ImageReader(1), adapt_step(transformers.ImageResizer(80, 20))]
    assert apply_steps(steps, IMAGE)[0].shape == (20, 80, 1)


@pytest.mark.parametrize(
    ("step", "shape"),
    [
        (transformers.ImageNormalizer(), (40, 120, 3)),
        (transformers.ExpandDims(axis=0), (1, 40, 120, 3)),
        (preprocessors.ImageCropper(100, 30), (30, 100, 3)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_further_steps_of_mltus(step, shape):
    assert adapt_step(step)(IMAGE, "")[0].shape == shape


@pytest.mark.parametrize("content", [None, b"x"], ids=["missing", "corrupt"])
def test_mltus_reader_raises_our_error(tmp_path, content):
    path = tmp_path / "bad.png"
    if content:
        path.write_bytes(content)
    with pytest.raises(InputError, match="cannot read .*bad.png"):
        adapt_step(preprocessors.ImageReader(CVImage))(str(path), "")


def test_other_steps_are_passed_through():
    def step(image, label):
        return image, label

    reader = ImageReader()
    assert adapt_step(step) is step
    assert adapt_step(reader) is reader


def test_classes_derived_from_mltus_are_known():
    class Resizer(transformers.ImageResizer):
        pass

    assert adapt_step(Resizer(60, 20))(IMAGE, "")[0].shape == (20, 60, 3)


@pytest.mark.parametrize("kind", AUGMENTORS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("channels", [1, 3])
def test_mltus_augmentors(kind, channels):
    image = np.ascontiguousarray(IMAGE[..., :channels])
    before, state = image.copy(), np.random.get_state()[1].copy()
    augmentor = adapt_augmentor(kind(random_chance=1.0))
    first, label = augmentor(image, "text", np.random.default_rng(5))
    again, _ = augmentor(image, "text", np.random.default_rng(5))
    assert label == "text"
    assert first.shape == image.shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert np.array_equal(image, before)
    assert np.array_equal(state, np.random.get_state()[1])


def test_the_generator_decides_what_mltus_augmentor_draws():
    augmentor = adapt_augmentor(augmentors.RandomBrightness(random_chance=1.0))
    results = [augmentor(IMAGE, "", np.random.default_rng(seed))[0] for seed in range(3)]
    assert not np.array_equal(results[0], results[1])
    assert not np.array_equal(results[1], results[2])


def test_global_generator_is_put_back_after_an_error():
    class Broken(augmentors.RandomBrightness):
        def __call__(self, image, annotation):
            np.random.rand()
            raise RuntimeError("broken")

    state = np.random.get_state()[1].copy()
    with pytest.raises(RuntimeError, match="broken"):
        adapt_augmentor(Broken())(IMAGE, "", np.random.default_rng(0))
    assert np.array_equal(state, np.random.get_state()[1])


def test_ours_and_functions_of_three_arguments_are_passed_through():
    def augment(image, label, rng):
        return image, label

    blur = RandomBlur()
    assert adapt_augmentor(blur) is blur
    assert adapt_augmentor(augment) is augment


def test_function_of_two_arguments():
    augmentor = as_augmentor(lambda image, label: (255 - image, label))
    image, label = augmentor(IMAGE, "text", np.random.default_rng(0))
    assert np.array_equal(image, 255 - IMAGE)
    assert label == "text"


@pytest.mark.parametrize("function", [lambda image: image, 7, lambda: None])
def test_what_cannot_be_called_so(function):
    with pytest.raises(InputError, match=r"called as \(image, label, rng\) or \(image, label\)"):
        adapt_augmentor(function)


def test_adapted_ones_can_be_pickled_for_worker_processes():
    for adapted in (
        adapt_step(transformers.ImageResizer(80, 20)),
        adapt_augmentor(augmentors.RandomBrightness()),
    ):
        assert pickle.loads(pickle.dumps(adapted))


def test_mltu_is_not_imported_without_need():
    code = (
        "import sys, ctckit.compat as compat, ctckit.augment as augment, ctckit.image as image; "
        "compat.adapt_step(image.ImageReader()); "
        "compat.adapt_augmentor(augment.RandomBlur()); "
        "sys.exit(any(name in sys.modules for name in ('mltu', 'captcha', 'PIL', 'tensorflow')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
