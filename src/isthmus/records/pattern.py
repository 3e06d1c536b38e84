"""Text patterns (``%`` any text, ``_`` any character, ``\\`` escapes) and case folding, alike in every store.

SQLite calls these very functions; PostgreSQL's ``LIKE`` and ``lower()`` follow the same rules.
"""

from __future__ import annotations

import re
from functools import lru_cache


def fold(text: str) -> str:
    """Return the text in lower case, character by character.

    That is PostgreSQL's ``lower()`` under a UTF-8 locale: unlike ``str.lower()`` it knows no final sigma, and
    the Turkish capital İ becomes i. Unlike ``str.casefold()`` it leaves ß alone.
    """
    if not text.isascii():
        text = text.replace("Σ", "σ").replace("İ", "i")
    return text.lower()


def fits(pattern: str, text: str) -> bool:
    """Tell whether the whole text fits the pattern."""
    return compiled(pattern).match(text) is not None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern."""
    parts: list[str] = []
    escaped = False
    for character in pattern:
        if escaped:
            parts.append(re.escape(character))
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "%":
            parts.append(".*")
        elif character == "_":
            parts.append(".")
        else:
            parts.append(re.escape(character))
    return re.compile("".join(parts) + r"\Z", re.DOTALL)
