"""All files of an evaluation."""

from collections.abc import Sequence
from typing import Any

from ctckit.data.samples import Sample
from ctckit.evaluation.evaluation import Evaluation
from ctckit.evaluation.one_pass import evaluate
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER
from ctckit.report.card import save_card
from ctckit.report.grid import predictions_grid, save_png
from ctckit.report.page.page import save_html
from ctckit.run_folder import ReportFiles, RunFolder


def save_report(evaluation: Evaluation, files: ReportFiles) -> None:
    """Write the predictions, their picture, the figures and the page, each whole or not at all.

    Raises:
        InputError: an image cannot be read any more, or nothing can be written there.
    """
    evaluation.to_csv(files.predictions)
    save_png(files.picture, predictions_grid(evaluation))
    evaluation.to_json(files.figures)
    save_html(evaluation, files.page)


def report_test_part(run: RunFolder, samples: Sequence[Sample]) -> dict[str, Any]:
    """Judge the finished model of a run on the part that came to test with, and save the report.

    Nothing of that part was used to train, to choose the epoch or to calibrate, so these are fair
    figures. The report is `run.test_evaluation`: `report/test_predictions.csv` and its like; the
    card of the run has them, too.

    Args:
        run: folder with a finished `model.onnx`.
        samples: of the test part; may be empty.

    Returns:
        Figures to add to those of the run, ready for JSON: `test_images`, `test_CER`, `test_WER`
        (the share of texts misread), `test_word_error_rate`; nothing where there is no sample.

    Raises:
        InputError: an image cannot be read any more, or nothing can be written there.
    """
    if not samples:
        return {}
    evaluation = evaluate(ImageToWordModel(run.onnx), samples, skip_unreadable=True)
    for record in evaluation.unreadable:
        LOGGER.warning("not tested with: %s: %s", record.image, record.reason)
    save_report(evaluation, run.test_evaluation)
    save_card(run)
    figures = evaluation.figures(num_worst=0)
    return {
        "test_images": figures["images"],
        "test_CER": figures["CER"],
        "test_WER": figures["WER"],
        "test_word_error_rate": figures["word_error_rate"],
    }
