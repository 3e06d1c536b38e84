"""Which lines of a task list are which, after somebody edited the description that they stand in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from isthmus.trello.task_list import Line, TaskList


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as it was shown last: the id of its record, its list's number, and what it said."""

    id: int
    place: int
    line: Line


def assigned(
    shown: Sequence[Shown], lists: Sequence[TaskList], keys: Mapping[str, int]
) -> list[list[int | None]]:
    """Return for each line of the lists the record that it is; None for a new one.

    ``keys``: id of the check item -> record. A line is known by its key; where an editor gave two lines one
    key (it splits a line so), the one that says what was shown has it, else the first. A line without a key
    is the one of the same text, in the same list before others. What is left over is taken as renamed where
    nothing else can have happened: one line without a record, between the neighbours of one that is missing.
    """
    found: list[list[int | None]] = [[None] * len(one.lines) for one in lists]
    spots = [
        (place, number, line) for place, one in enumerate(lists) for number, line in enumerate(one.lines)
    ]
    said = {one.id: one.line.text for one in shown}
    taken: set[int] = set()
    for place, number, line in sorted(
        spots, key=lambda one: said.get(keys.get(one[2].key, 0)) != one[2].text
    ):
        record = keys.get(line.key)
        if record is not None and record not in taken:
            found[place][number] = record
            taken.add(record)
    for same_place in (True, False):
        for place, number, line in spots:
            if found[place][number] is None:
                record = _of_text(line.text, shown, taken, place if same_place else None)
                if record is not None:
                    found[place][number] = record
                    taken.add(record)
    for place, number, record in _renamed(shown, found, taken):
        found[place][number] = record
    return found


def _of_text(text: str, shown: Sequence[Shown], taken: set[int], place: int | None) -> int | None:
    for one in shown:
        if one.line.text == text and one.id not in taken and place in (None, one.place):
            return one.id
    return None


def _renamed(
    shown: Sequence[Shown], found: Sequence[Sequence[int | None]], taken: set[int]
) -> Iterator[tuple[int, int, int]]:
    """Yield ``(list, number, record)`` of lines that can only be a missing one with another text."""
    for place, row in enumerate(found):
        before = [(one.id, one.id in taken) for one in shown if one.place == place]
        missing = _gaps(before)
        now = [(number, False) if record is None else (record, True) for number, record in enumerate(row)]
        for around, new in _gaps(now).items():
            gone = missing.get(around, [])
            if len(new) == len(gone) == 1:
                yield place, new[0], gone[0]


def _gaps(row: Sequence[tuple[int, bool]]) -> dict[tuple[int | None, int | None], list[int]]:
    """Return what is not known in a row, by the known ones before and behind it; None at the ends."""
    found: dict[tuple[int | None, int | None], list[int]] = {}
    before: int | None = None
    gap: list[int] = []
    for one, is_known in row:
        if not is_known:
            gap.append(one)
            continue
        if gap:
            found[before, one] = gap
        before, gap = one, []
    if gap:
        found[before, None] = gap
    return found


def list_ids(
    lists: Sequence[TaskList], shown: Sequence[tuple[str, str]], of_lines: Sequence[Sequence[str]]
) -> list[str]:
    """Return for each list the checklist that it is, "" for a new one.

    ``shown``: key and name of each list as it was shown; ``of_lines``: the checklists of the known lines of
    each list now. A list is known by its key; else by its name, where only one had it; else by its lines.
    """
    names = Counter(name for _, name in shown)
    by_name = {name: key for key, name in shown if names[name] == 1}
    known = {key for key, _ in shown} | {one for row in of_lines for one in row}
    result: list[str] = []
    for one, row in zip(lists, of_lines, strict=True):
        most = Counter(row).most_common(1)
        wishes = [one.key if one.key in known else "", by_name.get(one.name, ""), most[0][0] if most else ""]
        result.append(next((key for key in wishes if key and key not in result), ""))
    return result
