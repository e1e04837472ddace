import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from ctckit.inference.reader import ImageToWordModel
from ctckit.labelling.journal import Journal
from ctckit.labelling.server import LARGEST, label_app
from ctckit.labelling.session import Item, Session
from tests.drawing import write_image
from tests.inference.tiny_model import draw_stripes, write_model

TEXTS = ("234", "345", "22")


@pytest.fixture
def client(tmp_path):
    """Ask a server that shows three images, the last of which has a label that is wrong."""
    folder = tmp_path / "images"
    folder.mkdir()
    images = [str(write_image(folder / f"{t}.png", draw_stripes(t))) for t in TEXTS]
    reader = ImageToWordModel(write_model(tmp_path / "stripes.onnx"))
    items = [Item(images[0]), Item(images[1]), Item(images[2], "33", "22", "misread")]
    with Journal.opened(folder / "labels.csv") as journal:
        session = Session(items, journal, reader=reader)
        yield TestClient(label_app(session, command="ctckit train"))


def next_item(client, tab="one"):
    return client.post("/next", json={"tab": tab}).json()["item"]


def write(client, place, label, state="labelled"):
    return client.post(f"/items/{place}", json={"label": label, "state": state})


@pytest.mark.parametrize(
    ("path", "kind"), [("/", "html"), ("/page.css", "css"), ("/page.js", "javascript")]
)
def test_the_page_may_load_its_own_parts_and_nothing_else(client, path, kind):
    answer = client.get(path)
    assert answer.status_code == 200 and kind in answer.headers["content-type"]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "http://" not in answer.text and "https://" not in answer.text
    assert "style=" not in answer.text and "<script>" not in answer.text


def test_the_way_of_a_label(client):
    item = next_item(client)
    assert (item["name"], item["text"], item["reading"]) == ("234.png", "234", "234")
    status = write(client, item["place"], "234").json()["status"]
    assert (status["labels"], status["images"], status["right_lately"]) == (1, 3, 1)
    assert next_item(client)["name"] == "345.png"
    again = client.get("/items/0").json()
    assert (again["text"], again["typed"]) == ("234", "labelled")


def test_a_label_and_a_reading_stand_side_by_side(client):
    item = client.get("/items/2").json()
    assert (item["label"], item["reading"], item["text"]) == ("33", "22", "33")
    assert item["note"] == "misread"


def test_until_all_are_done(client):
    for place in range(3):
        write(client, place, "", "unreadable")
    assert next_item(client) is None
    status = client.get("/status").json()
    assert status["others"] == 3 and status["command"] == "ctckit train"
    assert status["list"].endswith("labels.csv")


def test_later_and_leaving(client):
    assert next_item(client)["place"] == 0
    client.post("/items/0/later", json={})
    assert next_item(client)["place"] == 1
    client.post("/leave", json={"tab": "one"})
    assert next_item(client, "two")["place"] == 1


def test_images_are_sent_as_png_no_larger_than_a_screen(client, tmp_path):
    answer = client.get("/items/0/image")
    assert answer.headers["content-type"] == "image/png"
    sent = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert sent.shape[:2] == draw_stripes("234").shape[:2]
    write_image(tmp_path / "images" / "345.png", np.zeros((20, 2 * LARGEST), np.uint8))
    sent = cv2.imdecode(
        np.frombuffer(client.get("/items/1/image").content, np.uint8), cv2.IMREAD_COLOR
    )
    assert sent.shape[:2] == (10, LARGEST)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get("/items/3"),
        lambda client: client.get("/items/-1/image"),
        lambda client: write(client, 9, "a"),
        lambda client: write(client, 0, ""),
        lambda client: write(client, 0, "a", "odd"),
        lambda client: client.post("/items/9/later", json={}),
    ],
)
def test_what_cannot_be_is_one_line(client, ask):
    answer = ask(client)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("expected")
    assert "\n" not in answer.json()["error"]


def test_no_other_page_learns_anything(client):
    for path in ("/", "/status", "/items/0/image", "/items/99"):
        headers = client.get(path).headers
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"


def test_what_the_page_never_sends_is_one_line(client):
    answer = client.post("/next", json={"tab": 3})
    assert answer.status_code == 422 and "reload the page" in answer.json()["error"]


def test_an_image_that_is_gone(client, tmp_path):
    (tmp_path / "images" / "234.png").unlink()
    assert "234.png" in next_item(client)["problem"]
    assert client.get("/items/0/image").status_code == 400


def test_there_is_no_description_for_strangers(client):
    assert client.get("/openapi.json").status_code == 404
    assert client.get("/docs").status_code == 404
