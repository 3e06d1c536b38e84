"""Addresses in formatted text: which are safe, and one spelling for each."""

from __future__ import annotations

from urllib.parse import unquote

from markdown_it.common.normalize_url import normalizeLink, validateLink


def is_safe(url: str) -> bool:
    """Tell whether an address may stand in a link: not empty, no script. Source: rule of markdown-it."""
    return bool(url) and "\n" not in url and validateLink(normalizeLink(url))


def normal_url(url: str) -> str:
    """Return the percent-encoded spelling that readers of Markdown make of an address."""
    return normalizeLink(url)


def readable_url(url: str) -> str:
    """Return the spelling with as little percent-encoding as reads back as the same address."""
    try:
        plain = unquote(url, errors="strict")
    except UnicodeDecodeError:
        return url
    if any(char.isspace() or not char.isprintable() or char in "<>\\`" for char in plain):
        return url
    return plain if normalizeLink(plain) == url else url
