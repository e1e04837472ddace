"""All files of an evaluation."""

from ctckit.evaluation.evaluation import Evaluation
from ctckit.report.grid import predictions_grid, save_png
from ctckit.report.page.page import save_html
from ctckit.run_folder import ReportFiles


def save_report(evaluation: Evaluation, files: ReportFiles) -> None:
    """Write the predictions, their picture, the figures and the page, each whole or not at all.

    Raises:
        InputError: an image cannot be read any more, or nothing can be written there.
    """
    evaluation.to_csv(files.predictions)
    save_png(files.picture, predictions_grid(evaluation))
    evaluation.to_json(files.figures)
    save_html(evaluation, files.page)
