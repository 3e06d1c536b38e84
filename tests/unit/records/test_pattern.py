"""Text patterns and case folding."""

from __future__ import annotations

import pytest

from isthmus.records.pattern import fits, fold


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a%", "abc"),
        ("%", ""),
        ("a_c", "a\nc"),
        ("%c", "a\nbc"),
        ("100\\%", "100%"),
        ("a\\_b", "a_b"),
        ("\\\\", "\\"),
        ("a.c", "a.c"),
        ("[x]*", "[x]*"),
    ],
)
def test_a_text_fits(pattern: str, text: str) -> None:
    assert fits(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("a%", "ba"), ("a_c", "ac"), ("100\\%", "1000"), ("a\\_b", "axb"), ("a.c", "abc"), ("a", "a\n")],
)
def test_a_text_does_not_fit(pattern: str, text: str) -> None:
    assert not fits(pattern, text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("ÄRGER", "ärger"), ("ΟΔΟΣ", "οδοσ"), ("İ", "i"), ("ẞ", "ß"), ("ЖИ", "жи"), ("Straße", "straße")],
)
def test_folding_goes_character_by_character(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert len(fold(text)) == len(text)
