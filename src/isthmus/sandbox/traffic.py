"""What is under way at a server: its open connections, and those of them that it is busy with."""

from __future__ import annotations

import io
import selectors
import socket
import threading
import time
from collections.abc import Callable


class Traffic:
    """The connections of a server, whatever its starts and stops. Safe to share between threads.

    A request counts from its first byte in the server's own queue on, so that one which nobody has read yet
    is not overlooked, until all that it causes is done.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._busy: set[socket.socket] = set()

    def opened(self, accept: Callable[[], tuple[socket.socket, object]]) -> tuple[socket.socket, object]:
        """Accept a connection and know it from that moment on; return what ``accept`` does."""
        with self._guard:
            connection, address = accept()
            self._open.add(connection)
        return connection, address

    def begun(self, connection: socket.socket) -> None:
        """Know that bytes of a connection are about to be read."""
        with self._guard:
            self._busy.add(connection)

    def ended(self, connection: socket.socket) -> None:
        """Know that what was read of a connection is done."""
        with self._guard:
            self._busy.discard(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._guard:
            self._open.discard(connection)
            self._busy.discard(connection)

    def is_quiet(self, listener: socket.socket | None) -> bool:
        """Tell whether nothing is under way, and nobody waits to be accepted or read."""
        with self._guard, selectors.DefaultSelector() as selector:
            if self._busy:
                return False
            for waiting in (*self._open, *([listener] if listener else ())):
                selector.register(waiting, selectors.EVENT_READ)
            return not (selector.get_map() and selector.select(0))

    def wait(self, listener: Callable[[], socket.socket | None], seconds: float) -> bool:
        """Wait until nothing is under way; return False when something still is after so long."""
        end = time.monotonic() + seconds
        while not self.is_quiet(listener()):
            if time.monotonic() > end:
                return False
            time.sleep(0.001)
        return True


class Inlet(io.RawIOBase):
    """What a connection is read from; tells the traffic before it takes the first byte."""

    def __init__(self, connection: socket.socket, traffic: Traffic) -> None:
        self._connection = connection
        self._traffic = traffic

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Wait for bytes, and take them once it is known that they are there."""
        self._connection.recv(1, socket.MSG_PEEK)
        self._traffic.begun(self._connection)
        return self._connection.recv_into(buffer)
