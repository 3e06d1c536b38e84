"""Waking workers that sleep: PostgreSQL notifies them; on SQLite an enqueuer sends each a datagram.

What is sent says nothing but "look". A call that is lost is made good by the worker's next look of its own.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from isthmus.errors import IsthmusError

HOST = "127.0.0.1"

#: How long an enqueuer relies on the list of workers that it has read.
RENEW_S = 1.0


class Ringer:
    """Sends a datagram to every worker of this machine."""

    def __init__(self, ports: Callable[[], list[int]]) -> None:
        self._read = ports
        self._ports: list[int] = []
        self._read_at = float("-inf")
        self._socket: socket.socket | None = None

    def ring(self) -> None:
        """Call all workers. Nobody at home is no error, and nothing else is one that the caller must know of:
        what it wants to call for is committed, and is found without a call.
        """
        if time.monotonic() - self._read_at > RENEW_S:
            self._read_at = time.monotonic()
            try:
                self._ports = self._read()
            except IsthmusError:
                return
        if not self._ports:
            return
        if self._socket is None:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
        for port in self._ports:
            try:
                self._socket.sendto(b".", (HOST, port))
            except OSError:  # a full buffer, or a worker that is gone: it looks by itself, or never again
                continue


class Bell(Protocol):
    """What a worker sleeps on."""

    port: int | None

    def wait(self, seconds: float) -> bool:
        """Sleep until called, at most so long; return whether somebody called."""
        ...

    def ring(self) -> None:
        """Wake the sleeper from another thread or a signal handler of this process."""
        ...

    def close(self) -> None:
        """Give back what the bell needs."""
        ...


class DatagramBell:
    """A socket on loopback: others send to its port, this process sends to itself."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST, 0))
        self.socket.setblocking(False)
        self.port: int | None = self.socket.getsockname()[1]

    def wait(self, seconds: float) -> bool:
        return bool(readable([self.socket], seconds)) and drained(self.socket)

    def ring(self) -> None:
        try:
            self.socket.sendto(b".", (HOST, self.port or 0))
        except OSError:  # full: it is awake already
            return

    def close(self) -> None:
        self.socket.close()


def readable(sources: Sequence[Any], seconds: float) -> list[Any]:
    """Wait until there is something to read, at most so long; return those sources that have something.

    Any file number will do, where the older select() takes small ones only.
    """
    with selectors.DefaultSelector() as selector:
        for source in sources:
            selector.register(source, selectors.EVENT_READ)
        return [key.fileobj for key, _ in selector.select(max(0.0, seconds))]


def drained(receiver: socket.socket) -> bool:
    """Take all datagrams that are there; return whether there were any."""
    some = False
    while True:
        try:
            receiver.recv(64)
        except OSError:  # nothing left
            return some
        some = True


class NotifyBell:
    """A PostgreSQL connection that listens, and a socket for this process's own calls.

    ``connect`` opens a driver connection in autocommit mode. A connection that breaks is opened again; until
    then the worker looks by itself.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._own = DatagramBell()
        self._connection: Any = None
        self._failed_at = float("-inf")
        self.port: int | None = None
        self._listen()

    def _listen(self) -> None:
        if time.monotonic() - self._failed_at < RENEW_S:
            return
        try:
            self._connection = self._connect()
            self._connection.execute("LISTEN isthmus_jobs")
        except Exception:  # whatever the driver raises: the bell is a convenience, the worker also looks
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._failed_at = time.monotonic()
        if connection is not None:
            connection.close()

    def wait(self, seconds: float) -> bool:
        if self._connection is None:
            self._listen()
        if self._connection is not None and self._heard():
            return True  # what came with an earlier answer is not announced by the socket again
        own = self._own.socket
        deadline = time.monotonic() + seconds
        while self._connection is not None:
            ready = readable([own, self._connection], deadline - time.monotonic())
            called = own in ready and drained(own)
            if self._connection in ready:
                called = self._heard() or called
            if called or not ready:  # else it was something else, like the last words of a server
                return called
        return self._own.wait(deadline - time.monotonic())

    def _heard(self) -> bool:
        """Take the notifications that are there; return whether there were any."""
        try:
            return bool(list(self._connection.notifies(timeout=0)))
        except Exception:  # the connection broke: look, in case a call was lost with it
            self._drop()
            return True

    def ring(self) -> None:
        self._own.ring()

    def close(self) -> None:
        self._own.close()
        if self._connection is not None:
            self._connection.close()
