"""Conflicts that wait for a person: found, followed, settled, over a database and a small shop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from isthmus.connector.conflict import Decision
from isthmus.connector.operation import export_backend, import_backend, verify_backend
from isthmus.errors import ConfigurationError, StaleDecisionError
from tests.integration.connector.shop import Shop
from tests.integration.connector.test_synchronizers import backend, database, env, shop

__all__ = ["backend", "database", "env", "shop"]

Round = Callable[[Any], dict[str, int]]


def counts(reports: list[Any]) -> dict[str, int]:
    return {kind: number for kind, number in reports[0].counts.items() if number}


def imported(backend: Any) -> dict[str, int]:
    return counts(import_backend(backend))


def exported(backend: Any) -> dict[str, int]:
    return counts(export_backend(backend))


class Pair:
    """A partner and its counterpart, both changed in the mail; by the policy "ask"."""

    def __init__(self, env: Any, backend: Any, shop: Shop) -> None:
        backend.conflict_policy = "ask"
        (self.id,) = shop.add(mail="base", town="Bern")
        import_backend(backend)
        self.env, self.backend, self.shop = env, backend, shop
        self.outside = shop.partners[self.id]
        self.partner.write({"email": "odoo"})
        self.outside["mail"] = "shop"

    @property
    def partner(self) -> Any:
        return self.env["shop.partner"].search([("external_id", "=", self.id)]).odoo_id

    @property
    def state(self) -> str:
        return str(self.env["shop.partner"].search([("external_id", "=", self.id)]).state)

    @property
    def entries(self) -> Any:
        return self.env["connector.conflict"].search([("state", "!=", "settled")])

    @property
    def mails(self) -> tuple[str, str]:
        return self.partner.email, self.outside["mail"]

    def round(self) -> tuple[dict[str, int], dict[str, int]]:
        return imported(self.backend), exported(self.backend)

    def said(self) -> list[tuple[str, Any, Any, Any]]:
        return [(one.field, *one.said().values()) for one in self.entries]

    def require_quiet(self) -> None:
        """Both sides agree, nothing is open, and a further round writes nothing."""
        self.shop.calls.clear()
        assert self.round() == ({"unchanged": 1}, {"unchanged": 1})
        assert (self.shop.count("write"), self.state, self.entries.ids) == (0, "synced", [])
        assert all(report.ok for report in verify_backend(self.backend))


@pytest.fixture
def pair(env: Any, backend: Any, shop: Shop) -> Pair:
    return Pair(env, backend, shop)


@pytest.mark.parametrize("first", [imported, exported])
def test_a_conflict_is_kept_once_with_the_base_and_both_values(pair: Pair, first: Round) -> None:
    assert first(pair.backend) == {"conflict": 1}
    assert pair.round() == ({"conflict": 1}, {"conflict": 1})
    assert pair.said() == [("email", "base", "odoo", "shop")]
    assert (pair.entries.external_field, pair.entries.name, pair.state) == ("mail", f"P{pair.id}", "conflict")


def test_the_other_fields_of_the_record_go_on_being_synchronised_both_ways(pair: Pair) -> None:
    pair.round()
    for number in range(2):  # again and again, without a false conflict about what was just written
        pair.outside["town"] = f"from the shop {number}"
        assert imported(pair.backend) == {"conflict": 1}
        assert pair.partner.city == f"from the shop {number}"
        pair.partner.write({"city": f"from Odoo {number}"})
        assert exported(pair.backend) == {"conflict": 1}
        assert pair.outside["town"] == f"from Odoo {number}"
    assert pair.said() == [("email", "base", "odoo", "shop")]
    assert pair.mails == ("odoo", "shop")


@pytest.mark.parametrize("first", [imported, exported])
def test_an_entry_follows_later_edits_of_either_side(pair: Pair, first: Round) -> None:
    pair.round()
    pair.partner.write({"email": "odoo again"})
    first(pair.backend)
    assert pair.said() == [("email", "base", "odoo again", "shop")]
    pair.outside["mail"] = "shop again"
    first(pair.backend)
    assert pair.said() == [("email", "base", "odoo again", "shop again")]


@pytest.mark.parametrize(
    ("odoo", "outside", "agreed"),
    [("shop", "shop", "shop"), ("odoo", "odoo", "odoo"), ("base", "shop", "shop"), ("odoo", "base", "odoo")],
    ids=["Odoo says the same", "the shop says the same", "Odoo took it back", "the shop took it back"],
)
@pytest.mark.parametrize("order", [(imported, exported), (exported, imported)])
def test_a_conflict_disappears_when_both_sides_agree_by_themselves(
    pair: Pair, order: tuple[Round, Round], odoo: str, outside: str, agreed: str
) -> None:
    pair.round()
    pair.partner.write({"email": odoo})
    pair.outside["mail"] = outside
    for run in order:
        run(pair.backend)
    assert pair.mails == (agreed, agreed)
    assert pair.env["connector.conflict"].search([]).decision == "agreed"
    pair.require_quiet()


@pytest.mark.parametrize(("take", "mail"), [("odoo", "odoo"), ("external", "shop")])
def test_a_side_that_is_taken_is_written_to_the_other(pair: Pair, take: str, mail: str) -> None:
    pair.round()
    entries = pair.entries
    entries.resolve(take=take, who="Ada")
    assert pair.mails == (mail, mail)
    assert (entries.state, entries.decision, entries.decided_by) == ("settled", take, "Ada")
    pair.require_quiet()


def test_a_value_of_its_own_is_written_to_both(pair: Pair) -> None:
    pair.round()
    pair.entries.resolve(values={"email": "third"})
    assert pair.mails == ("third", "third")
    pair.require_quiet()


def test_a_conflict_is_settled_field_by_field(pair: Pair) -> None:
    pair.partner.write({"city": "Oslo"})
    pair.outside["town"] = "Rome"
    pair.round()
    assert [one.field for one in pair.entries] == ["city", "email"]
    pair.entries.filtered(lambda one: one.field == "city").resolve(take="external")
    assert (pair.partner.city, pair.outside["town"], pair.mails) == ("Rome", "Rome", ("odoo", "shop"))
    assert (pair.state, [one.field for one in pair.entries]) == ("conflict", ["email"])
    pair.entries.resolve(take="odoo")
    assert pair.mails == ("odoo", "odoo")
    pair.require_quiet()


@pytest.mark.parametrize("side", ["odoo", "shop"])
def test_values_that_changed_since_they_were_shown_are_asked_about_again(pair: Pair, side: str) -> None:
    pair.round()
    if side == "odoo":
        pair.partner.write({"email": "later"})
    else:
        pair.outside["mail"] = "later"
    before = pair.mails
    with pytest.raises(StaleDecisionError, match="email changed since it was shown"):
        pair.entries.resolve(take="odoo")
    assert pair.mails == before
    assert "later" in pair.said()[0]
    pair.entries.resolve(take="odoo")
    assert len(set(pair.mails)) == 1


def test_a_round_in_between_does_not_hide_that_the_values_changed(pair: Pair) -> None:
    pair.round()
    shown = pair.entries.mark()
    pair.outside["mail"] = "later"
    pair.round()
    with pytest.raises(StaleDecisionError):
        pair.entries.resolve(take="external", seen=shown)
    assert pair.mails == ("odoo", "later")
    pair.entries.resolve(take="external", seen=pair.entries.mark())
    assert pair.mails == ("later", "later")


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    ("decided", "mail"),
    [({"take": "odoo"}, "odoo"), ({"take": "external"}, "shop"), ({"values": {"email": "third"}}, "third")],
)
@pytest.mark.parametrize("step", ["decided", "read", "written in Odoo", "written outside"])
@pytest.mark.parametrize("order", [(imported, exported), (exported, imported)])
def test_a_decision_survives_a_kill_at_every_step(
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    decided: Any,
    mail: str,
    order: tuple[Round, Round],
) -> None:
    """What was decided and committed is carried out by whatever runs next, in either order."""
    pair.round()
    pair.env.commit()
    with pair.backend.work_on("shop.partner") as work:
        adapter, partners = type(work.component(usage="backend.adapter")), type(pair.partner)

    def kill_after(cls: Any, name: str) -> None:
        method = getattr(cls, name)

        def act_and_die(*args: Any, **kwargs: Any) -> Any:
            method(*args, **kwargs)
            raise Killed

        monkeypatch.setattr(cls, name, act_and_die)

    match step:
        case "decided":
            kill_after(type(work.component(usage="record.importer")), "_item")
        case "read":
            kill_after(type(work.component(usage="record.importer")), "_map")
        case "written in Odoo":
            kill_after(partners, "write_each")
        case "written outside":
            kill_after(adapter, "write")
    try:
        pair.entries.resolve(**decided)
    except Killed:
        pair.env.rollback()
    monkeypatch.undo()
    for run in order * 2:
        run(pair.backend)
    assert pair.mails == (mail, mail)
    assert pair.env["connector.conflict"].search([]).decision == (decided.get("take", "value"))
    pair.require_quiet()


def test_a_decision_whose_values_moved_on_before_it_was_carried_out_is_asked_again(pair: Pair) -> None:
    pair.round()
    pair.entries.write({"state": "decided", "decision": "odoo"})
    pair.outside["mail"] = "later"
    assert pair.round() == ({"conflict": 1}, {"conflict": 1})
    assert pair.mails == ("odoo", "later")
    assert (pair.entries.state, pair.entries.decision) == ("open", False)


def test_what_cannot_be_decided_is_refused_with_what_can(pair: Pair) -> None:
    pair.round()
    for arguments, said in (
        ({}, "nothing was decided about email"),
        ({"take": "shop"}, "take is 'shop'"),
        ({"values": {"mail": "x"}}, "mail is not in conflict"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            pair.entries.resolve(**arguments)  # type: ignore[arg-type]
    assert pair.mails == ("odoo", "shop")
    assert Decision("odoo", "odoo", "shop").holds(*pair.mails)


def test_a_pair_that_was_deleted_has_no_conflict_any_more(pair: Pair) -> None:
    pair.round()
    del pair.shop.partners[pair.id]
    assert imported(pair.backend) == {"deleted": 1}
    assert not pair.entries


@pytest.mark.parametrize("order", [(imported, exported), (exported, imported)])
def test_a_field_and_an_entity_have_policies_of_their_own(
    pair: Pair, shop: Shop, order: tuple[Round, Round]
) -> None:
    pair.backend.conflict_policies = {"partner": {"email": "odoo", "city": "external"}}
    pair.partner.write({"city": "Oslo", "name": "Odoo's"})
    pair.outside.update(town="Rome", title="the shop's")
    for run in order * 2:
        run(pair.backend)
    assert pair.mails == ("odoo", "odoo")
    assert (pair.partner.city, pair.outside["town"]) == ("Rome", "Rome")
    assert [one.field for one in pair.entries] == ["name"]


@pytest.mark.parametrize(
    ("policy", "run", "odoo", "outside"),
    [("odoo", imported, "base", "shop"), ("external", exported, "odoo", "base")],
)
def test_a_side_that_won_and_then_takes_its_change_back_is_followed_all_the_same(
    pair: Pair, policy: str, run: Round, odoo: str, outside: str
) -> None:
    """Between the run that lets a value stand and the one that writes it, that value is taken back."""
    pair.backend.conflict_policy = policy
    run(pair.backend)
    pair.partner.write({"email": odoo})
    pair.outside["mail"] = outside
    pair.round()
    assert pair.mails == ("base", "base")
    pair.require_quiet()


def test_a_misspelt_field_of_a_policy_is_refused_where_the_fields_are_known(backend: Any) -> None:
    with pytest.raises(ConfigurationError, match="entity 'partnr'"):
        backend.write({"conflict_policies": {"partnr": "ask"}})


def test_a_field_that_a_rule_brings_along_overwrites_nothing(pair: Pair, shop: Shop) -> None:
    """One method maps two source fields: only what changed outside is news, whatever the policy."""
    pair.backend.conflict_policy = "external"
    pair.round()
    with pair.backend.work_on("shop.partner") as work:
        importer = work.component(usage="record.importer")
        mapper = type(importer.mapper)
    rules = mapper.rules()
    widened = tuple(replace(rule, sources=frozenset({"mail", "town"})) for rule in rules)
    mapper._rules = widened
    try:
        pair.partner.write({"city": "Oslo"})
        pair.outside["mail"] = "new"
        imported(pair.backend)
        exported(pair.backend)
    finally:
        mapper._rules = rules
    assert (pair.partner.city, pair.outside["town"]) == ("Oslo", "Oslo")
    assert pair.mails == ("new", "new")


def test_there_is_nothing_to_decide_once_a_side_took_its_change_back(pair: Pair) -> None:
    """Taking Odoo's value, which is what was agreed, must not end with the shop's in Odoo."""
    pair.round()
    entries = pair.entries
    pair.partner.write({"email": "base"})
    with pytest.raises(StaleDecisionError, match="or one took its change back"):
        entries.resolve(take="odoo")
    with pytest.raises(ConfigurationError, match="no open conflict"):
        entries.resolve(take="odoo")
    pair.round()
    assert pair.mails == ("shop", "shop")
    pair.require_quiet()
