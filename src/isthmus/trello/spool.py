"""The content of a file on its way from one side to the other."""

from __future__ import annotations

import hashlib
import mmap
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from isthmus.errors import ConfigurationError, MalformedAnswerError, RejectedError
from isthmus.http import Stream
from isthmus.http.stream import PIECE

#: The SHA-1 of no content at all.
NOTHING = hashlib.sha1(b"", usedforsecurity=False).hexdigest()


class Spool(Stream):
    """Content in a temporary file of the system's, gone on leaving; memory holds a piece of it at a time.

    ``largest`` is how many bytes it may have (None: any number), ``is_page`` that it may be HTML.
    """

    def __init__(self, largest: int | None = None, *, is_page: bool = True) -> None:
        self._largest = largest
        self._is_page = is_page
        self._file = tempfile.TemporaryFile(prefix="isthmus-")  # noqa: SIM115 - closed on leaving
        self._sum = hashlib.sha1(usedforsecurity=False)
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # what could not be written is not wanted any more
            self._file.close()

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._size

    @property
    def sha1(self) -> str:
        """The SHA-1 of the content in hexadecimal digits, as Odoo tells it."""
        return self._sum.hexdigest()

    # --- filling it ---

    def begin(self, headers: Mapping[str, str]) -> None:
        """Forget what an earlier try brought. Raises MalformedAnswerError for a page instead of a file."""
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind == "text/html" and not self._is_page:
            raise MalformedAnswerError(
                "a page (text/html) came instead of the file",
                hint="Something between here and Trello answers in its place; try again later.",
            )
        self._file.seek(0)
        self._file.truncate()
        self._sum = hashlib.sha1(usedforsecurity=False)
        self._size = 0

    def write(self, piece: bytes) -> None:
        """Add a piece. Raises LargeFileError when it is too much."""
        self._size += len(piece)
        if self._largest is not None and self._size > self._largest:
            raise LargeFileError(too_large(None, self._largest))
        self._sum.update(piece)
        with kept():
            self._file.write(piece)

    # --- using it ---

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece

    def view(self) -> bytes | memoryview:
        """Return the content without loading it: its pages are those of the file. Valid until leaving."""
        if not self._size:
            return b""
        with kept():
            self._file.flush()
        return memoryview(mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ))


@contextmanager
def kept() -> Iterator[None]:
    """Raise ConfigurationError where the temporary file does not hold what is written to it."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"a file on its way does not fit into {tempfile.gettempdir()}: {error.strerror}",
            hint="Make room there, or name another folder in the environment variable TMPDIR.",
        ) from error


class LargeFileError(RejectedError):
    """A file is larger than the backend takes."""


def too_large(size: int | None, largest: int) -> str:
    """Return why a file stays where it is; ``size`` is None where nobody told it beforehand."""
    limit = f"files of up to {megabytes(largest)} MB are taken (largest_file_mb)"
    return f"it has {megabytes(size)} MB; {limit}" if size is not None else f"it is larger than told; {limit}"


def megabytes(size: int) -> str:
    """Return a number of bytes in MB, which here are 1024 × 1024 bytes."""
    return f"{size / 1024 / 1024:.4g}"
