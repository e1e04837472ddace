"""The Open Inference Protocol, as clients of KServe and Triton speak it."""

import base64
import json
import struct

import pytest


def tensor(images, **changes):
    data = [base64.b64encode(image).decode() for image in images]
    return {"name": "image", "shape": [len(data)], "datatype": "BYTES", "data": data} | changes


def infer(client, request, model="stripes", **options):
    return client.post(f"/v2/models/{model}/infer", json=request, **options)


def outputs(response):
    assert response.status_code == 200, response.text
    return {one["name"]: one for one in response.json()["outputs"]}


def test_server_and_models_are_described(client):
    served = client()
    assert served.get("/v2").json()["name"] == "ctckit"
    described = served.get("/v2/models/others").json()
    assert described["inputs"] == [{"name": "image", "datatype": "BYTES", "shape": [-1]}]
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/stripes/ready"):
        assert served.get(path).status_code == 200
    for path in ("/v2/models/x", "/v2/models/x/ready"):
        assert served.get(path).status_code == 404 and "error" in served.get(path).json()


def test_images_are_read(client, png):
    request = {"id": "7", "inputs": [tensor([png("22"), png("345")])]}
    response = infer(client(), request)
    found = outputs(response)
    assert (response.json()["model_name"], response.json()["id"]) == ("stripes", "7")
    assert found["text"] == {
        "name": "text", "datatype": "BYTES", "shape": [2], "data": ["22", "345"],
    }  # fmt: skip
    assert found["confidence"]["datatype"] == "FP32" and len(found["confidence"]["data"]) == 2
    assert "accepted" not in found


def test_parameters_and_outputs(client, png):
    request = {
        "inputs": [tensor([png("2345")])],
        "outputs": [{"name": "accepted"}, {"name": "text"}],
        "parameters": {"length": 2, "min_confidence": 0.0, "binary_data_output": True},
    }
    found = outputs(infer(client(), request))
    assert [*found] == ["accepted", "text"] and found["accepted"]["data"] == [True]
    assert len(found["text"]["data"][0]) == 2


def test_data_may_be_nested_as_the_shape_is(client, png):
    request = {"inputs": [tensor([png("22")])]}
    request["inputs"][0] |= {"data": [request["inputs"][0]["data"]], "shape": [1, 1]}
    assert outputs(infer(client(), request))["text"]["data"] == ["22"]


def in_binary(images, head=None, **headers):
    tail = b"".join(struct.pack("<I", len(image)) + image for image in images)
    said = {"name": "image", "shape": [len(images)], "datatype": "BYTES",
            "parameters": {"binary_data_size": len(tail)}}  # fmt: skip
    first = json.dumps({"inputs": [said]}).encode()
    length = {"inference-header-content-length": str(len(first) if head is None else head)}
    return {"content": first + tail, "headers": length | headers}


def test_images_in_binary_behind_the_json(client, png):
    request = in_binary([png("22"), png("5")])
    response = client().post("/v2/models/stripes/infer", **request)
    assert outputs(response)["text"]["data"] == ["22", "5"]


def test_binary_that_is_cut_off_or_lies_about_its_length(client, png):
    served, request = client(), in_binary([png("22")])
    cut = request | {"content": request["content"][:-1]}
    length = len(request["content"])
    for wrong in (cut, in_binary([png("22")], head=length + 1), in_binary([b""], head="-1")):
        response = served.post("/v2/models/stripes/infer", **wrong)
        assert response.status_code == 422 and "expected" in response.json()["error"]


BAD = [
    ({"inputs": []}, "expected one input 'image'"),
    ({"inputs": [tensor([b""], name="x")]}, "expected one input 'image'"),
    ({"inputs": [tensor([b""], datatype="FP32")]}, "of datatype BYTES"),
    ({"inputs": [tensor([b""], data=[1.5])]}, "in base64"),
    ({"inputs": [tensor([b""], data=["é"])]}, "in base64"),
    ({"inputs": [tensor([])]}, "expected 1 to 64 images"),
    ({"inputs": [tensor([b"none"])]}, "image 0: cannot read the given image"),
    ({"inputs": [tensor([b"none"])], "parameters": {"x": 1}}, "x: expected no such field"),
    ({"inputs": 3}, "inputs: input should be a valid list"),
    ([], "a JSON object with inputs"),
]


@pytest.mark.parametrize(("request_", "message"), BAD)
def test_what_is_wrong_is_told(client, request_, message):
    response = infer(client(), request_)
    assert response.status_code == 422 and message in response.json()["error"]


def test_outputs_that_are_not_there(client, png):
    request = {"inputs": [tensor([png("2")])], "outputs": [{"name": "accepted"}]}
    assert "send min_confidence" in infer(client(), request).json()["error"]
    assert infer(client(), request, model="x").status_code == 404
