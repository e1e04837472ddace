"""`ctckit export`: the same model in another form."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from ctckit.cli.labelled_images import labelled_images
from ctckit.cli.results import tell_records
from ctckit.errors import InputError, nearest_name
from ctckit.hub import is_hub_address
from ctckit.inference.session import find_model_file
from ctckit.run_folder import RunFolder, file_of_form
from ctckit.sources.options import SourceOptions
from ctckit.terminal import show

FORMS = ("reader", "float16", "int8", "tflite")


@dataclass(frozen=True)
class Export:
    """Write a model in another form beside it.

    reader takes images of any size and returns text, in any language; float16 has half the size;
    int8 is for onnxruntime only. A smaller form is not written if it reads worse. tflite is for
    LiteRT, on phones, and made of the model.keras of a run; it is not written if it reads any
    image otherwise.
    """

    file: Path | None = field(default=None, metadata={"positional": True})
    """An .onnx file in the network form, or the folder of a run."""
    form: str = "reader"
    """reader, float16, int8 or tflite."""
    widths: tuple[int, ...] = ()
    """Widths of the images that a .tflite file takes, pixels, where each image has its own: it is
    filled up to the next one. Without it, as wide as a quarter, a half, three quarters and all of
    the images compared."""
    dataset: Path | None = None
    """Labelled images to compare another form on; without it, the val.csv of the run."""
    csv: Path | None = None
    """The same as --dataset."""
    images_root: str | None = None
    """Folder where the images of a list are now, if they were moved."""
    output: Path | None = None
    """File to write; without it, model.<form>.onnx, or model.tflite, beside the model."""

    def __post_init__(self) -> None:
        """Refuse another form."""
        if self.form not in FORMS:
            raise InputError(
                f"expected one of {', '.join(FORMS)}, received '{self.form}'."
                f"{nearest_name(self.form, FORMS)}",
                argument="form",
            )
        if self.widths and self.form != "tflite":
            raise InputError(
                f"expected none for the form {self.form}, received "
                f"{', '.join(map(str, self.widths))}; leave it out, or say --form tflite",
                argument="widths",
            )

    def run(self) -> None:
        """Do it."""
        if self.file is None:
            raise InputError("expected an .onnx file or the folder of a run, received none")
        for package in ("onnx", "tensorflow") if self.form == "tflite" else ("onnx",):
            if find_spec(package) is None:
                raise InputError(
                    f"expected the package {package}, received an installation without it; "
                    f"do: pip install {package}"
                )
        if is_hub_address(self.file) and self.output is None:
            raise InputError("expected a file to write, received none; say one", argument="output")
        source = find_model_file(self.file)
        output = self.output or file_of_form(source, self.form)
        if output.resolve() == source.resolve():
            raise InputError("expected another file than the model itself", argument="output")
        show(
            *self._write(source, output),
            f"{output}  {output.stat().st_size:,} bytes, {source.stat().st_size:,} before",
        )

    def _write(self, source: Path, output: Path) -> list[str]:
        """Write the form; return what is to be told of it."""
        from ctckit import export
        from ctckit.export.smaller import SHRINKERS, AccuracyError

        if self.form == "reader":
            export.export_reader(source, output)
            return []
        images = self.dataset or self.csv or RunFolder(source.parent).val_csv
        samples, missing = labelled_images(images, SourceOptions(images_root=self.images_root))
        tell_records("could not be read", missing)
        try:
            if self.form == "tflite":
                same = export.export_tflite(source, output, samples, widths=self.widths)
                return [
                    f"the same texts of all {same.images:,} images, probabilities within "
                    f"{same.largest_difference:.1g}"
                ]
            comparison = export.export_smaller(source, output, samples, shrink=SHRINKERS[self.form])
        except AccuracyError as error:
            raise InputError(str(error)) from None
        wrong = f"misread {comparison.wrong_after} of {comparison.images} images"
        return [f"{wrong}, {comparison.wrong_before} before"]
