"""Html fields: what Odoo makes of what is written. Each pair was asked of an Odoo 19."""

from __future__ import annotations

import pytest

from isthmus.sandbox.odoo.html import paragraph, sanitised

KEPT = [
    "<p>a</p>\n<p>b</p>\n",
    "<h2>T</h2>\n<ul>\n<li>one</li>\n</ul>\n",
    '<pre><code class="language-py">a &lt; b\n</code></pre>\n',
    '<ul class="o_checklist"><li class="o_checked">one</li></ul>',
    '<p><a href="https://x.y/?a=1&amp;b=2" target="_blank">l</a> <img src="https://x.y/i.png" alt="a"></p>',
    '<ol start="3">\n<li>x</li>\n</ol>',
    '<p style="color:red" class="c" id="i" data-x="1">x</p>',
    "<p><br></p>",
    "<i>i</i>",
    "<p>a</p>tail",
]


@pytest.mark.parametrize("markup", KEPT)
def test_ordinary_markup_stays_as_it_is(markup: str) -> None:
    assert sanitised(markup) == markup


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<p>hello <b>x</b></p><script>alert(1)</script>", "<p>hello <b>x</b></p>"),
        ("<style>p{}</style><p>a</p>", "<p>a</p>"),
        ("<!-- c --><p>a</p>", "<p>a</p>"),
        ('<p onclick="x()">x</p>', "<p>x</p>"),
        ('<iframe src="x"></iframe><p>a</p>', "<p>a</p>"),
        ("<p>\x01x</p>", "<p>x</p>"),
        ("<hr />\n<p>x<br />\ny</p>", "<hr>\n<p>x<br>\ny</p>"),
        ("<p>x &quot;q&quot;</p>", '<p>x "q"</p>'),
    ],
)
def test_what_could_do_harm_is_removed(written: str, kept: str) -> None:
    assert sanitised(written) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("hello", "<p>hello</p>"),
        ("text <b>x</b>", "<p>text <b>x</b></p>"),
        ("text<p>b</p>", "<p>text</p><p>b</p>"),
        ("<b>x</b> text", "<span><b>x</b> text</span>"),
        ("a<br>b", "<p>a<br>b</p>"),
        ("a & b < c", "<p>a &amp; b &lt; c</p>"),
        ("plain <word> & more\nline2", "<p>plain  &amp; more\nline2</p>"),
        ("  lead", "<p>lead</p>"),
    ],
)
def test_bare_text_gets_an_element_around_it(written: str, kept: str) -> None:
    assert sanitised(written) == kept


@pytest.mark.parametrize("blank", ["", "   ", "\n", "<script>x</script>"])
def test_nothing_visible_is_stored_as_nothing(blank: str) -> None:
    assert sanitised(blank) == ""


def test_quotations_are_marked_for_mail_clients() -> None:
    marked = '<blockquote data-o-mail-quote-node="1" data-o-mail-quote="1">\n<p>q</p>\n</blockquote>'
    assert sanitised("<blockquote>\n<p>q</p>\n</blockquote>") == marked
    assert sanitised(marked) == marked


def test_a_plain_message_is_escaped_into_a_paragraph() -> None:
    assert paragraph("hi <b>bold</b> & co") == "<p>hi &lt;b&gt;bold&lt;/b&gt; &amp; co</p>"
    assert paragraph("") == ""
