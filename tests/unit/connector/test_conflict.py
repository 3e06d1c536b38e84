"""What is done with a field that both sides may have changed."""

from __future__ import annotations

from datetime import datetime

import pytest

from isthmus.connector.conflict import Decision, Merge, fate, merge, settled
from isthmus.connector.policy import POLICIES, joined, policy_of, read_policies
from isthmus.errors import ConfigurationError

BASE = {"name": "Fence", "due": None}


def test_what_nobody_changed_there_is_written() -> None:
    decided = merge(BASE, BASE, {"name": "New"}, "ask", "external")
    assert (decided.write, decided.agreed, decided.kept, decided.open) == ({"name"}, set(), set(), set())


def test_what_both_sides_say_is_agreed_whatever_the_base_was() -> None:
    assert merge(BASE, {"name": "New"}, {"name": "New"}, "ask", "external").agreed == {"name"}


def test_changes_in_different_fields_merge() -> None:
    decided = merge(BASE, {"name": "Theirs", "due": None}, {"due": "2027-01-15"}, "ask", "odoo")
    assert (decided.write, decided.open) == ({"due"}, set())


def test_a_field_that_the_base_does_not_know_is_no_conflict() -> None:
    assert merge({}, {"name": "Theirs"}, {"name": "Ours"}, "ask", "external").write == {"name"}


def test_what_our_side_did_not_change_is_no_conflict_whoever_wins() -> None:
    """A rule may bring a field along with the one that changed."""
    changed_there = {"name": "Theirs", "due": None}
    decided = merge(BASE, changed_there, {"name": "Fence", "due": "2027-01-15"}, "external", "external")
    assert (decided.kept, decided.write) == ({"name"}, {"due"})
    forced = merge(BASE, changed_there, {"name": "Fence"}, "external", "external", even_unchanged=True)
    assert forced.write == {"name"}


EARLY, LATE = datetime(2026, 11, 22, 12), datetime(2026, 11, 22, 13)


@pytest.mark.parametrize(
    ("external_at", "odoo_at", "winner"),
    [
        (EARLY, LATE, "odoo"),
        (LATE, EARLY, "external"),
        (EARLY, EARLY, "external"),
        (None, LATE, "external"),
        (EARLY, None, "external"),
    ],
)
def test_newest_is_the_side_that_changed_last(
    external_at: datetime | None, odoo_at: datetime | None, winner: str
) -> None:
    assert settled("newest", external_at, odoo_at) == winner


def test_other_policies_do_not_look_at_the_time() -> None:
    assert [settled(policy, EARLY, LATE) for policy in ("external", "odoo", "ask")] == [
        "external",
        "odoo",
        "ask",
    ]


@pytest.mark.parametrize("policy", [policy for policy, _ in POLICIES])
def test_every_policy_of_a_backend_settles_a_field_the_same_way_from_both_sides(policy: str) -> None:
    chosen = settled(policy, EARLY, LATE)
    inward = merge({"name": "Old"}, {"name": "in Odoo"}, {"name": "outside"}, chosen, "external")
    outward = merge({"name": "Old"}, {"name": "outside"}, {"name": "in Odoo"}, chosen, "odoo")
    if policy == "ask":
        assert inward.open == outward.open == {"name"}
    else:
        winner, loser = (inward, outward) if policy == "external" else (outward, inward)
        assert winner.write == loser.kept == {"name"}


# --- by entity and field ---

ENTITIES = ("trello.card", "trello.label")


@pytest.mark.parametrize(
    ("entity", "field", "policy"),
    [
        ("trello.card", "description", "odoo"),
        ("trello.card", "name", "ask"),
        ("trello.label", "name", "newest"),
        ("trello.list", "name", "external"),
    ],
)
def test_the_nearest_statement_about_a_field_counts(entity: str, field: str, policy: str) -> None:
    stated = {"card": {"description": "odoo", "*": "ask"}, "trello.label": "newest"}
    assert policy_of("external", read_policies(stated, ENTITIES), entity, field) == policy


@pytest.mark.parametrize(
    ("stated", "said", "hint"),
    [
        ({"crad": "ask"}, "the entity 'crad'", "'card'"),
        ({"card": "asks"}, "'asks' for trello.card, expected one of external, odoo, newest, ask", "'ask'"),
        ({"card": {"name": 7}}, "7 for trello.card.name", ""),
        ({"card": ["ask"]}, "['ask'] for trello.card", "Write it as"),
        ("ask", "'ask', expected entities", "Write it as"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_with_what_can(stated: object, said: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_policies(stated, ENTITIES)
    assert said in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_value_of_several_fields_follows_what_they_agree_on_or_a_person() -> None:
    assert (joined(["odoo", "odoo"]), joined(["odoo", "external"])) == ("odoo", "ask")


def test_the_policy_is_asked_for_what_is_in_conflict_only() -> None:
    asked = []

    def policy(field: str) -> str:
        asked.append(field)
        return "ask"

    merge(BASE, {"name": "There", "due": None}, {"name": "Here", "due": "2027-01-15"}, policy, "odoo")
    assert asked == ["name"]


# --- what becomes of an entry ---

TAKE_ODOO, TAKE_EXTERNAL = Decision("odoo", "b", "c"), Decision("external", "b", "c")
OPEN, WRITTEN, KEPT, UNHEARD = (
    Merge(open=frozenset({"f"})),
    Merge(write=frozenset({"f"})),
    Merge(kept=frozenset({"f"})),
    Merge(),
)


@pytest.mark.parametrize(
    ("decision", "direction", "merged", "became"),
    [
        (None, "import", OPEN, "open"),
        (None, "import", UNHEARD, "agreed"),  # the other side took its change back
        (None, "export", UNHEARD, "waiting"),  # only the import, which found it, can tell
        (None, "export", WRITTEN, "agreed"),
        (TAKE_ODOO, "import", OPEN, "open"),  # both sides moved on since
        (TAKE_ODOO, "import", KEPT, "waiting"),  # the export will write it
        (TAKE_ODOO, "export", WRITTEN, "settled"),
        (TAKE_EXTERNAL, "export", KEPT, "waiting"),
        (TAKE_EXTERNAL, "import", WRITTEN, "settled"),
        (TAKE_EXTERNAL, "import", UNHEARD, "settled"),
    ],
)
def test_an_entry_stays_as_long_as_something_is_to_be_done(
    decision: Decision | None, direction: str, merged: Merge, became: str
) -> None:
    assert fate("f", decision, "import", direction, merged, is_only=False) == became


def test_a_decision_holds_between_the_values_it_was_made_for_and_what_it_makes_of_them() -> None:
    both = Decision("value", "b", "c", "v")
    assert [both.holds(*pair) for pair in (("b", "c"), ("v", "c"), ("v", "v"), ("x", "c"), ("b", "x"))] == [
        True, True, True, False, False,
    ]  # fmt: skip
