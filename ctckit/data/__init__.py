"""Labelled images: where they come from, what is wrong with them, and how they are read."""

from ctckit.data.augmentors import (
    Augmentor,
    RandomAffine,
    RandomBlur,
    RandomBrightness,
    RandomElasticTransform,
    RandomErodeDilate,
    RandomNoise,
    RandomRotate,
    RandomScale,
    RandomSharpen,
    RandomShear,
    RandomShift,
    default_augmentors,
)
from ctckit.data.download import default_dataset, fetch_captcha_images
from ctckit.data.leave_out import leave_out_labels, log_left_out, required_steps
from ctckit.data.mltu_adapter import adapt_augmentor, adapt_step, as_augmentor
from ctckit.data.pipeline import Step, apply_steps, image_steps
from ctckit.data.readers import ImageReader
from ctckit.data.samples import Dataset, LeftOut, Sample, write_csv
from ctckit.data.scan import ScanResult, scan
from ctckit.data.sources import load_dataset
from ctckit.data.split import split_folds, split_samples
from ctckit.data.synthetic import generate_captchas
from ctckit.data.transformers import ImageResizer, LabelIndexer, LabelPadding

__all__ = [
    "Augmentor",
    "Dataset",
    "ImageReader",
    "ImageResizer",
    "LabelIndexer",
    "LabelPadding",
    "LeftOut",
    "RandomAffine",
    "RandomBlur",
    "RandomBrightness",
    "RandomElasticTransform",
    "RandomErodeDilate",
    "RandomNoise",
    "RandomRotate",
    "RandomScale",
    "RandomSharpen",
    "RandomShear",
    "RandomShift",
    "Sample",
    "ScanResult",
    "Step",
    "adapt_augmentor",
    "adapt_step",
    "apply_steps",
    "as_augmentor",
    "default_augmentors",
    "default_dataset",
    "fetch_captcha_images",
    "generate_captchas",
    "image_steps",
    "leave_out_labels",
    "load_dataset",
    "log_left_out",
    "required_steps",
    "scan",
    "split_folds",
    "split_samples",
    "write_csv",
]
