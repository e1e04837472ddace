"""Labelled images: what they are, what is wrong with them, and how they are split."""

from ctckit.lazy import attach

_MOVED_WITH_0_2 = {
    "ctckit.augment": """
        Augmentor RandomAffine RandomBlur RandomBrightness RandomElasticTransform RandomErodeDilate
        RandomNoise RandomRotate RandomScale RandomSharpen RandomShear RandomShift as_augmentor
        default_augmentors
    """,
    "ctckit.image": "ImageReader ImageResizer Step apply_steps image_steps",
    "ctckit.sources": "default_dataset fetch_captcha_images generate_captchas load_dataset",
    "ctckit.compat": "adapt_augmentor adapt_step",
}

__getattr__, __dir__, __all__ = attach(__name__, __file__, _MOVED_WITH_0_2)
