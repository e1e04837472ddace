import ast
import builtins
import secrets
from importlib.metadata import version
from pathlib import Path

import captcha.image
import pytest

from ctckit.errors import InputError
from ctckit.image.decode import ImageReader
from ctckit.sources.layouts import open_dataset
from ctckit.sources.stand_in import _SeededSecrets, generate_captchas

WRITTEN_FOR = "0.7.1"  # the version of captcha that `_seeded_captcha` was written for


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_form(tmp_path):
    folder = generate_captchas(tmp_path / "set", count=20)
    dataset = open_dataset(folder)
    labels = [sample.label for sample in dataset.samples]
    assert len(set(labels)) == 20
    assert {len(label) for label in labels} == {5}
    assert set("".join(labels)) <= set("2345678bcdefgmnpwxy")
    assert ImageReader()(dataset.samples[0].image, "")[0].shape == (50, 200, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_same_seed_same_bytes_other_seed_others(tmp_path):
    first = content(generate_captchas(tmp_path / "a", count=8))
    assert content(generate_captchas(tmp_path / "b", count=8)) == first
    assert content(generate_captchas(tmp_path / "c", count=8, seed=1)) != first


def test_captcha_draws_all_its_randomness_from_what_is_replaced():
    """`_seeded_captcha` puts another `secrets` into the module `captcha.image`."""
    tree = ast.parse(Path(captcha.image.__file__).read_text(encoding="utf-8"))
    called = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "secrets"
    }
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    advice = (
        f"captcha {version('captcha')} draws its randomness in another way than {WRITTEN_FOR}, "
        "which ctckit/sources/stand_in.py was written for: adapt _SeededSecrets there"
    )
    assert getattr(captcha.image, "secrets", None) is secrets, advice
    assert called == set(vars(_SeededSecrets(0))), advice
    assert not imported & {"random", "randint", "uniform", "numpy", "urandom"}, advice


def test_options(tmp_path):
    folder = generate_captchas(
        tmp_path / "set", count=4, height=40, width=90, length=2, characters="ab"
    )
    assert {path.stem for path in folder.glob("*.png")} == {"aa", "ab", "ba", "bb"}
    assert ImageReader()(folder / "ab.png", "")[0].shape == (40, 90, 3)


def test_the_randomness_of_captcha_is_put_back(tmp_path):
    generate_captchas(tmp_path / "set", count=1)
    assert captcha.image.secrets is secrets


def test_complete_folder_is_reused(tmp_path):
    folder = generate_captchas(tmp_path / "set", count=3)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    generate_captchas(tmp_path / "set", count=3)
    assert before == {path: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_folder_of_another_recipe_or_with_a_gap_is_not_taken_for_it(tmp_path):
    folder = generate_captchas(tmp_path / "set", count=3)
    with pytest.raises(InputError, match="holds something else"):
        generate_captchas(folder, count=4)
    next(folder.glob("*.png")).unlink()
    with pytest.raises(InputError, match="holds something else"):
        generate_captchas(folder, count=3)


def test_interrupted_drawing_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(captcha.image.ImageCaptcha, "generate_image", interrupt)
    with pytest.raises(KeyboardInterrupt):
        generate_captchas(tmp_path / "set", count=3)
    assert not list(tmp_path.iterdir())
    assert captcha.image.secrets is secrets


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 5, "length": 2, "characters": "ab"}, "expected 1 to 4 images .* count 5"),
        ({"count": 5, "length": 1, "characters": "aabb"}, "expected 1 to 2 images"),
        ({"count": 0}, "count 0"),
        ({"characters": ""}, "expected letters and digits as characters, received ''"),
        ({"characters": "a/b"}, "expected letters and digits as characters, received 'a/b'"),
    ],
)
def test_bad_arguments(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        generate_captchas(tmp_path / "set", **options)
    assert not list(tmp_path.iterdir())


def test_package_is_missing(tmp_path, monkeypatch):
    original = builtins.__import__

    def refuse(name, *arguments):
        if name.startswith("captcha"):
            raise ImportError(name)
        return original(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match="pip install captcha"):
        generate_captchas(tmp_path / "set", count=1)
    assert not list(tmp_path.iterdir())
