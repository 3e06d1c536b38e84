"""A form with a file, sent piece by piece (``multipart/form-data``).

Source: RFC 7578, and HTML, "multipart form data", for names that hold quotes or line breaks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import uuid4

from isthmus.http import Stream

#: What would end a quoted name, or its line.
ESCAPES = {'"': "%22", "\r": "%0D", "\n": "%0A"}


class Form(Stream):
    """Some fields, then a file whose content comes from elsewhere."""

    def __init__(self, fields: Mapping[str, str], name: str, mime: str, content: Stream) -> None:
        self._boundary = f"isthmus-{uuid4().hex}"
        self._content = content
        head = [self._field(key, value) for key, value in fields.items()]
        disposition = f'form-data; name="file"; filename="{escaped(name)}"'
        head.append(self._part(disposition, f"Content-Type: {one_line(mime)}\r\n"))
        self._head = "".join(head).encode("utf-8", "replace")
        self._tail = f"\r\n--{self._boundary}--\r\n".encode()

    @property
    def content_type(self) -> str:
        """The header that goes with the body."""
        return f"multipart/form-data; boundary={self._boundary}"

    @property
    def size(self) -> int:
        """How many bytes the whole body has."""
        return len(self._head) + self._content.size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        yield from self._content
        yield self._tail

    def _field(self, name: str, value: str) -> str:
        disposition = f'form-data; name="{escaped(name)}"'
        return f"{self._part(disposition)}{value}\r\n"

    def _part(self, disposition: str, more: str = "") -> str:
        return f"--{self._boundary}\r\nContent-Disposition: {disposition}\r\n{more}\r\n"


def escaped(name: str) -> str:
    """Return a name as it stands between quotes."""
    return "".join(ESCAPES.get(char, char) for char in name)


def one_line(text: str) -> str:
    """Return a text without what would end its line."""
    return " ".join(text.split())
