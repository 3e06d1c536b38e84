"""A turnstile for the processes of one machine: small files, and the locks that the system keeps on them.

Not the local SQLite database itself: a worker that asks Odoo something in the middle of its transaction holds
the right to write there, and would wait for itself.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
from datetime import UTC
from pathlib import Path

from isthmus.clock import Clock, SystemClock
from isthmus.errors import ConfigurationError
from isthmus.http.turnstile import Decide, Leave, T, Turnstile

#: Ends the text in a file; what is behind it is left from a longer one.
_END = b"\n"


class FileTurnstile(Turnstile):
    """A turnstile for all processes that use the same folder. The folder is made when it is first needed."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()

    def __repr__(self) -> str:
        return f"<FileTurnstile {self._folder}>"

    def change(self, name: str, decide: Decide[T]) -> T:
        path = self._file(name, "turn")
        with Locked(path) as file:
            text, result = decide(_read(file), self._now())
            try:
                _write(file, text)
            except OSError as error:
                raise cannot_meet(path, error) from error
        return result

    def enter(self, name: str, places: int) -> Leave | None:
        for place in range(places):
            file = open_file(self._file(name, f"place{place}"))
            if try_lock(file):
                return lambda file=file: os.close(file)  # type: ignore[misc]
            os.close(file)
        return None

    def _file(self, name: str, kind: str) -> Path:
        digest = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
        return self._folder / f"{re.sub(r'[^A-Za-z0-9.-]+', '-', name)[:60]}-{digest}.{kind}"

    def _now(self) -> float:
        """Return the time that all processes of the machine agree on."""
        return self._clock.now().replace(tzinfo=UTC).timestamp()


class Locked:
    """A file that one holder at a time works on; the others wait."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> int:
        self._file = open_file(self._path)
        try:
            lock(self._file)
        except BaseException:
            os.close(self._file)
            raise
        return self._file

    def __exit__(self, *error: object) -> None:
        os.close(self._file)


def open_file(path: Path) -> int:
    """Open a file of the turnstile, making it and its folder. Raises ConfigurationError when that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise cannot_meet(path, error) from error


def cannot_meet(path: Path, error: OSError) -> ConfigurationError:
    """Return what to tell when a file of the turnstile cannot be written."""
    return ConfigurationError(
        f"workers cannot meet in {path.parent}: {error.strerror}",
        hint="Let Isthmus write to the folder of its database, and see that its disk is not full.",
    )


def _read(file: int) -> str:
    os.lseek(file, 0, os.SEEK_SET)
    text, end, _ = os.read(file, os.fstat(file).st_size).partition(_END)
    return text.decode("utf-8", "replace") if end else ""


def _write(file: int, text: str) -> None:
    os.lseek(file, 0, os.SEEK_SET)
    line = text.encode() + _END
    if os.write(file, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# The system gives a lock back when its file is closed, and closes the files of a process that ends.

if sys.platform == "win32":
    import msvcrt

    #: Far behind what the file holds: on Windows a locked byte can be read by nobody else.
    _BYTE = 1 << 20

    def lock(file: int) -> None:
        """Lock an open file, waiting for its holder."""
        while not try_lock(file):
            SystemClock().sleep(0.005)

    def try_lock(file: int) -> bool:
        """Lock an open file; False when another one holds it."""
        os.lseek(file, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def lock(file: int) -> None:
        """Lock an open file, waiting for its holder."""
        fcntl.flock(file, fcntl.LOCK_EX)

    def try_lock(file: int) -> bool:
        """Lock an open file; False when another one holds it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
