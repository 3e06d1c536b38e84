"""The objects of one request's transaction, by kind and identifier, as Trello's own JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from isthmus.records import Domain, Environment
from isthmus.sandbox.trello import template
from isthmus.sandbox.trello.errors import invalid_id, not_found
from isthmus.sandbox.trello.ids import is_id, is_short_link

Data = dict[str, Any]
Term = tuple[str, str, Any]


def _key(name: str) -> Callable[[Data], Any]:
    return lambda data: data.get(name) or False


def _pos(data: Data) -> float:
    return float(data.get("pos") or 0)


def _action_board(data: Data) -> Any:
    return (data["data"].get("board") or {}).get("id") or False


def _action_list(data: Data) -> Any:
    told = data["data"]
    found = told.get("list") or told.get("listAfter") or {}
    return found.get("id") or False


def _action_card(data: Data) -> Any:
    if data["type"] == "deleteCard":  # the card's own history is gone; this one belongs to the board
        return False
    return (data["data"].get("card") or {}).get("id") or False


def _changed(data: Data) -> Any:
    old = data["data"].get("old")
    return next(iter(old), False) if isinstance(old, dict) else False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: its model, what columns copy from the data, and the values that are not stored.

    Keys that equal the template's are left out of the row, which makes big boards much faster to read.
    """

    model: str
    columns: dict[str, Callable[[Data], Any]]
    template: Data = field(default_factory=dict)

    def row(self, data: Data) -> dict[str, Any]:
        """Return the values of a record."""
        copied = {name: read(data) for name, read in self.columns.items()}
        usual = self.template
        told = {name: value for name, value in data.items() if name not in usual or usual[name] != value}
        return {"external_id": data["id"], "data": told, **copied}


BY_BOARD = {"board": _key("idBoard"), "closed": _key("closed"), "pos": _pos}

KINDS = {
    "board": Kind(
        "sandbox.trello.board", {"short_link": _key("shortLink"), "closed": _key("closed")}, template.BOARD
    ),
    "list": Kind("sandbox.trello.list", BY_BOARD, template.LIST),
    "card": Kind(
        "sandbox.trello.card",
        {**BY_BOARD, "short_link": _key("shortLink"), "list": _key("idList")},
        template.CARD,
    ),
    "label": Kind("sandbox.trello.label", {"board": _key("idBoard")}),
    "member": Kind("sandbox.trello.member", {"username": _key("username")}, template.MEMBER),
    "checklist": Kind(
        "sandbox.trello.checklist",
        {"board": _key("idBoard"), "card": _key("idCard"), "pos": _pos},
    ),
    "customField": Kind("sandbox.trello.custom_field", {"board": _key("idModel"), "pos": _pos}),
    "action": Kind(
        "sandbox.trello.action",
        {
            "type": _key("type"),
            "changed": _changed,
            "date": _key("date"),
            "member": _key("idMemberCreator"),
            "board": _action_board,
            "list": _action_list,
            "card": _action_card,
        },
    ),
    "token": Kind("sandbox.trello.token", {"value": _key("value"), "member": _key("idMember")}),
    "webhook": Kind("sandbox.trello.webhook", {"token": _key("idToken"), "model": _key("idModel")}),
}


class State:
    """Read and write objects: change what :meth:`get` returns, then :meth:`save` it.

    Nested values may be shared with the templates: replace them, do not change them in place.

    Within one request :meth:`find` and :meth:`get` return the same dict for the same object.
    """

    def __init__(self, env: Environment) -> None:
        self.env = env
        self._rows: dict[tuple[str, str], int] = {}
        self._loaded: dict[tuple[str, str], Data] = {}

    # --- reading ---

    def rows(
        self, kind: str, *terms: Term | str, order: str | None = None, limit: int | None = None
    ) -> list[Data]:
        """Return the objects that a domain selects, in the kind's own order unless told otherwise."""
        model = KINDS[kind].model
        found = self.env.store(model).search_read(
            model, Domain.parse(list(terms)), ["data"], order=order or self.env[model]._order, limit=limit
        )
        rows, usual = self._rows, KINDS[kind].template
        for row in found:
            rows[kind, row["data"]["id"]] = row["id"]
        return [{**usual, **row["data"]} for row in found]

    def values(
        self, kind: str, column: str, *terms: Term | str, order: str | None = None, limit: int | None = None
    ) -> list[Any]:
        """Return one column of the objects that a domain selects."""
        model = KINDS[kind].model
        domain = Domain.parse(list(terms))
        found = self.env.store(model).search_read(model, domain, [column], order=order, limit=limit)
        return [row[column] for row in found]

    def count(self, kind: str, *terms: Term | str) -> int:
        """Return how many objects a domain selects."""
        model = KINDS[kind].model
        return self.env.store(model).count(model, Domain.parse(list(terms)))

    def find(self, kind: str, id_: object) -> Data | None:
        """Return the object with an identifier, or None."""
        if not is_id(id_):
            return None
        key = (kind, str(id_))
        if key not in self._loaded:
            for data in self.rows(kind, ("external_id", "=", id_), limit=1):
                self._loaded[key] = data
        return self._loaded.get(key)

    def get(self, kind: str, ref: str) -> Data:
        """Return an object by what a path names it: identifier, a board's or card's short link, a username.

        Raises ApiError 400 for what cannot be an identifier, 404 for an unknown one.
        """
        if is_id(ref):
            found = self.find(kind, ref)
        elif column := self._alias(kind, ref):
            found = self.find(kind, next(iter(self.values(kind, "external_id", (column, "=", ref))), None))
        else:
            raise invalid_id()
        if found is None:
            raise not_found()
        return found

    @staticmethod
    def _alias(kind: str, ref: str) -> str | None:
        if kind == "member":
            return "username"
        return "short_link" if kind in ("board", "card") and is_short_link(ref) else None

    def by_id(self, kind: str, ids: Iterable[str]) -> dict[str, Data]:
        """Return objects by identifier, in the order given; unknown ones are left out."""
        wanted = list(dict.fromkeys(ids))
        rows = self.rows(kind, ("external_id", "in", wanted), order="id") if wanted else []
        found = {data["id"]: data for data in rows}
        return {id_: found[id_] for id_ in wanted if id_ in found}

    # --- writing ---

    def add(self, kind: str, data: Data) -> Data:
        """Keep a new object."""
        self.add_all(kind, [data])
        self._loaded[kind, data["id"]] = data
        return data

    def add_all(self, kind: str, many: Iterable[Data]) -> None:
        """Keep new objects, in one statement."""
        row = KINDS[kind].row
        self.env[KINDS[kind].model].create([row(data) for data in many])

    def save(self, kind: str, data: Data) -> Data:
        """Keep a changed object."""
        self.save_all(kind, [data])
        return data

    def save_all(self, kind: str, many: Iterable[Data]) -> None:
        """Keep changed objects."""
        model = self.env[KINDS[kind].model]
        row = KINDS[kind].row
        model.write_each([(model.browse(self._row_id(kind, data["id"])), row(data)) for data in many])

    def remove(self, kind: str, *terms: Term | str) -> None:
        """Delete the objects that a domain selects."""
        self.env[KINDS[kind].model].search(list(terms)).unlink()
        self._loaded.clear()

    def _row_id(self, kind: str, id_: str) -> int:
        row = self._rows.get((kind, id_))
        if row is None:
            row = self.env[KINDS[kind].model].search([("external_id", "=", id_)], limit=1).id
            self._rows[kind, id_] = row
        return row
