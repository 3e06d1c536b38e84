"""Webhooks of simulated Odoos and of the real one that is named: one hint for one change, none for none."""

from __future__ import annotations

import time

import pytest

from isthmus.hints import Hints
from isthmus.odoo import RpcStore
from isthmus.odoo.errors import UnknownModelError
from isthmus.odoo.feed import Watch, webhooks
from isthmus.testing import TrialApp
from isthmus.web import Hook, Receiver, WebServer
from isthmus.web.odoo_hook import read_odoo_hook
from tests.integration.odoo.conftest import Workshop

TASK = "project.task"


def arrived(hints: Hints, wanted: int) -> dict[str, tuple[int, set[int | str]]]:
    """Return how many hints of which records came, by source, once as many are there as are expected."""
    found: dict[str, tuple[int, set[int | str]]] = {}
    end = time.monotonic() + 20
    while sum(count for count, _ in found.values()) < wanted and time.monotonic() < end:
        hints.wait(0.2)
        for (source, _), one in hints.take().items():
            count, ids = found.get(source, (0, set()))
            found[source] = (count + one.count, ids | one.ids)
    return found


def test_a_change_is_one_hint(workshop: Workshop) -> None:
    store: RpcStore = workshop.store
    if store.connection.version().major < webhooks.SINCE:
        pytest.skip("this Odoo cannot send webhooks")
    try:
        store.fields(webhooks.RULE)
    except UnknownModelError:
        pytest.skip("this Odoo has no automation rules: its app base_automation is not installed")
    watch = Watch(TASK, (("project_id", "=", workshop.project),), deletions=True)
    hints = Hints(settle_s=0)
    with TrialApp(odoo=store) as app, app.environment() as env:
        known: list[Hook] = []
        with WebServer(Receiver(lambda: known, {"odoo": read_odoo_hook}, hints.add)) as server:
            try:
                shown = webhooks.install(env, "main", store, [watch], server.url)
                assert [one.is_active for one in shown] == [True, True]
                known += [Hook(*one) for one in webhooks.digests(env)]
                ids = workshop.tasks("a", "b", "c")
                assert arrived(hints, 3) == {"odoo/main": (3, set(ids))}
                store.write(TASK, [ids[0]], {"name": "a"})  # nothing changes
                store.write(TASK, [ids[1]], {"name": "changed"})
                assert arrived(hints, 1) == {"odoo/main": (1, {ids[1]})}
                store.unlink(TASK, [ids[2]])
                assert arrived(hints, 1) == {"odoo/main/deleted": (1, {ids[2]})}
            finally:
                assert webhooks.remove(env, "main", store) == 2
        rules = [one.rule for one in shown]
        assert store.read(webhooks.RULE, rules, ["name"]) == []
