"""Descriptions: Trello's Markdown as HTML for Odoo, Odoo's HTML as Markdown, and when two mean the same."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from isthmus.trello.markdown import canonical, to_html, to_markdown

BOARDS = sorted(files("isthmus.sandbox").joinpath("boards").iterdir(), key=str)
DESCRIPTIONS = [
    card["desc"]
    for board in BOARDS
    if board.name.endswith(".json")
    for card in json.loads(board.read_text("utf-8"))["cards"]
    if card["desc"]
]


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("Hello", "<p>Hello</p>"),
        ("two\nlines", "<p>two<br>\nlines</p>"),
        ("**bold** *it* ~~gone~~", "<p><strong>bold</strong> <em>it</em> <s>gone</s></p>"),
        ("see http://a.b/c.", '<p>see <a href="http://a.b/c">http://a.b/c</a>.</p>'),
        ("(https://a.b/c_d_e)", '<p>(<a href="https://a.b/c_d_e">https://a.b/c_d_e</a>)</p>'),
        ("[a](http://b.c)", '<p><a href="http://b.c">a</a></p>'),
        ("`http://a.b`", "<p><code>http://a.b</code></p>"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"),
        ("if a < b & c", "<p>if a &lt; b &amp; c</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("", ""),
        ("  \n ", ""),
        (None, ""),
        (False, ""),
    ],
)
def test_markdown_becomes_html(markdown, html):
    assert to_html(markdown) == html


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>Hello</p>", "Hello"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<p>a<br><br/>b</p>", "a\n\nb"),
        ("<div>a<div>b</div>c</div>", "a\n\nb\n\nc"),
        ("<b>bold</b> and <i>it</i>", "**bold** and *it*"),
        ("<p>a <b> b </b>c</p>", "a **b** c"),
        ("<p>in<b>side</b></p>", "in**side**"),
        ("<h2>Title</h2><p>x</p>", "## Title\n\nx"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ("<ul><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n- b"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ("<ul><li>a<p>b</p></li></ul>", "- a\n\n  b"),
        ("<ul><li>a</li></ul><ul><li>b</li></ul>", "- a\n\n* b"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<pre><code class='language-py'>x = 1\n</code></pre>", "```py\nx = 1\n```"),
        ("<pre>a\n  b</pre>", "```\na\n  b\n```"),
        ("<p><code>a`b</code></p>", "``a`b``"),
        ("<hr>", "---"),
        ('<p><a href="http://b.c">http://b.c</a></p>', "http://b.c"),
        ('<p><a href="http://b.c" title="t">a</a></p>', '[a](http://b.c "t")'),
        ('<p><img src="/web/image/1" alt="x"></p>', "![x](/web/image/1)"),
        (
            "<table><tr><th>a</th><th>b|c</th></tr><tr><td>1</td></tr></table>",
            "| a | b\\|c |\n| --- | --- |\n| 1 |  |",
        ),
        ('<ul class="o_checklist"><li class="o_checked">a</li><li>b</li></ul>', "- [x] a\n- [ ] b"),
        ("<p>a&nbsp;b &lt; c &amp; d</p>", "a b < c & d"),
        ("<p>*not it*</p>", r"\*not it\*"),
        ("<p>1. not a list</p>", r"1\. not a list"),
        ("<p>- not a list</p>", r"\- not a list"),
        ("<p>2 * 3 * 4 is 24, a_b_c, #1, 50% (a)</p>", "2 * 3 * 4 is 24, a_b_c, #1, 50% (a)"),
        ("<style>p{}</style><script>x()</script><p>a</p>", "a"),
        ('<p><a href="javascript:x()">a</a></p>', "a"),
        ("<p>never closed <b>bold", "never closed **bold**"),
        ("</div>stray</p>", "stray"),
        ("<p><br></p>", ""),
        ("", ""),
        (False, ""),
        (None, ""),
    ],
)
def test_html_becomes_markdown(html, markdown):
    assert to_markdown(html) == markdown


def test_real_descriptions_come_back_as_they_were_up_to_blanks():
    assert len(DESCRIPTIONS) == 85
    for text in DESCRIPTIONS:
        assert to_markdown(to_html(text)).split() == text.split()


def test_real_descriptions_are_stable_after_one_round():
    for text in DESCRIPTIONS:
        html = to_html(text)
        once = to_markdown(html)
        assert to_markdown(to_html(once)) == once
        assert canonical(to_html(once)) == canonical(html)


def test_data_that_others_hide_in_links_is_kept():
    text = '---\n[What\'s this?](http://bit.ly/x)\n[](Elegantt_data:dont_delete{"ignored":false,"psd":"2017-11-20T09:00"})'
    assert to_markdown(to_html(text)).split() == text.split()


def test_an_address_keeps_the_encoding_that_it_needs():
    for text in (
        "[a](http://x.y/a%2Fb%20c)",
        "[a](http://x.y/ä)",
        "[a](<http://x.y/(>)",
        "http://x.y/%C3%A4",
    ):
        assert to_markdown(to_html(text)) == text


def test_what_markdown_cannot_mark_keeps_its_text():
    assert to_markdown("<p><strong>Note:</strong>text</p>") == "Note:text"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (False, "<p><br></p>"),
        ("", "<div>&nbsp;</div>"),
        ("<p>a</p>", "a"),
        ("<p>a</p>", '<p data-oe-version="2.0" style="color:red">a</p>\n'),
        ("<p>a<br>\nb</p>", "<p>a<br/>b</p>"),
        ("<p>a</p>\n<p>b</p>", "<div><p>a</p><p><br></p><p>b</p></div>"),
        ("<ul><li>a</li></ul>", "<ul>\n<li><p>a</p></li>\n</ul>"),
        ("<b>a</b>", "<strong>a</strong>"),
        ("<p><b><i>a</i></b></p>", "<p><em><strong>a</strong></em></p>"),
        ("<p>a <b>b </b>c</p>", "<p>a <b>b</b> c</p>"),
        ('<a href="http://x.y/a b">l</a>', '<a href="http://x.y/a%20b" target="_blank" rel="nofollow">l</a>'),
        ("<p>http://x.y</p>", '<p><a href="http://x.y">http://x.y</a></p>'),
        ('<a href="x" title="t">l</a>', '<a href="x">l</a>'),
        ('<pre><code class="language-py">a\n</code></pre>', "<pre>a</pre>"),
        ("<p>a&quot;b</p>", '<p>a"b</p>'),
    ],
)
def test_what_odoo_changes_by_itself_is_no_difference(one, other):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>a</p>", "<p>b</p>"),
        ("<p>a</p>", ""),
        ("<p>a b</p>", "<p>a</p><p>b</p>"),
        ("<p>a<br>b</p>", "<p>a b</p>"),
        ("<p><b>a</b></p>", "<p>a</p>"),
        ("<p>*a*</p>", "<p><em>a</em></p>"),
        ("<p>- a</p>", "<ul><li>a</li></ul>"),
        ("<ul><li>a</li></ul>", "<ol><li>a</li></ol>"),
        ("<h1>a</h1>", "<h2>a</h2>"),
        ('<a href="http://x.y">l</a>', '<a href="http://x.z">l</a>'),
        ("<pre>a</pre>", "<p><code>a</code></p>"),
        ("<p>a</p>", "<p>A</p>"),
    ],
)
def test_what_says_something_else_differs(one, other):
    assert canonical(one) != canonical(other)


def test_what_nobody_sees_and_odoo_drops_does_not_count() -> None:
    hidden = '<p>a <a href="data:dont_delete{1}"></a>b\u0001</p>'
    assert canonical(hidden) == canonical("<p>a b</p>")
    assert canonical('<p><a href="https://x.example"><img src="https://x.example/i.png"></a></p>') != ""
