"""A round that is told what changed looks at that alone, and loses nothing that it was told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.intake import Changes, ExportIntake, ImportIntake
from isthmus.connector.round import sync_backend
from isthmus.errors import BrakeError
from isthmus.inheritance import capture
from isthmus.testing import TrialApp
from tests.integration.connector.shop import Shop, declared

with capture() as feeds:

    class ShopFeed(ImportIntake):
        _name = "shop.feed"
        _inherit = ["connector.change.intake"]
        _collection = "shop.backend"
        _usage = "import.intake"

        def changes(self, cursor: Any) -> Changes:
            return self.env.service(Feeds).of("import", cursor)

    class OdooFeed(ExportIntake):
        _name = "shop.odoo.feed"
        _inherit = ["connector.change.intake"]
        _collection = "shop.backend"
        _usage = "export.intake"

        def changes(self, cursor: Any) -> Changes:
            return self.env.service(Feeds).of("export", cursor)


class Feeds:
    """What both sides tell, question by question; None: it cannot be told. ``asked`` has the cursors."""

    def __init__(self) -> None:
        self.told: dict[str, list[Any]] = {"import": [], "export": []}
        self.asked: list[tuple[str, Any]] = []

    def of(self, direction: str, cursor: Any) -> Changes:
        self.asked.append((direction, cursor))
        return Changes(self.told[direction], (cursor or 0) + 1)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def feed() -> Feeds:
    return Feeds()


@pytest.fixture
def env(shop: Shop, feed: Feeds) -> Iterator[Any]:
    with TrialApp(*declared, *feeds, services={Shop: shop, Feeds: feed}).environment() as env:
        env["shop.backend"].create({"name": "shop"})
        yield env


def run(
    env: Any, feed: Feeds, outside: Any, odoo: Any, **options: Any
) -> tuple[dict[str, int], dict[str, int]]:
    feed.told = {"import": outside, "export": odoo}
    done = sync_backend(env["shop.backend"].search([]), **options)
    inward, outward = done.imports[0].counts, done.exports[0].counts
    return {kind: n for kind, n in inward.items() if n}, {kind: n for kind, n in outward.items() if n}


def test_only_what_is_told_is_looked_at(env: Any, feed: Feeds, shop: Shop) -> None:
    one, two, three = shop.add(3)
    assert run(env, feed, None, None) == ({"created": 3}, {"unchanged": 3})
    shop.partners[one]["town"] = "Rome"
    shop.partners[two]["town"] = "Bern"
    odoo_id = env["shop.partner"].search([("external_id", "=", three)]).odoo_id.id
    env["s.partner"].browse(odoo_id).write({"email": "new"})
    (fresh,) = shop.add()
    born = env["s.partner"].create({"name": "Born here"}).id
    shop.calls.clear()
    assert run(env, feed, [one, fresh], [odoo_id, born]) == (
        {"updated": 1, "created": 1},
        {"updated": 1, "created": 1},
    )
    assert shop.count("page") == 0
    assert shop.partners[two]["town"] == "Bern"
    assert env["shop.partner"].search([("external_id", "=", two)]).odoo_id.city is False
    assert feed.asked == [("import", None), ("export", None), ("import", 1), ("export", 1)]


def test_nothing_told_is_nothing_asked_of_the_other_side(env: Any, feed: Feeds, shop: Shop) -> None:
    shop.add(3)
    run(env, feed, None, None)
    shop.calls.clear()
    assert run(env, feed, [], []) == ({}, {})
    assert shop.calls == []


def test_a_record_that_is_told_and_gone_follows_the_policy_and_the_brake(
    env: Any, feed: Feeds, shop: Shop
) -> None:
    ids = shop.add(4)
    run(env, feed, None, None)
    for id_ in ids[:2]:
        del shop.partners[id_]
    with pytest.raises(BrakeError):
        run(env, feed, [*ids, "never seen"], [], max_deletes="1")
    assert run(env, feed, [*ids, "never seen"], []) == ({"unchanged": 2, "deleted": 2}, {})


def test_what_failed_is_tried_again_though_nobody_tells_of_it_once_more(
    env: Any, feed: Feeds, shop: Shop
) -> None:
    (one,) = shop.add()
    run(env, feed, None, None)
    (bad,) = shop.add(town="boom")
    odoo_id = env["shop.partner"].search([]).odoo_id.id
    env["s.partner"].browse(odoo_id).write({"email": "new"})
    shop.refuse = {one}
    assert run(env, feed, [bad], [odoo_id]) == ({"failed": 1}, {"failed": 1})
    assert run(env, feed, [], []) == ({"failed": 1, "unchanged": 1}, {"failed": 1})
    shop.partners[bad]["town"] = "Rome"
    shop.refuse = set()
    assert run(env, feed, [], []) == ({"created": 1, "unchanged": 1}, {"updated": 1})
    assert run(env, feed, [], []) == ({"unchanged": 1}, {})
    assert run(env, feed, [], []) == ({}, {})


class Killed(BaseException):
    """The process ends here."""


def test_a_round_that_is_cut_off_is_told_the_same_again(
    env: Any, feed: Feeds, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = shop.add()
    run(env, feed, None, None)
    shop.partners[one]["town"] = "Rome"
    with monkeypatch.context() as patch:
        patch.setattr("isthmus.connector.batch.BatchImporter.between_pages", lambda self: die())
        with pytest.raises(Killed):
            run(env, feed, [one], [])
    assert feed.asked[-1] == ("import", 1)
    run(env, feed, [one], [])
    assert [asked for asked in feed.asked if asked[0] == "import"][-1] == ("import", 1)


def die() -> None:
    raise Killed


def test_a_round_ends_between_two_pages_when_it_is_told_to(env: Any, feed: Feeds, shop: Shop) -> None:
    shop.add(12)
    env.commit()
    feed.told = {"import": None, "export": None}
    asked = iter([False, False, True])
    done = sync_backend(env["shop.backend"].search([]), is_over=lambda: next(asked, True))
    assert (done.stopped, env["shop.partner"].search_count([])) == (True, 10)
    assert run(env, feed, None, None)[0] == {"created": 2}
    assert not env["connector.lease"].search([])
