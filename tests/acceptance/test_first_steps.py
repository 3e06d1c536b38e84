"""What the first page of the docs tells a user to do, as one process after the other."""

from __future__ import annotations

from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import TrelloSandbox
from tests.acceptance.conftest import Isthmus


def test_a_user_gets_from_an_empty_folder_to_a_verified_board(
    isthmus: Isthmus, odoo: OdooSandbox, trello: TrelloSandbox
) -> None:
    known = ("--odoo-database", odoo.database, "--odoo-login", odoo.login, "--odoo-key", "-")
    assert isthmus("init", "--odoo-url", odoo.url, *known, stdin=odoo.api_key).code == 0
    assert isthmus("odoo", "check").code == 0
    secrets = {"ISTHMUS_TRELLO_KEY": trello.key, "ISTHMUS_TRELLO_TOKEN": trello.token}
    added = isthmus("backend", "add", "trello", "work", "--set", f"url={trello.url}", **secrets)
    assert added.code == 0, added.err
    imported = isthmus("import", "work", "--json")
    assert imported.code == 0, imported.err
    assert imported.counts["trello.card"] == {"created": 11}
    verified = isthmus("verify", "work")
    assert (verified.code, verified.err) == (0, "")
    assert "Both sides agree." in verified.out
