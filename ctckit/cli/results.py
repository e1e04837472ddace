"""What a person, or a program, reads at the end of a run or an evaluation."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import Any

from ctckit.data.samples import Dataset, LeftOut
from ctckit.evaluation.errors import count_confusions
from ctckit.evaluation.evaluation import Evaluation
from ctckit.evaluation.words import count_word_errors, has_several_words
from ctckit.log import LOGGER, counted, format_seconds
from ctckit.run_folder import RunFolder
from ctckit.terminal import show, show_json, visible


def show_result(result: dict[str, Any], dataset: Dataset, run: RunFolder, *, as_json: bool) -> None:
    """Print the figures of a run or of a cross-validation, with JSON as the last line if asked.

    Args:
        result: of `finish_run` or `cross_validate`.
        dataset: that was trained on.
        run: where everything is.
        as_json: whether to print it as one JSON object, too.
    """
    result = {
        "dataset": dataset.name,
        "run": str(run.path),
        **result,
        "images": len(dataset.samples) + len(dataset.validation),
        "left_out": len(dataset.left_out),
        "finished_early": run.is_unfinished,
    }
    show(*run_summary(result))
    if run.is_unfinished:
        show(f"Go on        {run.resume_command}")
    if as_json:
        show_json(result)


def run_summary(result: dict[str, Any]) -> list[str]:
    """Return the figures of a run, or of a cross-validation, as lines for the terminal.

    Args:
        result: what `train.py --json` prints.
    """
    run = RunFolder(Path(result["run"]))
    left_out = f", {result['left_out']} left out" if result["left_out"] else ""
    lines = ["", f"Dataset      {result['dataset']}: {result['images']} images{left_out}"]
    if "folds" in result:
        low, high = result["WER_interval"]
        alone = result["misread_by_model"]
        vote = f"Models       {len(alone)} vote; alone they misread {', '.join(map(str, alone))}"
        return [
            *lines,
            f"Folds        {result['folds']}; each read by models that never saw it",
            *([vote] if len(alone) > 1 else []),
            f"CER          {result['CER']:.3%}",
            f"Misread      {result['WER']:.2%} of texts ({result['misread']}; 95 % interval "
            f"{low:.2%} to {high:.2%})",
            f"All texts    {run.out_of_fold}",
            f"Labels to look at, the likeliest errors first  {run.label_errors}",
        ]
    models = f"{result['models']} models, " if result["models"] > 1 else ""
    quantized = result["quantized"]
    return [
        *lines,
        f"Validation   {counted(result['validation_images'], 'image')} not learned from: "
        f"CER {result['val_CER']:.2%}, {result['val_WER']:.2%} of texts misread",
        *_test_line(result),
        f"Training     {models}{result['epochs']} epochs, "
        f"{format_seconds(result['fit_seconds'])} of fitting",
        f"Keras/ONNX   same texts, probabilities within {result['keras_onnx_difference']:.1g}",
        f"Your reader  {result['onnx']}",
        *([f"Smaller      {quantized}"] if quantized else []),
        f"Pictures     {run.report}",
        f"Curves       tensorboard --logdir {quote(str(run.path.parent))}",
        f"Next         {_judge()} --model {quote(result['run'])}",
    ]


def _test_line(result: dict[str, Any]) -> list[str]:
    if "test_images" not in result:
        return []
    return [
        f"Test         {result['test_images']} images that came to test with: "
        f"CER {result['test_CER']:.2%}, {result['test_WER']:.2%} of texts misread"
    ]


def _judge() -> str:
    """Return the command that judges a run: that of the folder one stands in, if there is one."""
    return "python inferenceModel.py" if Path("inferenceModel.py").is_file() else "ctckit evaluate"


def evaluation_result(evaluation: Evaluation, files: dict[str, Path]) -> dict[str, Any]:
    """Return the figures and files of an evaluation, ready for JSON; rates are 0…1."""
    paths = {name: str(file) for name, file in files.items()}
    return {
        **evaluation.figures(),
        **paths,
        "images": evaluation.errors.texts,
        "dataset": paths["images"],
        "csv": paths["images"],  # its name when only CSV files were taken
    }


def evaluation_summary(
    evaluation: Evaluation, files: dict[str, Path], min_confidence: float | None = None
) -> list[str]:
    """Return what a person wants to know: figures, the worst ten images, where the files are."""
    errors = evaluation.errors
    low, high = errors.wer_interval
    return [
        f"CER            {errors.cer:.2%}  ({errors.edits} of {errors.characters} characters)",
        f"texts misread  {errors.wer:.2%}  ({errors.wrong_texts} of {errors.texts} images; "
        f"95 % interval {low:.2%} to {high:.2%})",
        *_words_line(evaluation),
        *_leniency_line(evaluation),
        *_confusions_line(evaluation),
        *_accepted_line(evaluation, min_confidence),
        f"read {errors.texts} images, {evaluation.images_per_second:.0f} images per second",
        "",
        "The worst ten:",
        *_worst_table(evaluation),
        "",
        *(f"{name:<12} {file}" for name, file in files.items()),
    ]


def _words_line(evaluation: Evaluation) -> list[str]:
    if not has_several_words(label for label, _ in evaluation.pairs):
        return []  # a word is a whole text: the share of texts misread says it
    words = count_word_errors(evaluation.pairs)
    return [f"word error rate  {words.rate:.2%}  ({words.edits} of {words.words} words)"]


def _leniency_line(evaluation: Evaluation) -> list[str]:
    ignored = str(evaluation.leniency)
    return [f"what does not count: {ignored}"] if ignored else []


def _confusions_line(evaluation: Evaluation) -> list[str]:
    most = count_confusions(evaluation.pairs)[:8]
    lines = [f"most frequent  {', '.join(map(str, most))}"] if most else []
    return [*lines, str(evaluation.mix_up)] if evaluation.mix_up else lines


def _accepted_line(evaluation: Evaluation, min_confidence: float | None) -> list[str]:
    if min_confidence is None:
        return []
    accepted = [p for p in evaluation.predictions if p.confidence >= min_confidence]
    wrong = sum(not prediction.is_right for prediction in accepted)
    look = len(evaluation.predictions) - len(accepted)
    return [
        f"from a confidence of {min_confidence:g} on: {len(accepted)} images, {wrong} misread; "
        f"{look} to look at"
    ]


def tell_records(what: str, records: Sequence[LeftOut], limit: int = 20) -> None:
    """Log how many records something happened to, and name the first of them, with the reason."""
    if not records:
        return
    LOGGER.warning("%d image%s %s:", len(records), "s" if len(records) > 1 else "", what)
    for record in records[:limit]:
        LOGGER.warning("  %s: %s", record.image, record.reason)
    if len(records) > limit:
        LOGGER.warning("  … and %d more", len(records) - limit)


def _worst_table(evaluation: Evaluation) -> list[str]:
    """Lay out the worst ten predictions in columns as wide as their longest entry."""
    rows = [("truth", "read", "edits", "confidence", "image")]
    rows += [
        (
            visible(worst.label),
            visible(worst.text),
            str(worst.edits),
            f"{worst.confidence:.3f}",
            visible(worst.image),
        )  # fmt: skip
        for worst in evaluation.worst(10)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)) for row in rows)
    return [f"  {line.rstrip()}" for line in lines]
