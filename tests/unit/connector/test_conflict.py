"""What is done with a field that both sides may have changed."""

from __future__ import annotations

import pytest

from isthmus.connector.backend import POLICIES
from isthmus.connector.conflict import merge

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


@pytest.mark.parametrize("policy", [policy for policy, _ in POLICIES])
def test_every_policy_of_a_backend_settles_a_field_the_same_way_from_both_sides(policy: str) -> None:
    inward = merge({"name": "Old"}, {"name": "in Odoo"}, {"name": "outside"}, policy, "external")
    outward = merge({"name": "Old"}, {"name": "outside"}, {"name": "in Odoo"}, policy, "odoo")
    if policy == "ask":
        assert inward.open == outward.open == {"name"}
    else:
        winner, loser = (inward, outward) if policy == "external" else (outward, inward)
        assert winner.write == loser.kept == {"name"}
