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

FORMS = ("reader", "float16", "int8")


@dataclass(frozen=True)
class Export:
    """Write a model in another form beside it.

    reader takes images of any size and returns text, in any language; float16 has half the size;
    int8 is for onnxruntime only. A smaller form is not written if it reads worse.
    """

    file: Path | None = field(default=None, metadata={"positional": True})
    """An .onnx file in the network form, or the folder of a run."""
    form: str = "reader"
    """reader, float16 or int8."""
    dataset: Path | None = None
    """Labelled images to compare a smaller form on; without it, the val.csv of the run."""
    csv: Path | None = None
    """The same as --dataset."""
    images_root: str | None = None
    """Folder where the images of a list are now, if they were moved."""
    output: Path | None = None
    """File to write; without it, model.<form>.onnx beside the model."""

    def __post_init__(self) -> None:
        """Refuse another form."""
        if self.form not in FORMS:
            raise InputError(
                f"expected one of {', '.join(FORMS)}, received '{self.form}'."
                f"{nearest_name(self.form, FORMS)}",
                argument="form",
            )

    def run(self) -> None:
        """Do it."""
        if self.file is None:
            raise InputError("expected an .onnx file or the folder of a run, received none")
        if find_spec("onnx") is None:
            raise InputError(
                "expected the package onnx, received an installation without it; "
                "do: pip install onnx"
            )
        from ctckit.export.reader_form import export_reader
        from ctckit.export.smaller import SHRINKERS, AccuracyError, export_smaller

        if is_hub_address(self.file) and self.output is None:
            raise InputError("expected a file to write, received none; say one", argument="output")
        source = find_model_file(self.file)
        output = self.output or file_of_form(source, self.form)
        if output.resolve() == source.resolve():
            raise InputError("expected another file than the model itself", argument="output")
        if self.form == "reader":
            export_reader(source, output)
        else:
            images = self.dataset or self.csv or RunFolder(source.parent).val_csv
            options = SourceOptions(images_root=self.images_root)
            samples, missing = labelled_images(images, options)
            tell_records("could not be read", missing)
            try:
                comparison = export_smaller(source, output, samples, shrink=SHRINKERS[self.form])
            except AccuracyError as error:
                raise InputError(str(error)) from None
            show(
                f"misread {comparison.wrong_after} of {comparison.images} images, "
                f"{comparison.wrong_before} before"
            )
        show(f"{output}  {output.stat().st_size:,} bytes, {source.stat().st_size:,} before")
