"""The receiver over real HTTP: storms, garbage, slow and rude clients."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from isthmus.errors import ConfigurationError
from isthmus.hints import Hints, Told
from isthmus.web import Hook, Receiver, WebServer
from isthmus.web.odoo_hook import read_odoo_hook
from isthmus.web.receiver import MOST_BYTES, digest_of

ADDRESS = "/hooks/odoo/main/s3cret"
BODY = b'{"_model": "project.task", "_id": 7}'


@pytest.fixture
def hints() -> Hints:
    return Hints(settle_s=0)


@pytest.fixture
def server(hints: Hints) -> Iterator[WebServer]:
    receiver = Receiver(lambda: [Hook("odoo/main", digest_of("s3cret"))], {"odoo": read_odoo_hook}, hints.add)
    with WebServer(receiver) as started:
        yield started


def raw(server: WebServer, *chunks: bytes) -> bytes:
    """Send bytes as they are, hang up our side, and return all that comes back."""
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        for chunk in chunks:
            connection.sendall(chunk)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(65_536):
            answer += data
        return answer


def test_a_storm_over_kept_connections_is_one_subject(server: WebServer, hints: Hints) -> None:
    def post(count: int) -> set[int]:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
        found = set()
        for _ in range(count):
            connection.request("POST", ADDRESS, BODY, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            found.add(answer.status)
        connection.close()
        return found

    with ThreadPoolExecutor(8) as pool:
        assert set().union(*pool.map(post, [125] * 8)) == {200}
    (subject,) = hints.take().values()
    assert (subject.count, subject.ids) == (1000, {7})


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + BODY, b"411"),
        (f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".encode(), b"411"),
        (f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nContent-Length: {MOST_BYTES + 1}\r\n\r\n".encode(), b"413"),
        (f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n".encode() + BODY[:9], b"400"),
        (f"BREW {ADDRESS} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), b"501"),
        (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    ],
)
def test_garbage_gets_a_clear_status_and_the_next_one_is_served(
    server: WebServer, hints: Hints, request_: bytes, status: bytes
) -> None:
    assert status in raw(server, request_).partition(b"\r\n")[0] or status in raw(server, request_)[:200]
    assert hints.take() == {}
    good = f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
    assert raw(server, good, BODY).startswith(b"HTTP/1.1 200")


def test_a_port_that_is_taken_is_named(server: WebServer) -> None:
    port = urlsplit(server.url).port or 0
    with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}"):
        WebServer(Receiver(list, {}, lambda *hint: None), port=port)


def test_a_hint_that_cannot_be_taken_is_told_and_the_next_one_is_served() -> None:
    failures = [RuntimeError("the database is away")]
    taken = []

    def sink(*hint: object) -> None:
        if failures:
            raise failures.pop()
        taken.append(hint)

    keyed = lambda body: Told([("project.task", [7])], key="once")  # noqa: E731
    hooks = [Hook("odoo/main", digest_of("s3cret"), keyed)]
    request = f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY
    with WebServer(Receiver(lambda: hooks, {"odoo": read_odoo_hook}, sink)) as server:
        assert raw(server, request).startswith(b"HTTP/1.1 500")
        assert raw(server, request).startswith(b"HTTP/1.1 200")  # the sender tries again, and it is taken
        assert raw(server, request).startswith(b"HTTP/1.1 200")  # once
    assert taken == [("odoo/main", "project.task", [7])]
