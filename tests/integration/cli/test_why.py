"""``isthmus why``: the story of a card, told without asking anybody."""

from __future__ import annotations

from isthmus.app import App
from isthmus.odoo import OdooConnection
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import TrelloSandbox
from tests.command import Command


def test_the_story_of_a_card_is_told_while_both_sides_are_silent(
    work: Command, odoo: OdooSandbox, trello: TrelloSandbox
) -> None:
    work("import", "work")
    client = OdooConnection(odoo.url, odoo.database, odoo.login, odoo.api_key)
    (task,) = client.execute(
        "project.task",
        "search_read",
        kwargs={"domain": [["parent_id", "=", False]], "fields": ["name"], "limit": 1},
    )
    client.execute("project.task", "write", [task["id"]], kwargs={"vals": {"name": "By hand"}})
    work("export", "work")
    work("export", "work", "--later")
    asked = len(odoo.log), len(trello.log)
    (known,) = work("why", "project.task", str(task["id"]), "--json").data
    card = known["story"]["external_id"]
    assert known["story"]["state"] == "synced"
    assert known["story"]["steps"][-1]["wrote"] == {"name": [task["name"], "By hand"]}
    shown = work("why", "trello.card", card)
    assert shown.code == 0
    for text in (
        card,
        "Both sides agree",
        "import: created",
        "export: updated",
        "'By hand'",
        "isthmus export",
    ):
        assert text in shown.out
    assert (len(odoo.log), len(trello.log)) == asked


def test_jobs_on_the_card_that_are_to_come_are_told_with_the_reason(work: Command) -> None:
    work("import", "work")
    with App.load() as app, app.environment() as env:
        found = env["trello.card"].search([], limit=1)
        card = found.external_id
        found.with_delay().import_record(found.backend_id, card)
    shown = work("why", "trello.card", card)
    assert "To come: trello.card.import_record, job" in shown.out
    assert "No worker is running." in shown.out


def test_what_nobody_knows_is_said_so(work: Command) -> None:
    unknown = work("why", "trello.card", "nobody")
    assert unknown.code == 1
    assert "Nothing is known of trello.card nobody." in unknown.out
    wrong = work("why", "trello.cart", "1")
    assert wrong.code == 2
    assert "Did you mean 'trello.card'?" in wrong.err
