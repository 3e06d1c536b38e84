"""Checklists as lists at the end of descriptions (checklists=description), in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.direct import follow
from isthmus.connector.inbox import Subject, put
from isthmus.connector.operation import export_backend, import_backend, verify_backend
from isthmus.connector.round import sync_backend
from isthmus.demo import Stage
from isthmus.events.origin import reference
from isthmus.trello.task_list import split
from tests.integration.trello.board import board, card
from tests.integration.trello.both import Both
from tests.integration.trello.test_checklists import PLAN, SHOP, checklist, items
from tests.integration.trello.test_plan import planned

THINK, DO, REST = (f"5f00000000000000000006{number}" for number in ("10", "11", "12"))


class Listed(Both):
    """Both sides, where checklists are lists in descriptions."""

    def __init__(self, stage: Stage, env: Any) -> None:
        env["trello.backend"].search([]).checklists = "description"
        super().__init__(stage, env)

    @property
    def html(self) -> str:
        self.env.clear()
        return str(self.task(1).description)

    def edit(self, *changes: tuple[str, str]) -> None:
        """Edit the description as a person does."""
        html = self.html
        for before, after in changes:
            assert before in html
            html = html.replace(before, after, 1)
        self.task(1).write({"description": html})

    def shown(self) -> list[tuple[str, str, bool]]:
        return [(one.name, line.text, line.done) for one in split(self.html).lists for line in one.lines]

    def desc(self) -> str:
        found: Any = self.trello.get(f"/cards/{card(1)['id']}", fields=["desc"])
        return str(found["desc"])


@pytest.fixture
def both() -> Iterator[Listed]:
    lists = [
        checklist(
            PLAN, "Plan", 1, ("think", "complete"), ("do & <dare>", "incomplete"), ("rest", "incomplete")
        ),
        checklist(SHOP, "Shop", 2, ("milk", "incomplete")),
    ]
    cards = [card(1, idChecklists=[PLAN, SHOP], desc="What **for**"), card(2)]
    with Stage(board(cards, checklists=lists)) as stage, stage.app.environment() as env:
        yield Listed(stage, env)


def test_items_stand_at_the_end_of_the_description_and_not_in_the_cards(both: Listed) -> None:
    assert both.shown() == [
        ("Plan", "think", True), ("Plan", "do & <dare>", False), ("Plan", "rest", False),
        ("Shop", "milk", False),
    ]  # fmt: skip
    assert both.html.startswith("<p>What <strong>for</strong></p><hr")
    assert f'<li id="checkId-{THINK}" class="o_checked">think</li>' in both.html
    assert not both.env["project.task"].search([("parent_id", "!=", False)])
    for _ in range(3):
        both.settle()
    assert both.desc() == "What **for**"


def test_ticking_renaming_adding_and_moving_lines_does_it_to_the_items(both: Listed) -> None:
    both.edit(
        (f'<li id="checkId-{DO}">do &amp; &lt;dare&gt;</li>', ""),
        (f'<li id="checkId-{THINK}" class="o_checked">think</li>',
         f'<li id="checkId-{DO}" class="o_checked"><p>do <b>it</b></p></li><li>new</li>'
         f'<li id="checkId-{THINK}">think</li>'),
        ("<p>What", "<p>Say what"),
        ("</h3>", "</h3><p>A word behind the border</p>"),
    )  # fmt: skip
    both.settle()
    plan = [("Plan", "do it", "complete"), ("Plan", "new", "incomplete"), ("Plan", "think", "incomplete")]
    assert items(both) == [*plan, ("Plan", "rest", "incomplete"), ("Shop", "milk", "incomplete")]
    assert both.desc() == "Say what **for**\n\nA word behind the border"
    assert [text for _, text, _ in both.shown()] == ["do it", "new", "think", "rest", "milk"]
    both.trello.put(f"/cards/{card(1)['id']}/checkItem/{REST}", {"name": "rest well", "idChecklist": SHOP})
    both.trello.put(f"/cards/{card(1)['id']}", {"desc": "Other"})
    both.settle()
    assert ("Shop", "rest well", False) in both.shown()
    assert both.html.startswith("<p>Other</p><p>A word" if "<p>A word" in both.html else "<p>Other</p><hr")


def test_a_hint_about_an_item_or_a_description_is_followed(both: Listed) -> None:
    item = Subject("external", "trello.line", card(1)["id"])
    task = Subject("odoo", "project.task", str(both.task(1).id))
    app = both.stage.app

    def follow_hint(subject: Subject) -> int:
        put(app.database, app.registry, reference(both.backend), [subject], both.env.now)
        return follow(both.backend, [subject]).left

    both.trello.put(f"/cards/{card(1)['id']}/checkItem/{REST}", {"state": "complete"})
    assert (follow_hint(item), ("Plan", "rest", True) in both.shown()) == (0, True)
    both.edit((f'id="checkId-{DO}"', f'id="checkId-{DO}" class="o_checked"'))
    assert follow_hint(task) == 1  # a round is wanted
    sync_backend(both.backend)
    assert ("Plan", "do & <dare>", "complete") in items(both)
    both.settle()


def test_both_sides_may_edit_different_items_and_texts_between_two_rounds(both: Listed) -> None:
    both.edit((f'id="checkId-{DO}"', f'id="checkId-{DO}" class="o_checked"'), ("milk", "oat milk"))
    both.trello.put(f"/cards/{card(1)['id']}/checkItem/{REST}", {"state": "complete"})
    both.trello.put(f"/cards/{card(1)['id']}", {"desc": "Other"})
    import_backend(both.backend)
    both.settle()
    assert items(both) == [
        ("Plan", "think", "complete"), ("Plan", "do & <dare>", "complete"), ("Plan", "rest", "complete"),
        ("Shop", "oat milk", "incomplete"),
    ]  # fmt: skip
    assert both.shown() == [(name, text, state == "complete") for name, text, state in items(both)]
    assert both.html.startswith("<p>Other</p><hr")


def test_a_new_list_becomes_a_checklist_and_deletions_follow_the_policy(both: Listed) -> None:
    both.task(2).write(
        {"description": '<hr class="isthmus-checklists"><h3>Mine</h3><ul class="o_checklist"><li>one</li>'
         '<li class="o_checked">two</li></ul>'}
    )  # fmt: skip
    both.edit((f'<li id="checkId-{DO}">do &amp; &lt;dare&gt;</li>', ""))
    both.settle()
    assert items(both, 2) == [("Mine", "one", "incomplete"), ("Mine", "two", "complete")]
    assert ("Plan", "do & <dare>", "incomplete") in items(both), (
        "nothing is deleted unless the policy says so"
    )
    assert "dare" not in both.html
    both.backend.export_deletion = "delete"
    both.edit((f'<li id="checkId-{REST}">rest</li>', ""))
    both.trello.delete(f"/checklists/{SHOP}")
    both.settle()
    assert [name for _, name, _ in items(both)] == ["think", "do & <dare>"]
    assert both.shown() == [("Plan", "think", True)]


def test_a_section_that_is_gone_as_a_whole_is_written_again(both: Listed) -> None:
    both.backend.export_deletion = "delete"
    before = items(both)
    both.task(1).write({"description": "<p>Overwritten by another program</p>"})
    both.settle()
    assert items(both) == before
    assert both.shown() == [(name, text, state == "complete") for name, text, state in before]
    assert both.desc() == "Overwritten by another program"


def test_without_the_border_or_the_marks_of_the_items_the_lists_are_still_known(both: Listed) -> None:
    both.edit(('<hr class="isthmus-checklists">', ""), (">milk<", ">cream<"))
    both.settle()
    for id_ in (THINK, DO, REST):
        both.edit((f' id="checkId-{id_}"', ""))
    both.edit((">rest<", ">sleep<"))
    both.settle()
    assert items(both) == [
        ("Plan", "think", "complete"), ("Plan", "do & <dare>", "incomplete"), ("Plan", "sleep", "incomplete"),
        ("Shop", "cream", "incomplete"),
    ]  # fmt: skip
    assert both.desc() == "What **for**"
    assert f'id="checkId-{REST}"' in both.html, "it was renamed, not made anew"


def test_lists_that_lost_every_mark_are_left_to_a_person(both: Listed) -> None:
    both.task(1).write({"description": '<p>Mine</p><ul class="o_checklist"><li>think</li></ul>'})
    reports = {one.entity: one for one in export_backend(both.backend)}
    (failure,) = reports["trello.card"].failures
    assert "can no longer be told from its description" in str(failure)
    assert both.desc() == "What **for**"
    assert len(items(both)) == 4
    both.task(1).write({"description": "<p>Mine</p>"})
    both.settle()
    assert both.desc() == "Mine"
    assert len(both.shown()) == 4


def test_what_was_written_into_a_description_before_the_process_died_is_no_edit(both: Listed) -> None:
    both.trello.post(f"/checklists/{SHOP}/checkItems", {"name": "bread"})
    both.trello.put(f"/cards/{card(1)['id']}/checkItem/{THINK}", {"name": "think hard"})
    pair = both.env["trello.card"].search([("external_id", "=", card(1)["id"])])
    noted = pair.lists
    import_backend(both.backend)
    pair.lists = noted  # as it stays when the note is not committed
    both.settle()
    assert [name for _, name, _ in items(both)] == ["think hard", "do & <dare>", "rest", "milk", "bread"]
    assert all(report.ok for report in verify_backend(both.backend))


def test_a_plan_tells_of_each_line_and_writes_nothing(both: Listed) -> None:
    both.edit(
        (f'id="checkId-{DO}"', f'id="checkId-{DO}" class="o_checked"'),
        (">milk</li>", ">milk</li><li>eggs</li>"),
    )
    both.trello.put(f"/cards/{card(1)['id']}/checkItem/{REST}", {"name": "rest well"})
    plan = planned(both.stage)
    assert {(one.direction, one.entity, one.deed, one.name) for one in plan.records} == {
        ("import", "trello.line", "update", "rest well"),
        ("export", "trello.line", "update", "do & <dare>"),
        ("export", "trello.line", "create", "eggs"),
    }
    both.settle()
    assert [name for _, name, _ in items(both)] == ["think", "do & <dare>", "rest well", "milk", "eggs"]
