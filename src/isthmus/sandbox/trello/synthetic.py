"""Made-up boards of any size, in the form of an export: for benchmarks and for tests of size."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from isthmus.sandbox.trello import template
from isthmus.sandbox.trello.ids import IdFactory
from isthmus.sandbox.trello.timestamp import iso

Data = dict[str, Any]

EPOCH = datetime(2025, 1, 6, 9)
WORDS = (
    "plan", "draft", "review", "order", "paint", "ship", "test", "clean", "count", "mend", "pack", "label",
    "call", "visit", "print",
)  # fmt: skip


def board(cards: int, lists: int = 8, labels: int = 12, seed: int = 1) -> Data:
    """Return the export of a board with that many cards, spread over its lists; repeatable."""
    ids = IdFactory(seed)
    board_id, short_link = ids.new(EPOCH), ids.short_link()
    made_lists = [
        {
            "id": ids.new(EPOCH + timedelta(seconds=n)),
            "name": f"List {n + 1}",
            "closed": False,
            "idBoard": board_id,
            "pos": 65535 + 16384 * n,
        }
        for n in range(lists)
    ]
    colors = sorted(template.LABEL_COLORS)
    made_labels = [
        {
            "id": ids.new(EPOCH),
            "idBoard": board_id,
            "name": f"Label {n + 1}" if n % 4 else "",
            "color": colors[n % 30],
            "uses": 0,
        }
        for n in range(labels)
    ]
    return {
        "id": board_id,
        "name": f"{cards} cards",
        "desc": "",
        "closed": False,
        "shortLink": short_link,
        "shortUrl": f"https://trello.com/b/{short_link}",
        "lists": made_lists,
        "labels": made_labels,
        "cards": [_card(ids, board_id, made_lists, made_labels, n) for n in range(cards)],
        "actions": [],
        "checklists": [],
        "members": [],
        "memberships": [],
        "customFields": [],
    }


def _card(ids: IdFactory, board_id: str, lists: list[Data], labels: list[Data], number: int) -> Data:
    created = EPOCH + timedelta(seconds=60 + number * 7)
    worn = labels[number % len(labels)]["id"] if labels and number % 3 == 0 else None
    words = [WORDS[number % len(WORDS)], WORDS[number // len(WORDS) % len(WORDS)]]
    due = created + timedelta(days=number % 50)
    return {
        "id": ids.new(created),
        "idBoard": board_id,
        "idList": lists[number % len(lists)]["id"],
        "idShort": number + 1,
        "idLabels": [worn] if worn else [],
        "idMembers": [],
        "name": f"{' '.join(words)} {number + 1}",
        "desc": f"**Step {number + 1}**: {' '.join(words * 5)}.\n\n- one\n- two" if number % 2 else "",
        "pos": 65535 + 16384 * (number // len(lists)),
        "closed": number % 20 == 19,
        "due": iso(due) if number % 5 == 0 else None,
        "dueComplete": number % 10 == 0,
        "dateLastActivity": iso(created),
        "shortLink": ids.short_link(),
    }
