"""Read text with a trained model, and see how well it reads. Needs no TensorFlow.

    python inferenceModel.py                            judge the newest run on its val.csv
    python inferenceModel.py --model FOLDER|FILE.onnx   judge this one
    python inferenceModel.py --dataset FOLDER|ZIP|CSV   on other labelled images
    python inferenceModel.py --images FILES|FOLDER…     print file, text and confidence of each
    python inferenceModel.py --describe FILE.onnx       what a model file says about itself

In Python: ImageToWordModel("Models/…").predict("captcha.png"), from the .onnx file alone.
"""

import sys
from typing import Any

from ctckit import cli, inference


def main() -> None:
    """Do what the command line says."""
    cli.inference_model(description=__doc__)


def __getattr__(name: str) -> Any:
    """Let others import ImageToWordModel from here; OpenCV and onnxruntime load at that point."""
    if name != "ImageToWordModel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return inference.ImageToWordModel


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
