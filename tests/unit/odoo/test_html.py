from __future__ import annotations

import pytest

from isthmus.odoo.html import html_form

SAME = [
    ("", False),
    ("", "<p><br></p>"),
    ("", "<p></p>"),
    ("", "<p> </p>"),
    ("plain", "<p>plain</p>"),
    ("a &amp; b", "<p>a &#38; b</p>"),
    ("<p>a<br/>b</p>", "<p>a<br>b</p>"),
    ("<P>a</P>\n<p>b</p>", "<p>a</p><p>b</p>"),
    ("<p>a\n  b <b>c</b></p>", "<p> a b <b>c</b> </p>"),
    ('<p class="x" id="y">a</p>', '<p id="y" class="x" data-oe-version="1.2">a</p>'),
]
DIFFERENT = [
    ("<p>a</p>", "<p>b</p>"),
    ("<p>a <b>b</b></p>", "<p>a<b>b</b></p>"),
    ("<p>ab</p>", "<p>a b</p>"),
    ("<pre>a  b</pre>", "<pre>a b</pre>"),
    ('<a href="x">a</a>', '<a href="y">a</a>'),
    ("<p>a</p><p>b</p>", "<p>a b</p>"),
    ("<p><img src='x'></p>", ""),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_text_have_one_form(one: object, other: object) -> None:
    assert html_form(one) == html_form(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_reads_otherwise_has_another_form(one: object, other: object) -> None:
    assert html_form(one) != html_form(other)
