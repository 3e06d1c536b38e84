"""``isthmus conflicts``: a field that both sides changed, from finding it to settling it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.app import App
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import Limits, TrelloSandbox
from tests.command import Command
from tests.integration.trello.board import DONE, board, card


@pytest.fixture
def trello() -> Iterator[TrelloSandbox]:
    server = TrelloSandbox(key="k3y", token="t0k3n", limits=Limits.off())
    server.load(board([card(1, desc="Old **text**")]))
    with server:
        yield server


class Sides:
    """The card in Trello and its task in Odoo, edited from outside of Isthmus."""

    def __init__(self, odoo: OdooSandbox, client: Any, task: int) -> None:
        self._odoo, self._client, self._task = odoo, client, task

    @property
    def card(self) -> Any:
        return self._client.get(f"/cards/{card(1)['id']}")

    @property
    def task(self) -> Any:
        with self._odoo.environment() as env:
            return env["project.task"].browse(self._task).read(["name", "description", "stage_id"])[0]

    def edit(self, outside: dict[str, Any], inside: dict[str, Any]) -> None:
        self._client.put(f"/cards/{card(1)['id']}", outside)
        with self._odoo.environment() as env:
            env["project.task"].browse(self._task).write(inside)


@pytest.fixture
def sides(work: Command, odoo: OdooSandbox) -> Sides:
    assert work("backend", "set", "work", 'conflict_policies={"card": "ask"}').code == 0
    assert work("import", "work").code == 0
    with App.load() as app, app.environment() as env:
        task = env["trello.card"].search([]).odoo_id.id
        client = env["trello.backend"].search([]).client()
    sides = Sides(odoo, client, task)
    sides.edit(
        {"name": "In Trello", "desc": "New in *Trello*", "idList": DONE},
        {"name": "In Odoo", "description": "<p>New in <b>Odoo</b></p>"},
    )
    assert work("import", "work").code == 1
    return sides


def the_id(ran: Any) -> str:
    return re.search(r"card,\d+", ran.out)[0]  # type: ignore[index]


def test_a_conflict_is_listed_shown_and_settled_field_by_field(work: Command, sides: Sides) -> None:
    listed = work("conflicts", "list", "--backend", "work", "--entity", "card")
    assert [one in listed.out for one in ("In Trello", "In Odoo", "description")] == [True] * 3
    id_ = the_id(listed)
    shown = work("conflicts", "show", id_)
    assert "Old **text**" in shown.out
    assert "<" not in shown.out
    mark = work("conflicts", "show", id_, "--json").data["mark"]
    settled = work(
        "conflicts", "resolve", id_, "--take", "external", "--field", "name", "--seen", mark, "--json"
    )
    assert (settled.code, [one["field"] for one in settled.data]) == (0, ["name"])
    assert (sides.card["name"], sides.task["name"]) == ("In Trello", "In Trello")
    assert sides.card["desc"] == "New in *Trello*"
    rest = work("conflicts", "resolve", id_, "--value", "description=Agreed: *both*")
    assert rest.code == 0, rest.err
    assert sides.card["desc"] == "Agreed: *both*"
    assert "Agreed: <em>both</em>" in sides.task["description"]
    assert work("conflicts", "list").out == "No conflicts.\n"
    assert [one["decision"] for one in work("conflicts", "list", "--settled", "--json").data] == [
        "value",
        "external",
    ]
    assert work("verify", "work").code == 0
    again = [work("import", "work", "--json").counts, work("export", "work", "--json").counts]
    assert {kind for one in again for counts in one.values() for kind in counts} == {"unchanged"}


def test_a_value_that_changed_since_it_was_shown_is_not_written(work: Command, sides: Sides) -> None:
    id_ = the_id(work("conflicts", "list"))
    mark = work("conflicts", "show", id_, "--json").data["mark"]
    sides.edit({"name": "Later"}, {})
    assert work("import", "work").code == 1  # a round in between notes the new value
    refused = work("conflicts", "resolve", id_, "--take", "external", "--seen", mark)
    assert (refused.code, "changed since it was shown" in refused.err) == (1, True)
    assert (sides.card["name"], sides.task["name"]) == ("Later", "In Odoo")


def test_relations_are_shown_by_name(work: Command, sides: Sides) -> None:
    with App.load() as app, app.environment() as env:
        todo, done = (
            env["project.task.type"].search([("name", "in", ["To do", "Done"])], order="name desc").ids
        )
        third = env["project.task.type"].create({"name": "Waiting"}).id
        env["connector.conflict"].search([("field", "=", "name")]).write(
            {"field": "stage_id", "base": [todo], "odoo_value": [third], "external_value": [done]}
        )
    shown = work("conflicts", "show", the_id(work("conflicts", "list")))
    assert [name in shown.out for name in ("To do", "Waiting", "Done")] == [True] * 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "card"), "is no id of a conflict"),
        (("show", "card,999"), "no open conflict of card,999"),
        (("resolve", "ID"), "nothing was decided"),
        (("resolve", "ID", "--take", "trello"), "expected odoo or external"),
        (("resolve", "ID", "--take", "odoo", "--field", "desc"), "desc is not in conflict"),
        (("resolve", "ID", "--value", "name"), "not of the form field=value"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_can(
    work: Command, sides: Sides, arguments: tuple[str, ...], said: str
) -> None:
    id_ = the_id(work("conflicts", "list"))
    refused = work("conflicts", *(id_ if one == "ID" else one for one in arguments))
    assert (refused.code, said in refused.err) == (2, True), refused.err


def test_a_misspelt_field_of_a_policy_is_refused_with_the_nearest(work: Command) -> None:
    refused = work("backend", "set", "work", 'conflict_policies={"card": {"descripton": "ask"}}')
    assert (refused.code, "Did you mean 'description'?" in refused.err) == (2, True)
