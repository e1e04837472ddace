"""What a person reads at the end of a run."""

from pathlib import Path
from shlex import quote

from ctckit.log import format_seconds


def summary(result: dict) -> str:
    """Return the figures of a run, or of a cross-validation, as lines for the terminal.

    Args:
        result: what `train.py --json` prints.
    """
    report = Path(result["run"]) / "report"
    left_out = f", {result['left_out']} left out" if result["left_out"] else ""
    lines = ["", f"Dataset      {result['dataset']}: {result['images']} images{left_out}"]
    if "folds" in result:
        low, high = result["WER_interval"]
        alone = result["misread_by_model"]
        vote = f"Models       {len(alone)} vote; alone they misread {', '.join(map(str, alone))}"
        return "\n".join([
            *lines,
            f"Folds        {result['folds']}; each read by models that never saw it",
            *([vote] if len(alone) > 1 else []),
            f"CER          {result['CER']:.3%}",
            f"WER          {result['WER']:.2%} ({result['misread']} misread; 95 % interval "
            f"{low:.2%} to {high:.2%})",
            f"All texts    {report / 'out_of_fold.csv'}",
            f"Labels to look at, the likeliest errors first  {report / 'label_errors.csv'}",
        ])  # fmt: skip
    models = f"{result['models']} models, " if result["models"] > 1 else ""
    quantized = result["quantized"]
    return "\n".join([
        *lines,
        f"Validation   {result['validation_images']} images held back to choose the epoch: "
        f"CER {result['val_CER']:.2%}, WER {result['val_WER']:.2%}",
        f"Training     {models}{result['epochs']} epochs, "
        f"{format_seconds(result['fit_seconds'])} of fitting",
        f"Keras/ONNX   same texts, probabilities within {result['keras_onnx_difference']:.1g}",
        f"Your reader  {result['onnx']}",
        *([f"Smaller      {quantized}"] if quantized else []),
        f"Pictures     {report}",
        f"Curves       tensorboard --logdir {quote(str(Path(result['run']).parent))}",
        f"Next         python inferenceModel.py --model {quote(result['run'])}",
    ])  # fmt: skip
