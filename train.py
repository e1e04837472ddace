"""Train a network that reads small images of text, and keep it as one ONNX file.

    python train.py                              captcha_images_v2: about 2 minutes on 2 cores
    python train.py --dataset FOLDER|ZIP|CSV     your own images
    python train.py --resume RUN                 go on with a run that did not come to its end
    python train.py --help                       every knob

What comes out is a folder Models/<dataset>_<time>/ with model.onnx, its figures and a report
in pictures. Judge it with `python inferenceModel.py`.
"""

from __future__ import annotations

import sys

import lazy_loader

from configs import ModelConfigs
from ctckit import augment, cli, report, training
from ctckit.inference import ModelMetadata
from ctckit.log import LOGGER
from ctckit.run_folder import RunFolder
from model import make_model

keras = lazy_loader.load("keras")  # at the first use of a name: TensorFlow takes seconds to load


def main() -> None:
    """Train as the command line says: data, network, training, judgement."""
    arguments = cli.parse_training(ModelConfigs, description=__doc__)

    # The images: found, checked, split, and whatever the configuration left open chosen for them.
    with training.open_run(arguments.configs, resume=arguments.resume) as (run, dataset, configs):
        LOGGER.info("starting TensorFlow …")

        # File → ImageReader → ImageResizer → LabelIndexer → LabelPadding → batch.
        provider = training.make_provider(dataset.samples, configs)
        augmentors = augment.augmentors_of(configs.augment)
        later = augment.later_augmentors_of(configs.augment)  # once it reads, in a long run
        train_provider = provider.with_(
            augmentors=augmentors, later_augmentors=later, unlabelled=dataset.unlabelled
        )

        if configs.folds:  # every image read by models that never saw it
            result = training.cross_validate(train_provider, make_model, configs, run)
        else:
            val_provider = provider.with_(dataset=dataset.validation, shuffle=False)  # as they are
            metadata = training.model_metadata(dataset, configs)
            histories = training.train_models(
                make_model, train_provider, val_provider, configs, metadata, run, callbacks
            )
            if not training.is_first_worker():
                return  # of several machines that train together, the first one judges
            result = training.finish_run(
                run, train_provider, val_provider, histories, quantize=configs.quantize
            )
            result |= report.report_test_part(run, dataset.test)  # it had no say in anything before

    if training.is_first_worker():
        cli.show_result(result, dataset, run, as_json=arguments.as_json)


def callbacks(
    run: RunFolder,
    configs: ModelConfigs,
    metadata: ModelMetadata,
    val_provider: training.DataProvider,
) -> list[keras.callbacks.Callback]:
    """Return what happens around the epochs of a model, besides its log and its learning rate."""
    few = len(val_provider.samples) < training.ENOUGH_TO_DECIDE
    best = training.BestCheckpoint(run.checkpoint, keep_last=few)
    everything = [
        best,
        keras.callbacks.TensorBoard(run.tensorboard, write_graph=False, profile_batch=0),
        training.ValidationImages(run.tensorboard, val_provider, metadata.vocabulary),
        training.Model2onnx(run.checkpoint, metadata, best),
        # A Keras callback of your own goes here, such as wandb.integration.keras's
        # WandbMetricsLogger() or mlflow.keras's MlflowCallback().
    ]
    if configs.early_stopping_patience:
        everything.append(
            training.EarlyStopping(
                monitor="val_CER", mode="min", patience=configs.early_stopping_patience
            )
        )
    return everything


if __name__ == "__main__":
    sys.exit(cli.run_command(main))
