"""The methods that clients may call on every model.

Each takes the recordset first (for methods of the model an empty one); parameter names are Odoo's, because
JSON-2 passes arguments by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from isthmus.sandbox.odoo import access, exporting, grouping, loading, reading
from isthmus.sandbox.odoo import fields_get as describing
from isthmus.sandbox.odoo.domains import DomainReader
from isthmus.sandbox.odoo.errors import database_error
from isthmus.sandbox.odoo.ordering import check_order
from isthmus.sandbox.odoo.rpc import Function, Method
from isthmus.sandbox.odoo.values import Intake, Values, all_fields

GENERIC: dict[str, Method] = {}


def _method(
    *, of_records: bool, writes: bool = False, since: int = 14, until: int = 99
) -> Callable[[Function], Function]:
    """File a function as a method of every model; type errors then read as those of ``BaseModel``."""

    def mark(function: Function) -> Function:
        name = function.__name__
        function.__qualname__ = f"BaseModel.{name}"
        GENERIC[name] = Method(name, function, of_records, writes, since, until)
        return function

    return mark


# --- searching -----------------------------------------------------------------------------------------


def _found(self: Any, domain: Any, offset: Any = 0, limit: Any = None, order: Any = None) -> Any:
    access.check(self, "read")
    terms = DomainReader(self.session).read(self, domain)
    limit = int(limit) if limit else None
    if limit is not None and limit < 0:
        raise database_error("InvalidRowCountInLimitClause", "LIMIT must not be negative\n")
    check_order(self, order)
    rule = access.rule(self.session, self._name)
    return self.search([*_closed(terms), *rule], offset=int(offset or 0), limit=limit, order=order or None)


def _closed(terms: list[Any]) -> list[Any]:
    """Return a domain that can stand before another one."""
    leaves = sum(1 for term in terms if not isinstance(term, str))
    operators = sum(1 for term in terms if isinstance(term, str) and term in "&|")
    return ["&"] * (leaves - 1 - operators) + terms


@_method(of_records=False)
def search(
    self: Any, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None
) -> list[int]:
    """Return the ids of the records in a domain."""
    return list(_found(self, domain, offset, limit, order).ids)


@_method(of_records=False)
def search_count(self: Any, domain: Any, limit: int | None = None) -> int:
    """Return how many records are in a domain."""
    return len(_found(self, domain, 0, limit, "id"))


@_method(of_records=False)
def search_read(
    self: Any,
    domain: Any = None,
    fields: Sequence[str] | None = None,
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
    load: str | None = "_classic_read",
) -> list[Values]:
    """Search and read at once."""
    return reading.rows(_found(self, domain or [], offset, limit, order), fields, load)


@_method(of_records=False, since=17)
def web_search_read(
    self: Any,
    domain: Any,
    specification: Mapping[str, Any],
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
    count_limit: int | None = None,
) -> Values:
    """Search and read along relations; ``length`` counts all that are in the domain."""
    found = _found(self, domain, offset, limit, order)
    length = len(found) if limit is None and not offset else search_count(self, domain, count_limit)
    return {"length": length, "records": reading.nested(found, specification)}


@_method(of_records=False)
def name_search(
    self: Any, name: str = "", domain: Any = None, operator: str = "ilike", limit: int | None = 100
) -> list[list[Any]]:
    """Return ``[id, name]`` of the records whose name matches."""
    terms = list(domain or [])
    if name:
        terms = [*_closed(terms), (self._rec_name, operator, name)]
    found = _found(self, terms, 0, limit)
    names = found.shown_names()
    return [[id_, names[id_]] for id_ in found.ids]


# --- reading -------------------------------------------------------------------------------------------


def _readable(self: Any) -> Any:
    access.check(self, "read")
    access.check_rule(self, "read")
    return self


@_method(of_records=True)
def read(self: Any, fields: Sequence[str] | None = None, load: str | None = "_classic_read") -> list[Values]:
    """Return the named fields of the records that exist."""
    return reading.rows(_readable(self), fields, load)


@_method(of_records=True, since=17)
def web_read(self: Any, specification: Mapping[str, Any]) -> list[Values]:
    """Read along relations."""
    return reading.nested(_readable(self), specification)


@_method(of_records=False)
def fields_get(
    self: Any, allfields: Sequence[str] | None = None, attributes: Sequence[str] | None = None
) -> Values:
    """Return what the fields of the model are."""
    return describing.described(self, allfields, attributes)


@_method(of_records=False)
def default_get(self: Any, fields: Sequence[str]) -> Values:
    """Return the values that a new record starts with."""
    known = all_fields(self)
    given = self.default_get([name for name in fields if name in known])
    return {name: reading.shown(self, known[name], value) for name, value in given.items()}


@_method(of_records=False)
def read_group(
    self: Any,
    domain: Any,
    fields: Sequence[str],
    groupby: Sequence[str] | str,
    offset: int = 0,
    limit: int | None = None,
    orderby: str | bool = False,
    lazy: bool = True,
) -> list[Values]:
    """Group records, the way it was before Odoo 19."""
    by = [groupby] if isinstance(groupby, str) else groupby
    groups = grouping.read_group(_found(self, domain), domain, fields, by, lazy=lazy)
    return groups[offset : None if limit is None else offset + limit]


@_method(of_records=False, since=19)
def formatted_read_group(
    self: Any,
    domain: Any,
    groupby: Sequence[str] = (),
    aggregates: Sequence[str] = (),
    having: Sequence[Any] = (),
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
) -> list[Values]:
    """Group records, the way of Odoo 19."""
    return grouping.formatted_read_group(_found(self, domain), groupby, aggregates, offset, limit)


@_method(of_records=True, writes=True)
def export_data(self: Any, fields_to_export: Sequence[str]) -> Values:
    """Return rows of text; asking for ``id`` gives records external ids."""
    return {"datas": exporting.exported(_readable(self), fields_to_export)}


@_method(of_records=True, since=18)
def has_access(self: Any, operation: str) -> bool:
    """Tell whether the caller may do this with the model."""
    return access.may(self.session, self._name, operation)


@_method(of_records=False)
def check_access_rights(self: Any, operation: str, raise_exception: bool = True) -> bool:
    """Tell whether the caller may do this with the model, or raise."""
    if raise_exception:
        access.check(self, operation)
    return access.may(self.session, self._name, operation)


# --- writing -------------------------------------------------------------------------------------------


def created(self: Any, values: Sequence[Any]) -> Any:
    """Create records from a client's rows."""
    access.check(self, "create")
    records = self.create(Intake(self.env).rows(self._name, values))
    access.check_rule(records, "create")
    return records


@_method(of_records=False, writes=True)
def create(self: Any, vals_list: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Any:
    """Create records: a list of ids for a list, one id for a dict (JSON-2 makes it a list)."""
    if isinstance(vals_list, Mapping):
        return created(self, [vals_list]).id
    return created(self, vals_list).ids


@_method(of_records=True, writes=True)
def write(self: Any, vals: Mapping[str, Any]) -> bool:
    """Write the same values to all records; without records nothing happens."""
    if not self:
        return True
    access.check(self, "write")
    self.check_existence()
    access.check_rule(self, "write")
    (values,) = Intake(self.env).rows(self._name, [vals])
    # A write of nothing, or of equal values, moves write_date all the same.
    self.write(values)
    return True


@_method(of_records=True, writes=True)
def unlink(self: Any) -> bool:
    """Delete the records."""
    if not self:
        return True
    access.check(self, "unlink")
    self.check_existence()
    access.check_rule(self, "unlink")
    return bool(self.unlink())


@_method(of_records=True, writes=True)
def copy(self: Any, default: Mapping[str, Any] | None = None) -> Any:
    """Duplicate records: a list of ids, before 18 the id of the only one."""
    access.check(self, "create")
    self.check_existence()
    (changes,) = Intake(self.env).rows(self._name, [default or {}])
    copies = self.create([{**row, **changes} for row in self.copied_values()])
    return copies.ids if self.session.series >= 18 else copies.id


@_method(of_records=False, writes=True)
def name_create(self: Any, name: str) -> list[Any]:
    """Create a record from its name alone."""
    record = created(self, [{self._rec_name: name}])
    return [record.id, record.shown_names()[record.id]]


@_method(of_records=False, writes=True)
def load(self: Any, fields: Sequence[str], data: Sequence[Sequence[Any]]) -> Values:
    """Create and update records from rows of text; see :mod:`isthmus.sandbox.odoo.loading`."""
    return loading.Loader(self, fields).load(data)


def _set_active(self: Any, value: bool) -> None:
    if self:
        write(self, {"active": value})


@_method(of_records=True, writes=True)
def action_archive(self: Any) -> None:
    """Archive the records. Returns nothing, which each protocol shows in its own way."""
    _set_active(self, False)


@_method(of_records=True, writes=True)
def action_unarchive(self: Any) -> None:
    """Take the records out of the archive. Returns nothing."""
    _set_active(self, True)


@_method(of_records=True, writes=True)
def toggle_active(self: Any) -> None:
    """Archive what is active, and the other way round. Returns nothing."""
    active = self.filtered("active")
    _set_active(active, False)
    _set_active(self - active, True)
