"""Several models in one file, also where Ctrl-C comes between two of them."""

import keras
import pytest

import train
from configs import ModelConfigs
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.session import OnnxInferenceModel
from ctckit.run_folder import RunFolder
from tests.training.networks import HEIGHT, VOCABULARY, WIDTH, drawn_providers, small_network

METADATA = ModelMetadata(
    vocabulary=VOCABULARY, height=HEIGHT, width=WIDTH, channels=1, keep_aspect_ratio=False
)


@pytest.fixture
def fit_three(tmp_path, monkeypatch):
    """Train three models into `tmp_path`, with Ctrl-C when the one of that number begins.

    Returns histories and seeds; no histories if the interrupt ended the run.
    """
    providers = drawn_providers(tmp_path / "drawn")
    seeds = []

    def interrupted_at(number: int | None) -> tuple[list | None, list]:
        def fit(train_provider, val_provider, metadata, configs, run, interrupt):
            if run.path.name == f"member_{number}":
                raise KeyboardInterrupt
            seeds.append((train_provider.seed, metadata.extra["seed"]))
            keras.utils.set_random_seed(configs.seed)
            small_network(heads=1).save(run.checkpoint)
            return [{"seconds": 1.0}]

        monkeypatch.setattr(train, "fit", fit)
        configs = ModelConfigs(models=3, seed=5)
        try:
            return train.fit_all(*providers, METADATA, configs, RunFolder(tmp_path)), seeds
        except KeyboardInterrupt:  # would end pytest, too
            return None, seeds

    return interrupted_at


@pytest.mark.parametrize(("number", "kept"), [(None, 3), (3, 2), (2, 1)])
def test_models_finished_before_an_interrupt_are_kept(tmp_path, fit_three, number, kept):
    histories, seeds = fit_three(number)
    assert len(histories) == kept
    assert seeds == [(seed, seed) for seed in range(5, 5 + kept)]
    model = OnnxInferenceModel(tmp_path / "model.onnx")
    assert model.metadata.extra["models"] == kept
    members = model.session.get_outputs()[0].shape[1:-2]
    assert members == ([kept] if kept > 1 else [])


def test_an_interrupt_before_the_first_model_is_finished_ends_the_run(tmp_path, fit_three):
    assert fit_three(1) == (None, [])
    assert not (tmp_path / "model.onnx").exists()
