"""Which requests are passed on: Host, Origin, token."""

import pytest

from ctckit.serve.bearer import Bearer
from ctckit.serve.guard import Guard
from tests.serve.conftest import run

HOST, ORIGIN, TOKEN = "expected a Host of", "of another site", "expected the header Authorization"


def ask(make, headers, method="POST", path="/read", kind="http"):
    """Return the status that a request gets, or what is sent to a websocket."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": kind, "method": method, "path": path, "headers": raw}
    run(make(app)({**scope}, None, send))
    return sent[0].get("status", sent[0])


GOOD_HOSTS = ["localhost", "localhost:8000", "LOCALHOST:1", "127.0.0.1:8000", "[::1]:8000", "::1",
              "192.168.0.7", "10.0.0.1:80", "reader.example", "Reader.Example:443"]  # fmt: skip
BAD_HOSTS = ["evil.example", "evil.example:8000", "localhost.evil.example", "",
             "127.0.0.1.evil.example", "localhost:8000:1",
             "[evil]:8000", "evil.example#127.0.0.1"]  # fmt: skip


@pytest.mark.parametrize("host", GOOD_HOSTS + BAD_HOSTS)
def test_host(host):
    status = ask(lambda app: Guard(app, ["reader.example"]), [("host", host)])
    assert status == (200 if host in GOOD_HOSTS else 403)


def test_one_host_and_no_more():
    assert ask(Guard, []) == 403
    assert ask(Guard, [("host", "localhost"), ("host", "evil.example")]) == 403


HERE = ("host", "localhost:8000")


@pytest.mark.parametrize(
    ("headers", "method", "status"),
    [
        ([], "POST", 200),
        ([("origin", "http://localhost:8000")], "POST", 200),
        ([("origin", "https://LOCALHOST:8000")], "POST", 200),
        ([("origin", "http://localhost:3000")], "POST", 403),
        ([("origin", "http://localhost")], "POST", 403),
        ([("origin", "http://evil.example")], "POST", 403),
        ([("origin", "http://evil.example")], "GET", 403),
        ([("origin", "http://evil.example")], "OPTIONS", 403),
        ([("origin", "null")], "POST", 403),
        ([("origin", "")], "POST", 403),
        ([("origin", "http://localhost:8000"), ("origin", "http://evil.example")], "POST", 403),
        ([("sec-fetch-site", "same-origin")], "POST", 200),
        ([("sec-fetch-site", "none")], "POST", 200),
        ([("sec-fetch-site", "cross-site")], "POST", 403),
        ([("sec-fetch-site", "same-site")], "DELETE", 403),
        ([("sec-fetch-site", "cross-site")], "GET", 200),  # a link to the page
    ],
)
def test_origin(headers, method, status):
    assert ask(Guard, [HERE, *headers], method) == status


def test_a_websocket_is_closed():
    closed = ask(Guard, [HERE, ("origin", "http://evil.example")], kind="websocket")
    assert closed["type"] == "websocket.close"


def with_token(app):
    return Bearer(app, "s3cret", ["/health", "/static/*"])


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("Bearer s3cret", 200), ("bearer s3cret", 200), ("Bearer  s3cret", 200),
        ("Bearer s3cre", 401), ("Bearer s3cret2", 401), ("Bearer ", 401), ("s3cret", 401),
        ("Basic s3cret", 401), ("", 401), ("Bearer é", 401),
    ],
)  # fmt: skip
def test_token(value, status):
    assert ask(with_token, [("authorization", value)]) == status
    twice = [("authorization", "Bearer s3cret"), ("authorization", value)]
    assert ask(with_token, twice) == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [("/health", 200), ("/static/a.js", 200), ("/health/", 401), ("/healthy", 401),
     ("/static", 401), ("/metrics", 401)],
)  # fmt: skip
def test_open_paths(path, status):
    assert ask(with_token, [], "GET", path) == status


def test_a_token_is_asked_for_what_reads_or_tells(client, png):
    served = client(token="s3cret")
    for path in ("/health", "/ready", "/v2/health/live", "/v2/health/ready", "/docs",
                 "/openapi.json", "/static-offline-docs/swagger-ui.css"):  # fmt: skip
        assert served.get(path).status_code == 200, path
    for path in ("/metrics", "/v2", "/v2/models/stripes"):
        assert served.get(path).status_code == 401, path
    refused = served.post("/read", content=png("2"), headers={"content-type": "image/png"})
    assert refused.status_code == 401 and TOKEN in refused.json()["error"]
    assert refused.headers["www-authenticate"] == "Bearer"
    for token, status in (("s3cret", 200), ("s3cre", 401)):
        headers = {"content-type": "image/png", "authorization": f"Bearer {token}"}
        assert served.post("/read", content=png("2"), headers=headers).status_code == status


def test_a_name_that_was_not_told_is_refused_before_the_token(client):
    served = client(token="s3cret", allow_host=("reader.example",))
    assert served.get("/health", headers={"host": "evil.example"}).status_code == 403
    assert served.get("/health", headers={"host": "reader.example"}).status_code == 200
