"""Members: a table that says which member of Trello is which user of Odoo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from isthmus.connector import batch, verifier
from isthmus.connector.agreement import Agreement
from isthmus.connector.outcome import Outcome
from isthmus.connector.verifier import Verification
from isthmus.errors import ForbiddenError
from isthmus.records import fields
from isthmus.trello.adapter import TrelloAdapter
from isthmus.trello.entity import TrelloEntity
from isthmus.trello.member_match import Match, Person, match_members
from isthmus.trello.synchronizer import TrelloImporter


class Member(TrelloEntity):
    """A member of a synchronised board, and the user of Odoo that it is; empty where nobody can tell.

    The import fills the table, and writes nothing to Odoo. Members who left a board stay in it: they are on
    cards and in comments. There is nothing to verify: no side has to say it as well.
    """

    _name = "trello.member"
    _description = "Member"

    direction = "import"

    class Binding:
        odoo_id = fields.Many2one("res.users", "User", index=True)
        username = fields.Char("Username")
        full_name = fields.Char("Full name")
        matched_by = fields.Char("Found by", help="hand, e-mail, login or name.")

    class Adapter(TrelloAdapter):
        _path = "/members"
        _fields = ("fullName", "username", "email")
        _of_board = "members"

        def pages(self, filters: Any = None, cursor: Any = None) -> Iterator[tuple[list[Any], Any]]:
            """Yield the members of all boards at once, each of them once."""
            if not cursor:
                found = {one["id"]: one for board in self.boards() for one in self.of_board(board)}
                yield list(found.values()), {"done": True}

    class Importer(TrelloImporter):
        def run_page(self, records: Sequence[Mapping[str, Any]], force: bool = False) -> list[Outcome]:
            """Find the users of all members that are given, and keep what is new."""
            with self.telling(len(records)) as outcomes:
                known = self.binder.bindings(record["id"] for record in records)
                before = {key: row.odoo_id.id for key, row in known.items() if row.odoo_id}
                people, users = [_person(record) for record in records], self._users(before)
                matches = match_members(people, users, self.collection.members or {}, before)
                rehung = set[str]()
                for record in records:
                    id_ = record["id"]
                    values = self._values(record, matches.get(id_), known.get(id_))
                    kind = self._keep(id_, known.get(id_), values)
                    if kind != "unchanged":  # the table is nobody's record: only what is new in it is told
                        rehung.add(id_)
                        outcomes.append(Outcome(kind, id_, values["odoo_id"] or None, _called(record)))
                self._read_again(rehung)
            return outcomes

        def planned(self, outcomes: Sequence[Outcome]) -> None:
            """Nothing is done to either side, so nothing of it belongs into a plan."""

        def _users(self, before: Mapping[str, int]) -> list[Person]:
            """Return the internal users; where they may not be seen, those who were found before."""
            try:
                users = self.env["res.users"].search_fetch(
                    [("share", "=", False)], ["login", "name", "email"]
                )
                return [Person(one.id, one.login or "", one.name or "", one.email or "") for one in users]
            except ForbiddenError:
                return [Person(user) for user in before.values()]

        def _values(self, record: Mapping[str, Any], match: Match | None, binding: Any) -> dict[str, Any]:
            by = match.by if match else False
            return {
                "odoo_id": match.user if match else False,
                "matched_by": binding.matched_by if by == "before" and binding else by,
                "username": record.get("username") or False,
                "full_name": record.get("fullName") or False,
                "state": "synced" if match else "pending",
                "synced": match is not None,
            }

        def _keep(self, external_id: str, binding: Any, values: dict[str, Any]) -> str:
            if binding is None:
                pair = {"backend_id": self.collection.id, "external_id": external_id}
                self.model.create({**pair, **values, "last_sync_date": self.env.now})
                return "created"
            now = {name: binding[name] for name in values} | {"odoo_id": binding.odoo_id.id or False}
            if now == values:
                return "unchanged"
            binding.write({**values, "last_sync_date": self.env.now})
            return "updated"

        def _read_again(self, members: set[str]) -> None:
            """Have the next import look at who is on cards and items of members whose user is another now."""
            if members:
                self._forget("trello.card", "idMembers", members)
                self._forget("trello.checkitem", "idMember", members)

        def _forget(self, entity: str, field: str, members: set[str]) -> None:
            """Leave out of the base of pairs what a field says, where it names one of these members."""
            pairs = self.env[entity]
            changes = []
            for row in pairs._read_rows([("backend_id", "=", self.collection.id)], ["base"]):
                agreed = Agreement.of(row["base"])
                said = agreed.external.get(field) or ()
                if not members.isdisjoint([said] if isinstance(said, str) else said):
                    rest = {name: value for name, value in agreed.external.items() if name != field}
                    changes.append(
                        (pairs.browse(row["id"]), {"base": Agreement(rest, agreed.odoo).to_json()})
                    )
            if changes:
                pairs.write_each(changes)

    class BatchImporter(batch.BatchImporter):
        def sweep(self, met: set[str]) -> Iterator[Outcome]:
            yield from ()

    class Verifier(verifier.Verifier):
        def run(self, **options: Any) -> Verification:
            return Verification()


def _person(record: Mapping[str, Any]) -> Person:
    said = (record.get(name) or "" for name in ("username", "fullName", "email"))
    return Person(record["id"], *said)


def _called(record: Mapping[str, Any]) -> str:
    return str(record.get("fullName") or record.get("username") or record["id"])
