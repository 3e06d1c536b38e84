"""Members are matched with users where that is certain, and only there."""

from __future__ import annotations

from isthmus.trello.member_match import Match, Person, match_members

ANNA = Person("m1", "anna", "Anna Smith")
BEN = Person("m2", "ben", "Ben Jones", "ben@example.com")
U_ANNA = Person(11, "anna@example.com", "anna  smith", "anna@example.com")
U_BEN = Person(12, "ben@example.com", "Benjamin")


def test_email_login_and_name_find_users_in_this_order() -> None:
    users = [U_ANNA, U_BEN, Person(13, "ANNA", "Somebody else")]
    found = match_members([ANNA, BEN], users, {}, {})
    assert found == {"m1": Match(13, "login"), "m2": Match(12, "e-mail")}
    assert match_members([ANNA], [U_ANNA], {}, {}) == {"m1": Match(11, "name")}


def test_what_fits_two_fits_nobody() -> None:
    twin = Person("m3", "anna2", "Anna Smith")
    assert match_members([ANNA, twin], [U_ANNA], {}, {}) == {}
    assert match_members([ANNA], [U_ANNA, Person(14, "x", "Anna Smith")], {}, {}) == {}


def test_what_was_said_by_hand_wins_and_nobody_is_two_members() -> None:
    twin = Person("m3", "anna2", "Another Anna")
    found = match_members([ANNA, twin], [U_ANNA], {"anna2": "anna@example.com"}, {"m1": 11})
    assert found == {"m3": Match(11, "hand")}
    assert match_members([ANNA], [U_ANNA], {"anna": ""}, {"m1": 11}) == {}
    assert match_members([ANNA], [U_ANNA], {"m1": "nobody@example.com"}, {}) == {}


def test_who_was_found_before_stays_as_long_as_the_user_is_there() -> None:
    renamed = Person("m1", "other", "Other Name")
    assert match_members([renamed], [U_ANNA], {}, {"m1": 11}) == {"m1": Match(11, "before")}
    assert match_members([renamed], [U_BEN], {}, {"m1": 11}) == {}
