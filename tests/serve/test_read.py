"""`POST /read`: what it takes, what it answers, what it refuses."""

import base64
import tempfile

import numpy as np
import pytest

from tests.drawing import write_image
from tests.serve.test_guard import ORIGIN


def in_base64(content):
    return base64.b64encode(content).decode()


def texts(response):
    assert response.status_code == 200, response.text
    return [image.get("text") for image in response.json()["images"]]


def post(client, content, **options):
    return client.post("/read", content=content, headers={"content-type": "image/png"}, **options)


def test_an_image_as_it_is(client, png):
    answer = post(client(), png("2345")).json()
    assert answer["model"] == "stripes"
    (image,) = answer["images"]
    assert image["text"] == "2345" and 0 < image["confidence"] <= 1 and "accepted" not in image
    first = image["characters"][0]
    assert [one["text"] for one in image["characters"]] == [*"2345"]
    assert (first["start"], first["end"]) == (2 / 40, 5 / 40) and 0 < first["probability"] <= 1


def test_a_form_with_one_image_or_several(client, png):
    files = [("image", (f"{text}.png", png(text), "image/png")) for text in ("22", "345", "5")]
    served = client()
    assert texts(served.post("/read", files=files[:1])) == ["22"]
    assert texts(served.post("/read", files=files)) == ["22", "345", "5"]


def test_files_of_a_form_stay_in_memory(client, png, monkeypatch):
    """However large: in a container there may be no place for temporary files."""

    def refuse(*_, **__):
        raise OSError("read-only file system")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    files = [("image", ("a", png("22"))), ("image", ("b", bytes(3_000_000)))]
    assert texts(client().post("/read", files=files)) == ["22", None]


def test_json_with_base64(client, png):
    served = client()
    one, two = in_base64(png("22")), in_base64(png("345"))
    assert texts(served.post("/read", json={"image": one})) == ["22"]
    assert texts(served.post("/read", json={"images": [two, one, two]})) == ["345", "22", "345"]


def test_images_of_very_different_widths_come_in_their_order(client, png):
    widths = {"2": 8, "345": 800, "23": 16, "5432": 40, "44": 64}
    files = [("image", (text, png(text, width))) for text, width in widths.items()]
    response = client().post("/read", files=files)
    assert texts(response) == list(widths)
    wide = response.json()["images"][1]["characters"][-1]
    assert wide["end"] == pytest.approx(15 / 800, abs=1e-4)  # of the own width, in any company


def test_one_that_cannot_be_read_is_named_in_its_place(client, png):
    files = [("image", ("a", png("22"))), ("image", ("b", b"none")), ("image", ("c", png("5")))]
    response = client().post("/read", files=files)
    assert texts(response) == ["22", None, "5"]
    assert response.json()["images"][1] == {
        "error": "cannot read the given image: not an image, or a damaged one"
    }
    assert post(client(), b"none").status_code == 422


@pytest.mark.parametrize(("least", "accepted"), [(0, True), (1, False)])
def test_accepted_by_the_server_or_by_the_request(client, png, least, accepted):
    (image,) = post(client(min_confidence=least), png("22")).json()["images"]
    assert image["accepted"] is accepted
    served = client(min_confidence=1 - least)
    (image,) = post(served, png("22"), params={"min_confidence": least}).json()["images"]
    assert image["accepted"] is accepted


def test_a_model_is_chosen_by_its_name(client, png):
    served = client()
    assert post(served, png("22"), params={"model": "others"}).json()["model"] == "others"
    refused = post(served, png("22"), params={"model": "stripe"})
    assert refused.status_code == 404
    assert refused.json()["error"] == (
        "expected the name of a model, one of stripes, others, received 'stripe'. "
        "Did you mean 'stripes'?"
    )


KNOWN = [
    ({"pattern": "[23]{2}4"}, "234"),
    ({"length": "2"}, None),
    ({"length": "1-3"}, None),
    ({"lexicon": ["5", "2342"]}, "2342"),
    ({"pattern": "2.*", "length": "4", "lexicon": ["2345", "3345"]}, "2345"),
]


@pytest.mark.parametrize(("said", "expected"), KNOWN)
def test_what_is_known_stands_in_the_address_the_form_or_the_json(client, png, said, expected):
    served, image = client(), png("2345")
    read = {
        tuple(texts(post(served, image, params=said))),
        tuple(texts(served.post("/read", files={"image": image}, data=said))),
        tuple(texts(served.post("/read", json={"image": in_base64(image), **said}))),
    }
    ((text,),) = read  # the same thrice
    assert text == expected or (expected is None and len(text) in (1, 2, 3))


def test_a_lexicon_of_a_form_may_be_a_file(client, png):
    files = {"image": png("2345"), "lexicon": ("words.txt", b"22\n\n 2344 \n")}
    assert texts(client().post("/read", files=files)) == ["2344"]


def test_the_body_goes_before_the_address(client, png):
    said = {"image": in_base64(png("2345")), "length": 1}
    assert len(texts(client().post("/read", json=said, params={"length": "3"}))[0]) == 1


BAD = [
    ({"content": b"", "headers": {"content-type": "image/png"}}, 422, "expected 1 to 64 images"),
    ({"content": b"a", "headers": {"content-type": "text/csv"}}, 415, "Content-Type of image/*"),
    ({"content": b"a"}, 415, "received none"),
    ({"json": [1]}, 422, "expected a JSON object"),
    ({"content": b"{", "headers": {"content-type": "application/json"}}, 422, "a JSON object"),
    ({"content": b"[" * 10**5, "headers": {"content-type": "application/json"}}, 422, "a JSON"),
    ({"json": {"image": "a b"}}, 422, "expected an image file in base64"),
    ({"json": {"image": 3}}, 422, "image: input should be a valid string"),
    ({"json": {"picture": "a"}}, 422, "picture: expected no such field"),
    ({"json": {"image": "", "length": "x"}}, 422, "length: expected a number such as 5, or 4-6"),
    ({"json": {"image": "", "length": "9-2"}}, 422, "expected a length of 1 or more"),
    ({"json": {"image": "", "length": "0-9999999"}}, 422, "allow shorter texts"),
    ({"json": {"image": "", "pattern": "("}}, 422, "pattern: expected a regular expression"),
    ({"json": {"image": "", "pattern": ".*2.{20}"}}, 422, "repeat less in the pattern"),
    ({"json": {"image": "", "pattern": "2" * 501}}, 422, "pattern: string should have at most"),
    ({"json": {"image": "", "pattern": "x"}}, 422, "that some text of the characters"),
    ({"json": {"image": "", "lexicon": ["2", "3" * 70_000]}}, 422, "lexicon: expected up to"),
    ({"json": {"image": "", "lexicon": []}}, 422, "lexicon: expected a lexicon of at least one"),
    ({"json": {"image": "", "min_confidence": 2}}, 422, "min_confidence: input should be less"),
    ({"params": {"lenght": "2"}, "json": {"image": ""}}, 422, "lenght: expected no such field"),
    ({"files": {"photo": b"a"}}, 422, "photo: expected no such field"),
    ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 422, "boundary"),
    ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=b"}}, 422,
     "expected a form"),
    ({"content": b"x", "headers": {"content-type": "image/png", "content-encoding": "gzip"}}, 415,
     "a compressed one"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "status", "message"), BAD)
def test_what_is_wrong_is_told_in_one_line(client, request_, status, message):
    response = client().post("/read", **request_)
    assert (response.status_code, response.json().keys()) == (status, {"error"})
    assert message in response.json()["error"] and "\n" not in response.json()["error"]


def test_limits(client, png, tmp_path):
    large = write_image(tmp_path / "large.png", np.zeros((1100, 1000), np.uint8)).read_bytes()
    assert "1,000,000 pixels, received 1,100,000" in post(client(max_pixels=10**6), large).text
    files = [("image", png("2"))] * 3
    response = client(max_images=2, max_queue=2).post("/read", files=files)
    assert response.status_code in (413, 422) and "2" in response.json()["error"]
    images = {"images": [in_base64(png("2"))] * 3}
    response = client(max_images=2, max_queue=2).post("/read", json=images)
    assert response.status_code == 413 and "expected 1 to 2 images, received 3" in response.text


@pytest.mark.parametrize("stated", [True, False])
def test_a_body_that_is_too_large_is_not_taken(client, stated):
    taken = []

    def body():
        for _ in range(100):
            taken.append(1)
            yield bytes(100_000)

    content = bytes(1_000_001) if stated else body()
    response = post(client(max_body_mb=1), content)
    assert response.status_code == 413 and response.headers["connection"] == "close"
    assert "up to 1,000,000 bytes" in response.json()["error"]


def test_bodies_of_all_requests_together(client, png):
    served = client(max_waiting_mb=1, max_body_mb=2)
    for _ in range(3):  # what is answered takes no more room
        assert post(served, bytes(900_000)).status_code == 422
        response = post(served, bytes(1_100_000))
        assert response.status_code == 429 and response.headers["retry-after"] == "1"
        assert "more than there is memory for" in response.json()["error"]
    assert texts(post(served, png("22"))) == ["22"]


def test_an_address_that_is_not_there(client):
    assert "see /docs" in client().get("/nowhere").json()["error"]
    assert "expected another method" in client().get("/read").json()["error"]


def test_an_image_is_never_an_address(client, tmp_path, png):
    """What a request brings is content: no name of a file leads anywhere."""
    png("2345")
    response = post(client(), str(tmp_path / "2345.png").encode())
    assert response.status_code == 422 and "not an image" in response.text


def test_no_page_of_another_site_may_ask(client, png):
    headers = {"content-type": "image/png", "origin": "http://evil.example"}
    response = client().post("/read", content=png("2"), headers=headers)
    assert response.status_code == 403 and ORIGIN in response.json()["error"]
    assert not [name for name in response.headers if name.startswith("access-control")]
