"""Files go to and from Trello in pieces: their size does not show in the memory of the process."""

from __future__ import annotations

import resource
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from isthmus.errors import AmbiguousError, ConfigurationError, RejectedError
from isthmus.trello.client import TrelloClient
from isthmus.trello.form import Form
from isthmus.trello.spool import LargeFileError, Spool

SIZE = 24 * 1024 * 1024
#: Far less than the size, far more than the pieces of both ends.
MOST = 2 * 1024 * 1024
PIECE = bytes(64 * 1024)


@contextmanager
def server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve one connection, in a thread of this process, without ever holding a body."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                serve(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def head_of(connection: socket.socket) -> tuple[bytes, bytes]:
    """Read up to the end of the head; return it, and what of the body came along."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(4096)
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.lower(), rest


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


def test_a_download_needs_no_memory_for_the_content() -> None:
    def give(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
        for _ in range(SIZE // len(PIECE)):
            connection.sendall(PIECE)

    with server(give) as url, Spool() as spool, little_memory():
        TrelloClient("the-key", "the-token", url=url).download("/cards/1/attachments/2/download/x", spool)
        assert spool.size == SIZE
        assert spool.view()[-1:] == b"\0"


def test_an_upload_needs_no_memory_for_the_content() -> None:
    got: dict[str, int] = {}

    def take(connection: socket.socket) -> None:
        head, rest = head_of(connection)
        told = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
        got["told"], got["came"] = int(told.partition(b":")[2]), len(rest)
        while got["came"] < got["told"] and (piece := connection.recv(64 * 1024)):
            got["came"] += len(piece)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"id":"5"}')

    with server(take) as url, Spool() as spool:
        for _ in range(SIZE // len(PIECE)):
            spool.write(PIECE)
        form = Form({"name": "x"}, "x", "video/mp4", spool)
        with little_memory():
            made = TrelloClient("the-key", "the-token", url=url).upload("/cards/1/attachments", form)
    assert made == {"id": "5"}
    assert got["came"] == got["told"] == form.size > SIZE


def test_an_upload_that_is_refused_half_way_is_told_by_its_status() -> None:
    def refuse(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 14\r\n\r\nFile too large")
        while connection.recv(64 * 1024):
            pass

    with server(refuse) as url, Spool() as spool:
        spool.write(PIECE)
        form = Form({}, "x", "video/mp4", spool)
        with pytest.raises(RejectedError, match="413: File too large"):
            TrelloClient("the-key", "the-token", url=url).upload("/cards/1/attachments", form)


def test_an_upload_whose_connection_ends_may_have_been_done() -> None:
    def hang_up(connection: socket.socket) -> None:
        head_of(connection)

    with server(hang_up) as url, Spool() as spool:
        for _ in range(16):
            spool.write(PIECE)
        with pytest.raises(AmbiguousError):
            TrelloClient("the-key", "the-token", url=url).upload(
                "/cards/1/attachments", Form({}, "x", "a/b", spool)
            )


def test_a_download_without_end_ends_at_the_limit() -> None:
    def give(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                connection.sendall(PIECE)
        except OSError:
            return

    with server(give) as url, Spool(1024 * 1024) as spool, pytest.raises(LargeFileError, match="up to 1 MB"):
        TrelloClient("the-key", "the-token", url=url).download("/cards/1/attachments/2/download/x", spool)


def test_a_temporary_folder_that_is_full_is_told() -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Spool() as spool:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(PIECE), before[1]))
        try:
            with pytest.raises(ConfigurationError, match="does not fit into") as told:
                spool.write(2 * PIECE)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "TMPDIR" in str(told.value.hint)
