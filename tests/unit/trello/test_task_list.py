"""Checklists in descriptions: reading, printing, and telling what an edit did."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from isthmus.sandbox.odoo.html import sanitised
from isthmus.trello.list_change import Shown, assigned, list_ids
from isthmus.trello.task_list import Line, TaskList, one_line, section_of, split, text_of

A, B, C = ("5f0000000000000000000601", "5f0000000000000000000602", "5f0000000000000000000603")

texts = st.text("ab <&>\"'é\n", min_size=1, max_size=8).map(one_line).filter(bool)
lines = st.builds(Line, texts, st.booleans(), st.sampled_from(["", A, B]))
lists = st.builds(
    TaskList, st.one_of(st.just(""), texts), st.lists(lines, min_size=1).map(tuple), st.sampled_from(["", C])
)


@given(st.lists(lists, max_size=3), st.sampled_from(["", "<p>x &lt; y</p>", "<h3>x</h3><ul><li>y</li></ul>"]))
def test_what_is_printed_reads_back_also_after_odoo_cleaned_it(
    given_lists: list[TaskList], text: str
) -> None:
    found = split(sanitised(text + section_of(given_lists)))
    assert list(found.lists) == given_lists
    assert found.text == text
    assert split(found.text + found.section) == found


def test_a_description_without_a_section_comes_back_as_it_was() -> None:
    for html in ("<p>a<br/>b</p>", '<ul class="o_checklist"><li id="checkId-17">own</li></ul>', ""):
        assert split(html).text == html
        assert not split(html).lists


def test_the_section_is_found_in_wrappers_and_without_its_border() -> None:
    html = section_of([TaskList("Plan", (Line("a", True, A), Line("b")), C)])
    bare = html.replace('<hr class="isthmus-checklists">', "")
    for wrapped in (f'<div class="x"><p>t</p>{html}<p><br></p></div>', f"<p>t</p>{bare}"):
        found = split(wrapped)
        assert found.lists == (TaskList("Plan", (Line("a", True, A), Line("b")), C),)
        assert text_of(wrapped) in ("<p>t</p>", "<p>t</p><p><br></p>")


def test_what_stands_behind_the_border_is_description() -> None:
    html = section_of([TaskList("Plan", (Line("a"),))])
    gone = html[: html.index("<ul")]
    assert text_of(f"<p>t</p>{html}<h2>More</h2><p>text</p>") == "<p>t</p><h2>More</h2><p>text</p>"
    assert text_of(f"<p>t</p>{gone}") == "<p>t</p>", "the heading of a list that was taken out goes with it"


def test_items_inside_of_items_are_lines_of_their_own() -> None:
    html = f'<hr class="isthmus-checklists"><ul class="o_checklist"><li id="checkId-{A}"><p>a</p>'
    html += '<ul class="o_checklist"><li class="o_checked">b<br>c</li></ul></li><li> </li></ul>'
    assert split(html).lists == (TaskList("", (Line("a", False, A), Line("b c", True))),)


def shown(*texts: str, place: int = 0, first: int = 1) -> list[Shown]:
    return [Shown(first + number, place, Line(text)) for number, text in enumerate(texts)]


def ids(before: list[Shown], *said: str | Line, keys: dict[str, int] | None = None) -> list[int | None]:
    members = tuple(Line(one) if isinstance(one, str) else one for one in said)
    (found,) = assigned(before, [TaskList("", members)], keys or {})
    return found


def test_a_line_that_an_editor_split_stays_the_one_that_says_what_it_said() -> None:
    keys = {A: 1}
    assert ids(shown("buy milk"), Line("buy milk", key=A), Line("eggs", key=A), keys=keys) == [1, None]
    assert ids(shown("buy milk"), Line("eggs", key=A), Line("buy milk", key=A), keys=keys) == [None, 1]
    assert ids(shown("buy milk"), Line("buy", key=A), Line("milk", key=A), keys=keys) == [1, None]


def test_lines_without_marks_are_known_by_their_text_and_renamed_where_it_is_certain() -> None:
    assert ids(shown("a", "b", "c"), "c", "a", "b") == [3, 1, 2]
    assert ids(shown("a", "a"), "a", "a", "a") == [1, 2, None]
    assert ids(shown("a", "b", "c"), "a", "B", "c") == [1, 2, 3]
    assert ids(shown("a", "b", "c"), "a", "X", "Y", "c") == [1, None, None, 3], "either could be it"
    assert ids(shown("a", "b"), "X", "Y") == [None, None]
    moved = assigned(
        [*shown("a"), *shown("b", place=1, first=9)],
        [TaskList("", (Line("b"),)), TaskList("", (Line("a"),))],
        {},
    )
    assert moved == [[9], [1]]


def test_a_list_is_known_by_its_mark_then_its_name_then_its_lines() -> None:
    before = [(A, "Plan"), (B, "Shop")]
    one, two = TaskList("Shop", (), A), TaskList("Plan", ())
    assert list_ids([one, two], before, [[], []]) == [A, ""]
    assert list_ids([two], before, [[]]) == [A]
    assert list_ids([TaskList("Renamed", ())], before, [[B, B, A]]) == [B]
    assert list_ids([TaskList("Plan", ())], [*before, (C, "Plan")], [[]]) == [""], "two bear the name"
    assert list_ids([TaskList("New", (), C)], before, [[]]) == [""], "that of another card"
