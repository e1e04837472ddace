"""Connections of slow and broken clients, and the end of a server, by real sockets."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ctckit.serve import make_app, patience
from ctckit.serve.server import listen, make_server
from tests.inference.tiny_model import write_image_in, write_model
from tests.serve.conftest import run

ROOT = Path(__file__).parents[2]


def request(body=b"", *headers, path="/read", method="POST"):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Type: image/png",
             f"Content-Length: {len(body)}", *headers]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode() + body


@asynccontextmanager
async def served(app):
    """Serve while the block lasts; lends a function that connects."""
    with listen("127.0.0.1", 0) as listening:
        address = listening.getsockname()
        server = make_server(app)
        task = asyncio.ensure_future(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0)
        yield lambda: asyncio.open_connection(*address), server
        server.should_exit = True
        await task


async def answer(reader):
    """Return status and body of an answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head)[1])
    return int(head.split()[1]), json.loads(await reader.readexactly(length))


async def ends(reader):
    """Wait until the server ends a connection; return what it said."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_headers_that_never_end(reader, monkeypatch, png):
    monkeypatch.setattr(patience, "HEADERS_S", 0.01)

    async def drip():
        async with served(make_app({"stripes": reader})) as (connect, _):
            for first in (b"", b"POST /read HTTP/1.1\r\nHost: loc", request()[:-2]):
                source, sink = await connect()
                sink.write(first)
                assert await ends(source) == b""
            source, sink = await connect()
            sink.write(request(png("22")))  # the limit is for headers, and begins anew with each
            assert (await answer(source))[1]["images"][0]["text"] == "22"
            sink.write(b"POST")
            assert await ends(source) == b""

    run(drip())


def test_headers_without_end_in_size(reader, monkeypatch):
    monkeypatch.setattr(patience, "HEADERS_S", 1e6)

    async def flood():
        async with served(make_app({"stripes": reader})) as (connect, _):
            source, sink = await connect()
            sink.write(b"GET /health HTTP/1.1\r\n")
            for _ in range(8):
                sink.write(b"x: " + b"y" * 20_000 + b"\r\n")
            await ends(source)

    run(flood())


def test_an_answer_that_nobody_takes(monkeypatch):
    monkeypatch.setattr(patience, "UNREAD_S", 0.01)
    ended = []

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):
            await send({"type": "http.response.body", "body": bytes(10**6), "more_body": True})
        ended.append((await receive())["type"])

    async def stall():
        async with served(app) as (connect, server):
            source, sink = await connect()
            sink.write(request(method="GET"))
            while not ended:
                await asyncio.sleep(0)
            assert not server.server_state.connections

    run(stall())
    assert ended == ["http.disconnect"]


def test_half_a_body_and_gone(reader, png):
    async def vanish():
        async with served(make_app({"stripes": reader})) as (connect, server):
            source, sink = await connect()
            sink.write(request(png("22"))[:-5])
            await sink.drain()
            sink.close()
            await sink.wait_closed()
            source, sink = await connect()
            sink.write(request(png("345")))
            assert (await answer(source))[1]["images"][0]["text"] == "345"

    run(vanish())


def test_what_is_no_http(reader):
    async def talk():
        async with served(make_app({"stripes": reader})) as (connect, _):
            for first in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10, b"hello\r\n\r\n"):
                source, sink = await connect()
                sink.write(first)
                assert (await ends(source)).startswith(b"HTTP/1.1 400 Bad Request")

    run(talk())


def test_requests_that_were_sent_before_the_end_are_answered(reader, png):
    """Also one on a connection that is idle, and one that has not been taken up yet."""

    async def end():
        async with served(make_app({"stripes": reader})) as (connect, server):
            idle = await connect()
            idle[1].write(request(png("22")))
            assert (await answer(idle[0]))[0] == 200
            server.should_exit = True
            idle[1].write(request(png("345")))
            new = await connect()
            new[1].write(request(png("5")))
            for source, text in ((idle[0], "345"), (new[0], "5")):
                assert (await answer(source))[1]["images"][0]["text"] == text
                assert await source.read() == b""

    run(end())


@pytest.fixture
def process(tmp_path):
    """Start `ctckit serve` on a free port: the process and the port."""
    model = write_model(tmp_path / "stripes.onnx", free_width=True)
    words = [sys.executable, "-m", "ctckit", "serve", str(model), "--port", "0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        words, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            said = [started.stderr.readline() for _ in range(2)]
            yield started, int(re.search(r"http://127\.0\.0\.1:(\d+) ", said[1])[1])
        finally:
            started.kill()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_end_of_a_process(process, tmp_path, number):
    started, port = process
    image = write_image_in(tmp_path, "a.png", "2345").read_bytes()
    part = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    body = (part + image + b"\r\n") * 64 + b"--b--\r\n"
    asked = request(body).replace(b"image/png", b"multipart/form-data; boundary=b", 1)
    connections = [socket.create_connection(("127.0.0.1", port), 30) for _ in range(4)]
    for connection in connections:
        connection.sendall(asked)
    started.send_signal(number)
    for connection in connections:
        with connection, connection.makefile("rb") as file:
            assert file.readline() == b"HTTP/1.1 200 OK\r\n"
            assert file.read().count(b'"text":"2345"') == 64
    assert started.wait(30) == 0
    assert started.stderr.read() == "answering what has arrived, then ending\n"
