"""The content of uploaded files: as it came, or stood in for where an export of a board only names a file."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import quote

from isthmus.records import Environment

Data = dict[str, Any]

CONTENT = "sandbox.trello.content"

#: An export has no content of files: what stands in for it has at most this size.
STAND_IN = 64 * 1024


def stood_in(attachment: Data) -> Data:
    """Return an attachment of an export, its size that of what stands in for its content."""
    if not attachment["isUpload"]:
        return attachment
    return {**attachment, "bytes": min(attachment["bytes"] or 0, STAND_IN)}


def keep(env: Environment, attachment: str, content: bytes) -> None:
    """Keep the content of a file."""
    env[CONTENT].create({"attachment": attachment, "content": content})


def content_of(env: Environment, attachment: Data) -> bytes:
    """Return the content of a file; without one that was uploaded, always the same noise of its size."""
    found = env[CONTENT].search_fetch([("attachment", "=", attachment["id"])], ["content"], limit=1)
    if found:
        return bytes(found.content or b"")
    return random.Random(attachment["id"]).randbytes(attachment["bytes"] or 0)


def copy(env: Environment, source: str, attachment: str) -> None:
    """Give a copy of a file the content of the first one."""
    found = env[CONTENT].search_fetch([("attachment", "=", source)], ["content"], limit=1)
    if found:
        keep(env, attachment, bytes(found.content or b""))


def forget(env: Environment, attachments: list[str]) -> None:
    """Drop the content of files that are gone."""
    env[CONTENT].search([("attachment", "in", attachments)]).unlink()


def file_name(name: str) -> str:
    """Return the name by which a file is downloaded: what would part a path is replaced."""
    return "".join("_" if char in '/\\?#%"' or not char.isprintable() else char for char in name)


def download_url(card: str, attachment: str, name: str) -> str:
    """Return the address of a file. Source: exports since 2021."""
    return f"https://trello.com/1/cards/{card}/attachments/{attachment}/download/{quote(file_name(name))}"
