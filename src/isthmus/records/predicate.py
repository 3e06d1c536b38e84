"""The Python reader of domains: a function that says whether a record is in the domain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from isthmus.records.condition import COMPARISONS, Reader, Schema
from isthmus.records.domain import Domain, Leaf
from isthmus.records.pattern import fits, fold
from isthmus.records.recordset import Recordset

if TYPE_CHECKING:
    from isthmus.records.environment import Environment
    from isthmus.records.fields import Field

Test = Callable[[Any], bool]


def predicate(domain: Domain, records: Any) -> Test:
    """Return a function that says whether a record of the same model as ``records`` is in the domain.

    Raises DomainError or FieldError, naming the offending term, before any record is looked at.
    """
    env = records.env
    reader = PythonReader(EnvironmentSchema(env), active_test=env.context.get("active_test", True))
    return reader.read(records._name, domain)


class EnvironmentSchema:
    """What an environment knows about its models, local and remote."""

    def __init__(self, env: Environment) -> None:
        self.env = env

    def fields(self, model: str) -> Mapping[str, Field]:
        return self.env[model]._fields

    def rec_name(self, model: str) -> str:
        return self.env[model]._rec_name or "name"

    def inherits(self, model: str) -> Mapping[str, str]:
        return self.env[model]._inherits


class PythonReader(Reader[Test]):
    """Build a function of a record, which is anything that gives ``record[field]`` in the neutral form.

    Relations must give iterables of records (recordsets do), that have an ``id``.
    """

    def __init__(self, schema: Schema, *, active_test: bool = True) -> None:
        super().__init__(schema, active_test=active_test)

    def constant(self, value: bool) -> Test:
        return lambda record: value

    def every(self, parts: list[Test]) -> Test:
        return lambda record: all(part(record) for part in parts)

    def some(self, parts: list[Test]) -> Test:
        return lambda record: any(part(record) for part in parts)

    def opposite(self, part: Test) -> Test:
        return lambda record: not part(record)

    def one_of(self, field: Field, values: Sequence[Any], empty: bool) -> Test:
        name, wanted, read = field.name, frozenset(values), _reader_of(field)

        def test(record: Any) -> bool:
            value = read(record, name)
            return empty if value is False else value in wanted

        return test

    def compare(self, field: Field, sign: str, value: Any, empty: bool) -> Test:
        name, holds, read = field.name, COMPARISONS[sign], _reader_of(field)

        def test(record: Any) -> bool:
            found = read(record, name)
            return empty if found is False else holds(found, value)

        return test

    def like(self, field: Field, pattern: str, fold: bool) -> Test:
        name = field.name
        prepare = _folded if fold else str
        wanted = prepare(pattern)

        def test(record: Any) -> bool:
            value = record[name]
            return value is not False and value != "" and fits(wanted, prepare(str(value)))

        return test

    def linked(self, field: Field, ids: Sequence[int] | None) -> Test:
        if ids is None:
            return lambda record: bool(_links(_with_archived(record), field))
        wanted = frozenset(ids)
        return lambda record: not wanted.isdisjoint(_links(_with_archived(record), field))

    def related(self, field: Field, domain: Domain) -> Test:
        name, part = field.name, self.read(str(getattr(field, "comodel", "")), domain)
        return lambda record: any(part(related) for related in _with_archived(record)[name])

    def within(self, model: str, roots: Domain, upwards: bool) -> Test:
        is_root = self.read(model, roots)
        if not upwards:
            return lambda record: any(is_root(one) for one in _lineage(record))
        return lambda record: any(
            record.id in {one.id for one in _lineage(root)} for root in _search_all(record, roots)
        )


_folded = fold


def _reader_of(field: Field) -> Callable[[Any, str], Any]:
    """Return how to read the field's comparable value: False when it is empty."""
    if field.name == "id":
        return lambda record, name: record.id
    if field.type == "many2one":
        return lambda record, name: next(iter(_links(record, field)), False)
    if field.type == "json":
        return lambda record, name: False if (value := record[name]) is None else value is not False
    return lambda record, name: record[name] or False


def _links(record: Any, field: Field) -> Sequence[int]:
    """Return the ids that a relation holds, without asking for the records: their model may be elsewhere."""
    if not isinstance(record, Recordset):
        return [related.id for related in record[field.name]]
    value = record._raw(field)  # type: ignore[attr-defined]
    return value if isinstance(value, list) else [value] if value else []


def _with_archived(record: Any) -> Any:
    """Return the record as it shows archived lines too."""
    return record.with_context(active_test=False) if isinstance(record, Recordset) else record


def _lineage(record: Any) -> Iterable[Any]:
    """Yield the record and its parents, each once even when they form a circle."""
    seen: set[int] = set()
    while record and record.id not in seen:
        seen.add(record.id)
        yield record
        record = record["parent_id"]


def _search_all(record: Any, roots: Domain) -> Iterable[Any]:
    if isinstance(roots, Leaf) and roots.path == "id":
        return record.browse(roots.value).exists()  # type: ignore[no-any-return]
    return record.with_context(active_test=False).search(roots)  # type: ignore[no-any-return]
