"""Forms with files (``multipart/form-data``), as browsers and clients send them.

Source: RFC 7578.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from isthmus.sandbox.trello.errors import ApiError

BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
NAME = re.compile(r';\s*name="([^"]*)"', re.IGNORECASE)
FILENAME = re.compile(r';\s*filename="([^"]*)"', re.IGNORECASE)

#: How clients write what would end a quoted name. Source: HTML, "multipart form data".
ESCAPED = {"%22": '"', "%0D": "\r", "%0A": "\n"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form; ``mime`` is empty where the client does not say what it is."""

    name: str
    mime: str
    content: bytes = field(repr=False)


def parts(content_type: str, body: bytes) -> dict[str, str | Upload]:
    """Return the fields of a form by name. Raises ApiError 400 for a body that is no form."""
    found = BOUNDARY.search(content_type)
    if found is None:
        raise ApiError(400, "Multipart: Boundary not found")
    return dict(_read(body, b"--" + found[1].encode()))


def _read(body: bytes, mark: bytes) -> Iterator[tuple[str, str | Upload]]:
    start = body.find(mark)
    while start >= 0 and not body.startswith(b"--", start + len(mark)):
        head = start + len(mark) + 2
        blank, end = body.find(b"\r\n\r\n", head), body.find(b"\r\n" + mark, head)
        if blank < 0 or end < 0:
            raise ApiError(400, "Unexpected end of form")
        yield _part(body[head:blank].decode("utf-8", "replace"), body[blank + 4 : end])
        start = end + 2


def _part(head: str, content: bytes) -> tuple[str, str | Upload]:
    headers = {name.strip().lower(): value.strip() for name, _, value in _lines(head)}
    disposition = headers.get("content-disposition", "")
    name, file = NAME.search(disposition), FILENAME.search(disposition)
    if name is None:
        raise ApiError(400, "Malformed part header")
    if file is None:
        return name[1], content.decode("utf-8", "replace")
    return name[1], Upload(_unescaped(file[1]), headers.get("content-type", ""), content)


def _lines(head: str) -> Iterator[tuple[str, str, str]]:
    for line in head.split("\r\n"):
        yield line.partition(":")


def _unescaped(name: str) -> str:
    for written, meant in ESCAPED.items():
        name = name.replace(written, meant)
    return name
