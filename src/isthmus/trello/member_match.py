"""Which member of Trello is which user of Odoo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on either side. ``key`` is the member's id, or the user's; ``login`` the username."""

    key: Any
    login: str = ""
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The user of a member, and by what they were found: "hand", "before", "e-mail", "login" or "name"."""

    user: int
    by: str


def match_members(
    members: Iterable[Person],
    users: Iterable[Person],
    stated: Mapping[str, str],
    before: Mapping[str, int],
) -> dict[str, Match]:
    """Return member's id -> match; members of whom nobody can tell are left out.

    ``stated`` are the pairs given by hand, username or id of the member -> login of the user; "" says that
    the member is nobody. ``before`` are those found earlier: they stay as long as the user is there. The rest
    is found by e-mail, by login, and by full name, each only where it means one member and one user. Nobody
    is two members.
    """
    members, users = list(members), list(users)
    found: dict[str, Match] = {}
    taken: set[int] = set()
    silent = {one.key for one in members if _said(stated, one) is not None}
    for member, match in (*_stated(members, users, stated), *_earlier(members, users, before)):
        if member not in found and match.user not in taken and (match.by == "hand" or member not in silent):
            found[member] = match
            taken.add(match.user)
    for by, ours, theirs in (("e-mail", _email, _emails), ("login", _login, _login), ("name", _name, _name)):
        left = [one for one in members if one.key not in found and one.key not in silent]
        free = [one for one in users if one.key not in taken]
        for member, user in _meeting(left, free, ours, theirs):
            found[member] = Match(user, by)
            taken.add(user)
    return found


def _said(stated: Mapping[str, str], member: Person) -> str | None:
    return next((stated[name] for name in (member.key, member.login) if name in stated), None)


def _stated(
    members: list[Person], users: list[Person], stated: Mapping[str, str]
) -> Iterator[tuple[str, Match]]:
    by_login = {one.login: one.key for one in users}
    for member in members:
        user = by_login.get(_said(stated, member) or "")
        if user:
            yield member.key, Match(user, "hand")


def _earlier(
    members: list[Person], users: list[Person], before: Mapping[str, int]
) -> Iterator[tuple[str, Match]]:
    there = {one.key for one in users}
    for member in members:
        user = before.get(member.key)
        if user in there:
            yield member.key, Match(int(user or 0), "before")


def _meeting(members: list[Person], users: list[Person], ours: Any, theirs: Any) -> Iterator[tuple[str, int]]:
    """Yield those whom a mark joins, where it is the mark of one member and of one user."""
    marks = Counter(mark for one in members for mark in ours(one))
    owners: dict[str, set[int]] = {}
    for user in users:
        for mark in theirs(user):
            owners.setdefault(mark, set()).add(user.key)
    for member in members:
        for mark in ours(member):
            if marks[mark] == 1 and len(owners.get(mark, ())) == 1:
                yield member.key, next(iter(owners[mark]))
                break


def _email(one: Person) -> set[str]:
    return {one.email.casefold()} - {""}


def _emails(one: Person) -> set[str]:
    """A login is an address more often than not."""
    return {one.email.casefold(), one.login.casefold()} - {""}


def _login(one: Person) -> set[str]:
    return {one.login.casefold()} - {""}


def _name(one: Person) -> set[str]:
    return {" ".join(one.name.split()).casefold()} - {""}
