"""What is counted, what is logged, and that nothing takes for ever."""

import asyncio
import re

import pytest
from fastapi import HTTPException, Request

from ctckit.log import LOGGER, setup_logging
from ctckit.serve import Settings, make_app
from ctckit.serve.bodies import whole_body
from ctckit.serve.metrics import Metrics
from ctckit.serve.observed import Observed
from tests.serve.conftest import run


@pytest.fixture
def logged(capsys):
    """Return what the log says, by now."""
    setup_logging()
    yield lambda: capsys.readouterr().err
    LOGGER.handlers.clear()
    LOGGER.propagate = True


def read(client, content, **options):
    return client.post("/read", content=content, headers={"content-type": "image/png"}, **options)


def figure(client, name):
    """Return a figure of the metrics by its name and labels."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else None


def test_requests_images_and_confidences_are_counted(client, png):
    served = client()
    read(served, png("22")), read(served, png("345")), read(served, b"none")
    served.get("/nowhere"), served.get("/nowhere/else")
    served.get("/v2/models/x")
    assert figure(served, 'ctckit_requests_total{path="/read",status="200"}') == 2
    assert figure(served, 'ctckit_requests_total{path="/read",status="422"}') == 1
    assert figure(served, 'ctckit_requests_total{path="other",status="404"}') == 2
    assert figure(served, 'ctckit_requests_total{path="/v2/models/{name}",status="404"}') == 1
    assert figure(served, 'ctckit_images_total{model="stripes",result="read"}') == 2
    assert figure(served, 'ctckit_images_total{model="stripes",result="unreadable"}') == 1
    assert figure(served, 'ctckit_confidence_count{model="stripes"}') == 2
    assert figure(served, 'ctckit_queue_images{model="stripes"}') == 0
    assert figure(served, 'ctckit_queue_seconds_count{model="stripes"}') == 3
    assert figure(served, 'ctckit_batch_images_sum{model="stripes"}') == 3
    assert figure(served, 'ctckit_request_seconds_count{path="/read"}') == 3


@pytest.mark.parametrize(
    ("log", "read_", "failed"), [("failures", 0, 1), ("requests", 1, 1), ("texts", 1, 1)]
)
def test_the_log_names_requests_and_nothing_of_what_they_bring(client, png, logged, log, read_,
                                                              failed):  # fmt: skip
    served = client(log=log)
    read(served, png("2345"), params={"length": "4", "lexicon": ["2345", "345"]})
    read(served, b"none", params={"length": "4"})
    lines = logged().splitlines()
    assert len([line for line in lines if line.startswith("POST /read  200  ")]) == read_
    assert len([line for line in lines if line.startswith("POST /read  422  ")]) == failed
    assert ("2345" in "".join(lines)) == (log == "texts") and "length" not in "".join(lines)


def test_a_path_steers_no_terminal(client, logged):
    client().get("/%1b[2J%0aPOST%20/read%20%20200")
    assert logged().startswith("GET /\\x1b[2J\\nPOST /read  200  404  ")


def test_a_request_that_takes_too_long_is_told_so():
    sent = []

    async def never(scope, receive, send):
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    app = Observed(never, Metrics(), Settings(time_limit_s=0))
    run(app({"type": "http", "method": "POST", "path": "/read", "headers": []}, None, send))
    assert sent[0]["status"] == 503 and b"expected an answer in time" in sent[1]["body"]


def test_a_body_that_takes_too_long_is_told_so():

    async def receive():
        await asyncio.Event().wait()

    request = Request({"type": "http", "headers": []}, receive)
    with pytest.raises(HTTPException) as refused:
        run(whole_body(request, Settings(time_limit_s=0), lambda size: None))
    assert refused.value.status_code == 408 and refused.value.headers == {"connection": "close"}


def test_a_client_that_goes_before_its_body_is_there_is_nobodys_fault(reader, logged):
    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        pass

    scope = {"type": "http", "method": "POST", "path": "/read", "query_string": b"",
             "headers": [(b"host", b"localhost"), (b"content-type", b"image/png")],
             "root_path": "", "http_version": "1.1", "scheme": "http"}  # fmt: skip
    run(make_app({"stripes": reader})(scope, receive, send))
    assert logged().startswith("POST /read  499")
