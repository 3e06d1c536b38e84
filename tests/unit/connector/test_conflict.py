"""What is done with a field that both sides may have changed."""

from __future__ import annotations

from datetime import datetime

import pytest

from isthmus.connector.backend import POLICIES
from isthmus.connector.conflict import merge, settled

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
