"""``isthmus backend``: any kind of backend, by the fields that its model declares."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run


def test_a_backend_is_added_checked_and_listed(shop: Run) -> None:
    added = shop("backend", "add", "shop", "demo", "--key", "hunter2", "--set", "country=be")
    assert added.code == 0
    assert "The shop is open." in added.out
    listed = shop("backend", "list", "--json").data
    assert [(one["name"], one["kind"], one["country"]) for one in listed] == [("demo", "shop.backend", "be")]


def test_secrets_are_never_shown(shop: Run, tmp_path: Path) -> None:
    added = shop("backend", "add", "shop", "demo", "--key", "hunter2")
    shown = shop("backend", "show", "demo")
    assert "hunter2" not in added.out + shown.out + shop("backend", "list", "--json").out
    assert shop("backend", "show", "demo", "--json").data["api_key"] == "set"
    assert b"hunter2" not in (tmp_path / "isthmus.sqlite").read_bytes()


def test_a_missing_secret_comes_from_the_environment(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISTHMUS_SHOP_API_KEY", "hunter2")
    assert shop("backend", "add", "shop", "demo").code == 0
    assert shop("backend", "check", "demo").out == "The shop is open.\n"


def test_a_missing_secret_is_read_from_stdin(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("wrong\n"))
    assert shop("backend", "add", "shop", "demo", "--no-check").code == 0
    assert shop("backend", "check", "demo").code == 3


def test_without_any_secret_nothing_is_added(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO())
    ran = shop("backend", "add", "shop", "demo")
    assert ran.code == 2
    assert "API key: nothing was given" in ran.err
    assert shop("backend", "list", "--json").data == []


def test_a_refused_key_leaves_no_backend_behind(shop: Run) -> None:
    ran = shop("backend", "add", "shop", "demo", "--key", "wrong")
    assert ran.code == 3
    assert ran.err == "Error: the shop refused the key\nHint: Use the right key.\n"
    assert shop("backend", "list", "--json").data == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["shpo", "demo"], "Did you mean 'shop'?"),
        (["shop", "demo", "--token", "x"], "shop.backend takes no --token"),
        (["shop", "demo", "--set", "contry=be"], "Did you mean 'country'?"),
        (["shop", "demo", "--set", "country"], "is not of the form field=value"),
        (["shop", "demo", "--set", "country=fr"], "country cannot be 'fr': expected one of be, ch"),
        (["shop", "demo", "--set", "limit=many"], "limit cannot be 'many': expected a number"),
        (["shop", "demo", "--set", "uuid=1"], "shop.backend has no field 'uuid' that can be set"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_way_out(
    shop: Run, arguments: list[str], sentence: str
) -> None:
    ran = shop("backend", "add", *arguments, "--key", "hunter2")
    assert ran.code == 2
    assert sentence in ran.err


def test_two_backends_may_not_have_one_name(shop: Run) -> None:
    assert shop("backend", "add", "shop", "demo", "--key", "a").code == 0
    ran = shop("backend", "add", "shop", "demo", "--key", "b")
    assert ran.code == 2
    assert "there is a backend 'demo' already" in ran.err


def test_an_unknown_backend_is_refused_with_the_nearest_name(shop: Run) -> None:
    shop("backend", "add", "shop", "demo", "--key", "a")
    ran = shop("backend", "show", "dmeo")
    assert ran.code == 2
    assert ran.err == "Error: there is no backend 'dmeo'; known: demo\nHint: Did you mean 'demo'?\n"


def test_fields_and_secrets_can_be_changed(shop: Run) -> None:
    shop("backend", "add", "shop", "demo", "--key", "a")
    assert shop("backend", "set", "demo", "country=ch", "limit=5", "--key", "wrong").code == 0
    shown = shop("backend", "show", "demo", "--json").data
    assert (shown["country"], shown["limit"]) == ("ch", 5)
    assert shop("backend", "check", "demo").code == 3
    assert shop("backend", "set", "demo").code == 2


def test_a_backend_is_removed(shop: Run) -> None:
    shop("backend", "add", "shop", "demo", "--key", "a")
    assert shop("backend", "remove", "demo").code == 0
    assert shop("backend", "list", "--json").data == []


def test_a_backend_with_pairs_is_removed_by_force_only(shop: Run) -> None:
    from isthmus.app import App

    shop("backend", "add", "shop", "demo", "--key", "a")
    with App.load() as app, app.environment() as env:
        backend = env["shop.backend"].search([])
        pair = {"backend_id": backend.id, "odoo_id": 7, "state": "synced"}
        env.store("shop.article").create("shop.article", [pair])
    ran = shop("backend", "remove", "demo")
    assert ran.code == 2
    assert "still pairs 1 record" in ran.err
    assert shop("backend", "remove", "demo", "--force").code == 0
