"""Markdown to HTML and back: stable after one round, nothing said is lost, whatever the text."""

from __future__ import annotations

import html as entities

from hypothesis import example, given, settings
from hypothesis import strategies as st

from isthmus.sandbox.odoo.html import sanitised
from isthmus.trello.document import Code, Grid, Heading, Items, Paragraph, Quote, Run
from isthmus.trello.html import read_html
from isthmus.trello.markdown import canonical, to_html, to_markdown
from isthmus.trello.markdown_printer import Printer

SIGNS = [
    *"\\`*_{}[]()<>#+-.!|~:&\"'=/ \n\t",
    *(
        "a",
        "b c",
        "é",
        "😀",
        "1.",
        "23)",
        "\u00a0",
        "\n\n",
        "\n    ",
        "  \n",
        "- ",
        "* ",
        "> ",
        "# ",
        "***",
        "---",
    ),
    *(
        "```",
        "~~~",
        "`` ",
        "~~",
        "**",
        "__",
        "http://",
        "https://a.b/c_d",
        "[a](b)",
        "![",
        "](",
        "&amp;",
        "<b>",
    ),
    *("<http://x.y>", "[a]: /b\n", "| a | b |\n| --- | --- |\n", "\\\n", "* * *", "1986. "),
]
MARKDOWN = st.lists(st.sampled_from(SIGNS), max_size=24).map("".join) | st.text(max_size=60)

WORDS = st.sampled_from(
    ["one", "two", "*", "_", "a_b", "`", "1.", "-", "#", "[x]", "<", "&", "|", "http://u.v/w", "!", " "]
)
TEXT = st.lists(WORDS, min_size=1, max_size=4).map(lambda words: entities.escape(" ".join(words)))


def element(tags, attributes=""):
    return lambda inner: st.tuples(st.sampled_from(tags), st.lists(inner, max_size=3)).map(
        lambda pair: f"<{pair[0]}{attributes}>{''.join(pair[1])}</{pair[0]}>"
    )


LEAF = TEXT | st.sampled_from(["<br>", " ", "<hr>", '<img src="/i.png" alt="an image">', "<br/><br/>"])
INLINE = st.recursive(
    LEAF,
    lambda inner: (
        element(["b", "strong", "i", "em", "s", "code", "span", "u"])(inner)
        | element(["a"], ' href="https://x.y/z?a=b&amp;c=(d"')(inner)
    ),
    max_leaves=6,
)
BLOCKS = st.recursive(
    element(["p", "h2", "div", "pre"])(INLINE),
    lambda inner: (
        element(["blockquote", "div", "li"])(inner)
        | st.lists(inner, max_size=3).map(
            lambda items: "<ul>" + "".join(f"<li>{one}</li>" for one in items) + "</ul>"
        )
        | st.lists(inner, max_size=3).map(
            lambda items: "<ol start=3>" + "".join(f"<li>{one}" for one in items) + "</ol>"
        )
        | st.lists(INLINE, max_size=3).map(
            lambda c: "<table><tr>" + "".join(f"<td>{x}</td>" for x in c) + "</tr></table>"
        )
    ),
    max_leaves=8,
)
HTML = st.lists(BLOCKS | INLINE, max_size=4).map("".join)


def letters(part):
    """Return all text in a document, without blanks."""
    match part:
        case Run(text, _, image):
            return "".join((text + (image.alt if image else "")).split())
        case Code(text):
            return "".join(text.split())
        case tuple():
            return "".join(map(letters, part))
        case Paragraph(runs) | Heading(_, runs):
            return letters(runs)
        case Quote(inner) | Items(inner) | Grid(inner):
            return letters(inner)
        case _:
            return ""


@settings(max_examples=150, deadline=None)
@given(MARKDOWN)
@example("0\x1f0")
@example("- \n- a")
@example('[](x:y{"z":[]})')
@example("<http://x.y>*<http://x.y>`* * *")
@example("- \\\n* ---")
@example("a\n\n---\n[b](c)\n[](d)")
def test_markdown_is_stable_after_one_round_and_means_the_same(text):
    html = to_html(text)
    once = to_markdown(html)
    assert to_markdown(to_html(once)) == once
    assert canonical(to_html(once)) == canonical(html)


@settings(max_examples=150, deadline=None)
@given(MARKDOWN)
def test_a_description_does_not_drift_in_five_rounds_through_odoo(text):
    texts = [text]
    for _ in range(5):
        texts.append(to_markdown(sanitised(to_html(texts[-1]))))
    assert texts[2:] == texts[1:2] * 4


@settings(max_examples=150, deadline=None)
@given(HTML)
@example("<table><tr><td>* |</td><td><code>a|b</code></td></tr></table>")
def test_html_becomes_markdown_that_is_stable(html):
    once = to_markdown(html)
    assert to_markdown(to_html(once)) == once


@settings(max_examples=150, deadline=None)
@given(HTML)
def test_html_loses_no_word_on_the_way(html):
    assert letters(read_html(to_html(to_markdown(html)))) == letters(read_html(html))


@settings(max_examples=150, deadline=None)
@given(HTML, HTML)
def test_the_canonical_form_tells_documents_apart(one, other):
    same = read_html(one, bare=True) == read_html(other, bare=True)
    assert (canonical(one) == canonical(other)) == same


@settings(max_examples=150, deadline=None)
@given(HTML)
def test_the_canonical_form_is_a_function_of_the_document_alone(html):
    assert canonical(html) == Printer().document(read_html(html, bare=True))
