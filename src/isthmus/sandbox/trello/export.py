"""Board exports: Trello's own "Export as JSON", of any year, as the starting state of a board."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.errors import ImportDataError
from isthmus.sandbox.trello import template
from isthmus.sandbox.trello.derived import badges, board_url, card_url, tell_items
from isthmus.sandbox.trello.files import stood_in
from isthmus.sandbox.trello.ids import created_at, is_id
from isthmus.sandbox.trello.template import completed
from isthmus.sandbox.trello.timestamp import iso

Data = dict[str, Any]

HINT = 'Use the file that Trello gives: board menu, "Print, export, and share", "Export as JSON".'
PARTS = ("lists", "cards", "labels", "members", "checklists", "actions", "customFields")


@dataclass(frozen=True, slots=True)
class BoardExport:
    """The objects of a board export, completed with the keys that came to Trello later."""

    board: Data
    lists: list[Data]
    cards: list[Data]
    labels: list[Data]
    members: list[Data]
    checklists: list[Data]
    actions: list[Data]
    custom_fields: list[Data]


def read_export(source: str | Path | Data) -> BoardExport:
    """Read an export from a file or from its parsed JSON.

    Raises ImportDataError when the file cannot be read, is truncated, is not a board export, or has an object
    that cannot be used; the message names the file and the object. Cards of lists that are missing are kept.
    """
    name, data = ("the export", source) if isinstance(source, dict) else (str(source), _parse(Path(source)))
    _check(name, data)
    checklists = [_checklist(one) for one in data.get("checklists") or []]
    members = _members(data)
    return BoardExport(
        board=_board(data),
        lists=[completed(template.LIST, one) for one in data["lists"]],
        cards=_cards(data, checklists),
        labels=[completed(template.LABEL, one) for one in data.get("labels") or []],
        members=members,
        checklists=checklists,
        actions=[_action(one) for one in data.get("actions") or []],
        custom_fields=[completed(template.CUSTOM_FIELD, one) for one in data.get("customFields") or []],
    )


def _parse(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise ImportDataError(f"cannot read the board export {path}: {error.strerror}", hint=HINT) from error
    except UnicodeDecodeError as error:
        raise ImportDataError(f"{path} is not a board export: it is not UTF-8 text", hint=HINT) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise ImportDataError(
            f"{path} is not complete JSON ({where})", hint="Export the board again."
        ) from error


# --- checking ---


def _check(name: str, data: Any) -> None:
    if not isinstance(data, dict) or not is_id(data.get("id")) or not isinstance(data.get("name"), str):
        raise ImportDataError(f"{name} is not a Trello board export: no board id and name", hint=HINT)
    missing = [part for part in ("lists", "cards") if not isinstance(data.get(part), list)]
    if missing:
        raise ImportDataError(f"{name} is not a Trello board export: no {' and '.join(missing)}", hint=HINT)
    for part in PARTS:
        _check_part(name, part, data.get(part) or [])
    for key in ("idList", "name", "shortLink"):
        _check_texts(name, "cards", data["cards"], key)
    _check_texts(name, "lists", data["lists"], "name")


def _check_part(name: str, part: str, objects: Any) -> None:
    if not isinstance(objects, list):
        raise ImportDataError(f"{name}: {part} is not a list", hint=HINT)
    seen: set[str] = set()
    for number, one in enumerate(objects):
        id_ = one.get("id") if isinstance(one, dict) else None
        if not is_id(id_):
            raise ImportDataError(
                f"{name}: {part}[{number}] has no id of 24 hexadecimal digits: {id_!r}", hint=HINT
            )
        if id_ in seen:
            raise ImportDataError(f"{name}: {part}[{number}] has the id of another one: {id_!r}", hint=HINT)
        seen.add(str(id_))


def _check_texts(name: str, part: str, objects: list[Data], key: str) -> None:
    for number, one in enumerate(objects):
        if not isinstance(one.get(key), str):
            raise ImportDataError(f"{name}: {part}[{number}] ({one['id']}) has no {key}", hint=HINT)


# --- completing ---


def _board(data: Data) -> Data:
    own = {name: value for name, value in data.items() if name not in PARTS}
    board = completed(template.BOARD, own)
    board["labelNames"] = {**template.BOARD["labelNames"], **(data.get("labelNames") or {})}
    board["memberships"] = list(data.get("memberships") or [])
    board["shortLink"] = board["shortLink"] or data["id"][-8:]
    board["shortUrl"] = board["shortUrl"] or f"https://trello.com/b/{board['shortLink']}"
    board["url"] = board["url"] or board_url(board)
    board["dateLastActivity"] = board["dateLastActivity"] or iso(created_at(data["id"]))
    board["lastIdShort"] = max(_short_ids(data), default=0)
    return board


def _short_ids(data: Data) -> Iterable[int]:
    for card in data["cards"]:
        yield card.get("idShort") or 0
    for action in data.get("actions") or []:
        card = (action.get("data") or {}).get("card") or {}
        yield card.get("idShort") or 0


def _cards(data: Data, checklists: list[Data]) -> list[Data]:
    by_card: dict[str, list[Data]] = defaultdict(list)
    for checklist in sorted(checklists, key=lambda one: (one["pos"], one["id"])):
        by_card[checklist["idCard"]].append(checklist)
    return [_card(data, one, by_card[one["id"]]) for one in data["cards"]]


def _card(data: Data, one: Data, checklists: list[Data]) -> Data:
    card = completed(template.CARD, {**one, "idBoard": data["id"], "email": None})
    card.pop("labels", None)
    for name in ("idMembers", "idLabels", "idMembersVoted", "attachments", "customFieldItems", "pluginData"):
        card[name] = list(card[name] or [])
    card["idLabels"] = card["idLabels"] or [label["id"] for label in one.get("labels") or [] if "id" in label]
    attachments = [completed(template.ATTACHMENT, attachment) for attachment in card["attachments"]]
    card["attachments"] = [stood_in(attachment) for attachment in attachments]
    card["badges"] = badges(card)
    tell_items(card, checklists)
    card["shortUrl"] = card["shortUrl"] or f"https://trello.com/c/{card['shortLink']}"
    card["url"] = card["url"] or card_url(card)
    card["dateLastActivity"] = card["dateLastActivity"] or iso(created_at(card["id"]))
    return card


def _checklist(one: Data) -> Data:
    items = [
        {**template.CHECK_ITEM, **item, "idChecklist": one["id"]}
        for item in sorted(one.get("checkItems") or [], key=lambda item: item.get("pos", 0))
    ]
    return completed(template.CHECKLIST, {**one, "checkItems": items})


def _members(data: Data) -> list[Data]:
    """Return the members of the board, and those who left but are named in its history."""
    found = {one["id"]: one for one in data.get("members") or []}
    for action in data.get("actions") or []:
        for key in ("memberCreator", "member"):
            person = action.get(key)
            if isinstance(person, dict) and is_id(person.get("id")):
                found.setdefault(person["id"], person)
    return [completed(template.MEMBER, one) for one in found.values()]


def _action(one: Data) -> Data:
    return {
        "appCreator": None,
        "limits": None,
        **one,
        "data": one.get("data") or {},
        "type": one.get("type") or "unknown",
        "date": one.get("date") or iso(created_at(one["id"])),
    }
