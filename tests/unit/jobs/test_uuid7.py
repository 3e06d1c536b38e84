"""Identifiers of jobs."""

from __future__ import annotations

import uuid

from isthmus.jobs.uuid7 import uuid7, uuids


def test_identifiers_are_uuids_of_version_7() -> None:
    found = uuid.UUID(uuid7())
    assert (found.version, found.variant) == (7, uuid.RFC_4122)


def test_identifiers_of_one_call_are_unique_and_in_order() -> None:
    found = uuids(20_000)
    assert len(set(found)) == 20_000
    assert found == sorted(found)


def test_later_identifiers_sort_after_those_of_an_earlier_millisecond() -> None:
    before = uuid7()
    while (after := uuid7())[:13] == before[:13]:
        pass
    assert after > before


def test_no_identifier_is_asked_for() -> None:
    assert uuids(0) == []


def test_identifiers_are_written_in_the_usual_form() -> None:
    assert all(str(uuid.UUID(one)) == one for one in uuids(100))
