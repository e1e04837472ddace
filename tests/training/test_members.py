"""Several models in one file, also where Ctrl-C comes between two of them."""

import keras
import pytest

from configs import ModelConfigs
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.session import OnnxInferenceModel
from ctckit.run_folder import RunFolder
from ctckit.training import members
from tests.training.networks import HEIGHT, VOCABULARY, WIDTH, drawn_providers, small_network

METADATA = ModelMetadata(
    vocabulary=VOCABULARY, height=HEIGHT, width=WIDTH, channels=1, keep_aspect_ratio=False
)


@pytest.fixture
def train_three(tmp_path, monkeypatch):
    """Train three models into `tmp_path`, with Ctrl-C when the one of that number begins.

    Returns histories and seeds; no histories if the interrupt ended the run.
    """
    providers = drawn_providers(tmp_path / "drawn")
    seeds = []

    def interrupted_at(number: int | None) -> tuple[list | None, list]:
        def make_model(configs):
            if len(seeds) + 1 == number:
                raise KeyboardInterrupt
            keras.utils.set_random_seed(configs.seed)
            return small_network(heads=1)

        def fit(model, provider, cycle, *, callbacks, **options):
            model.save(next(item for item in callbacks if isinstance(item, RunFolder)).checkpoint)
            seeds.append(provider.seed)

        monkeypatch.setattr(members, "fit", fit)
        monkeypatch.setattr(members.StateKeeper, "finish", lambda keeper: None)  # no step was done
        configs = ModelConfigs(start_from="none", models=3, seed=5)
        RunFolder(tmp_path).state.mkdir()
        try:
            histories = members.train_models(
                make_model, *providers, configs, METADATA, RunFolder(tmp_path),
                callbacks=lambda run, configs, metadata, val_provider: [run],
            )  # fmt: skip
        except KeyboardInterrupt:  # would end pytest, too
            histories = None
        return histories, seeds

    return interrupted_at


@pytest.mark.slow
@pytest.mark.parametrize(("number", "kept"), [(None, 3), (3, 2), (2, 1)])
def test_models_finished_before_an_interrupt_are_kept(tmp_path, train_three, number, kept):
    histories, seeds = train_three(number)
    assert len(histories) == kept
    assert seeds == list(range(5, 5 + kept))
    model = OnnxInferenceModel(tmp_path / "model.onnx")
    assert model.metadata.extra["models"] == kept
    shape = model.session.get_outputs()[0].shape[1:-2]
    assert shape == ([kept] if kept > 1 else [])
    assert RunFolder(tmp_path).ended_early.exists() == (kept < 3), "the others can be trained yet"


def test_an_interrupt_before_the_first_model_is_finished_ends_the_run(tmp_path, train_three):
    assert train_three(1) == (None, [])
    assert not (tmp_path / "model.onnx").exists()
