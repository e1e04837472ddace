"""The description, the health, the full queue, the names of models."""

import json
import re
import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.serve import Settings, make_app
from ctckit.serve.models import named_files


def test_the_description_is_whole(client):
    served = client(token="s3cret")
    said = served.get("/openapi.json").json()
    assert {"/read", "/health", "/ready", "/metrics", "/v2/models/{name}/infer"} <= {*said["paths"]}
    references = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(said)))
    assert references <= {*said["components"]["schemas"]} and "ReadBody" in references
    read = said["paths"]["/read"]["post"]
    assert {one["name"] for one in read["parameters"]} == {
        "model", "pattern", "length", "lexicon", "min_confidence",
    }  # fmt: skip
    assert "image/*" in read["requestBody"]["content"]
    assert said["security"] == [{"token": []}]
    assert "security" not in client().get("/openapi.json").json()


def test_the_page_of_the_description_needs_no_other_server(client):
    served = client()
    page = served.get("/docs").text
    assert "http://" not in page and "https://" not in page
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert served.get(address).status_code == 200


class Gated(ImageToWordModel):
    """A model that waits at a gate while it reads."""

    gate = None

    def predict_probabilities(self, batch):
        if self.gate:
            assert self.gate.wait(20)
        return super().predict_probabilities(batch)


def until(is_so):
    """Ask again until it is so; a test that asks too often has failed."""
    assert any(is_so() for _ in range(10_000))


def test_a_full_queue_is_told_and_seen(other_reader, png):
    reader = Gated(other_reader.model_path, num_threads=1)
    app = make_app({"gated": reader}, Settings(max_images=2, max_queue=2))
    reader.gate = threading.Event()
    with TestClient(app, base_url="http://127.0.0.1") as served:

        def read(number):
            return served.post("/read", files=[("image", ("a", png("2")))] * number)

        threads = [threading.Thread(target=read, args=[number]) for number in (1, 2)]
        threads[0].start()
        begun = 'ctckit_batch_images_count{model="gated"} 1.0'
        until(lambda: begun in served.get("/metrics").text)
        threads[1].start()
        until(lambda: served.get("/ready").status_code == 503)
        refused = read(1)
        reader.gate.set()
        for thread in threads:
            thread.join()
        assert refused.status_code == 429 and refused.headers["retry-after"] == "1"
        assert "try again later" in refused.json()["error"]
        assert served.get("/ready").status_code == 200
        assert read(1).status_code == 200


def test_models_of_several_networks_and_widths_are_served(other_reader, png):
    """A reader that votes reads as it does alone, and says where the characters are."""
    several = ImageToWordModel("base", characters="2345")
    with TestClient(make_app({"base": several}), base_url="http://127.0.0.1") as served:
        headers = {"content-type": "image/png"}
        (image,) = served.post("/read", content=png("2345"), headers=headers).json()["images"]
    text, confidence = several.read_one(png("2345"))
    assert (image["text"], image["confidence"]) == (text, pytest.approx(confidence, abs=1e-5))
    assert "".join(one["text"] for one in image["characters"]) == text


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (["a/plates.onnx"], {"plates": "a/plates.onnx"}),
        (["Models/run_1", "b=x.onnx"], {"run_1": "Models/run_1", "b": "x.onnx"}),
        (["base"], {"base": "base"}),
        (["hf://owner/name"], {"name": "hf://owner/name"}),
        (["m=a=b.onnx"], {"m": "a=b.onnx"}),
    ],
)
def test_names_of_models(words, files):
    assert named_files(words) == {name: Path(file) for name, file in files.items()}


def test_a_file_with_an_equals_sign_is_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a=b.onnx").touch()
    with pytest.raises(InputError, match="received 'a=b'; write NAME=a=b.onnx"):
        named_files(["a=b.onnx"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x/a.onnx", "y/a.onnx"], "of different names, received 'a' twice; write NAME=y/a.onnx"),
        (["a b=x.onnx"], "a name of letters, digits, .* received 'a b'"),
        (["=x.onnx"], "received ''"),
        (["../x/ä.onnx"], "received 'ä'"),
    ],
)
def test_names_that_cannot_be(words, message):
    with pytest.raises(InputError, match=message):
        named_files(words)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_images": 0}, "max_images: expected 1 or more"),
        ({"max_queue": 3}, "max_queue: expected room for the images of a request, 64, received 3"),
        ({"time_limit_s": float("nan")}, "time_limit_s: expected 0 to 3600, received nan"),
        ({"token": ""}, "token: expected a token without blanks"),
        ({"token": "a b"}, "token: expected a token without blanks"),
        ({"token": "ü"}, "token: expected printable ASCII"),
        ({"log": "text"}, "log: expected one of .* Did you mean 'texts'"),
    ],
)
def test_settings_that_cannot_be(changes, message):
    with pytest.raises(InputError, match=f"^{message}"):
        Settings(**changes)
