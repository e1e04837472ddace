"""The lists of a run: which images it learned from, and which were held back."""

from collections.abc import Sequence

from ctckit.data.samples import Sample, write_csv
from ctckit.image.address import absolute, file_of
from ctckit.images_root import ImagesRoot, common_root
from ctckit.run_folder import RunFolder


def write_lists(
    run: RunFolder,
    train: Sequence[Sample],
    val: Sequence[Sample],
    test: Sequence[Sample] = (),
) -> None:
    """Write `train.csv`, `val.csv` and, where there is such a part, `test.csv` of a run.

    They name the images relative to the folder that holds them all, and `images.json` tells where
    it is, so that run and images can be moved. Where no folder holds all of them, as on two
    drives of Windows, the addresses are absolute.

    Raises:
        InputError: nothing can be written there.
    """
    files = {file_of(absolute(sample.image)) for part in (train, val, test) for sample in part}
    root = common_root(files)
    if root is not None:
        ImagesRoot.seen_from(run.path, root).save(run.path)
    write_csv(train, run.train_csv, root=root)
    write_csv(val, run.val_csv, root=root)
    if test:
        write_csv(test, run.test_csv, root=root)
