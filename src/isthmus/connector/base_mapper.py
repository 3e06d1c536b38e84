"""What both directions of mapping share: running the rules of a mapper over one record or over a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, ClassVar

from isthmus.connector import comparison
from isthmus.connector.converter import Converted
from isthmus.connector.map_child import LineErrors
from isthmus.connector.map_record import Failure, MappedPage, MapRecord, Options, mapping_error, under
from isthmus.connector.mapper_session import MapperSession
from isthmus.connector.mapping_table import TableRow, row_of
from isthmus.connector.modifiers import RecordMapper, Source
from isthmus.connector.rule import DirectRule, Rule, Step, child_rules, direct_rules, in_blocks, method_rules
from isthmus.errors import (
    ComponentError,
    ConcurrentWriteError,
    ConfigurationError,
    JobError,
    MappingError,
    RemoteError,
    SchemaError,
)

#: Errors of the surroundings, not of the value that is mapped: they end the call instead of failing a record.
SURROUNDINGS = (ComponentError, ConcurrentWriteError, ConfigurationError, JobError, RemoteError, SchemaError)


class Mapper(MapperSession):
    """Base of all mappers. Use :class:`ImportMapper` or :class:`ExportMapper`."""

    _name = "base.mapper"
    _abstract = True

    #: ``[(source, target), …]``; a source is a field name, a modifier or any ``(mapper, record, target)``.
    direct: ClassVar[Sequence[tuple[Source, str]]] = ()
    #: ``[(source, target, model), …]``: lines, mapped by the mapper of their model.
    children: ClassVar[Sequence[tuple[str, str, str]]] = ()
    #: When this mapper maps lines: the target field, or fields, by which a line is known among its siblings.
    key: ClassVar[str | Sequence[str] | None] = None

    #: "import" or "export".
    direction: ClassVar[str] = ""
    #: What an empty value becomes on the target side.
    empty: ClassVar[Any] = False
    # --- mapping ---

    def map_record(self, record: Any, parent: MapRecord | None = None) -> MapRecord:
        """Return the record ready to be mapped: ``.values()`` maps it, ``.update()`` sets values that win."""
        return MapRecord(self, record, parent)

    def map_one(
        self,
        map_record: MapRecord,
        *,
        for_create: bool,
        fields: Iterable[str] | None,
        options: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return the values of one record: see :meth:`MapRecord.values`."""
        parent = map_record.parent
        given = Options(options, for_create=for_create, fields=fields)
        with self.session(given, parent.mapper.links if parent else None):
            steps = self._steps(lambda record: map_record)
            values, problems = self._run(steps, map_record.source, map_record)
        if problems:
            raise problems[0] if parent else under(problems[0], self.record_label(map_record.source))
        return values

    def map_many(
        self,
        records: Iterable[Any],
        *,
        for_create: bool = False,
        fields: Iterable[str] | None = None,
        bindings: Sequence[Any] | None = None,
        **options: Any,
    ) -> MappedPage:
        """Map a page of records at once; records that fail are set aside with every rule that failed.

        ``fields`` and ``options`` are those of :meth:`MapRecord.values`. ``bindings`` are the records being
        updated, one for each record (None where there is none yet): lines are matched with theirs.
        What rules look up through binders is looked up for the whole page, one query for each relation.
        """
        page = list(records)
        given = Options(options, for_create=for_create, fields=fields)
        wrap: Callable[[Any], MapRecord] = partial(MapRecord, self)
        mapped: list[dict[str, Any] | None] = []
        failures: list[Failure] = []
        with self.session(given):
            self.prefetch(page)
            steps = self._steps(wrap)
            finished = type(self).finalize is not Mapper.finalize
            for index, record in enumerate(page):
                if bindings is not None:
                    self.options["binding"] = bindings[index]
                values, problems = self._run(steps, record, wrap(record) if finished else None)
                mapped.append(None if problems else values)
                for problem in problems:
                    error = under(problem, self.record_label(record, index))
                    failures.append(Failure(index, record, error))
        return MappedPage(page, mapped, failures)

    def finalize(self, map_record: MapRecord, values: dict[str, Any]) -> dict[str, Any]:
        """Hook: return the values to use, after all rules."""
        return values

    def changed_by_fields(self) -> set[str]:
        """Return every source field on which the result is known to depend."""
        return {field for rule in self.active_rules() for field in rule.sources or ()}

    def reads_anything(self) -> bool:
        """Tell whether some rule may depend on further fields: a function, an unmarked method."""
        return any(rule.sources is None for rule in self.active_rules())

    def remembering(self) -> list[tuple[str, Any]]:
        """Return the fields that go through a converter which remembers, with that converter.

        Odoo is not asked which of them it has.
        """
        sources = [rule.source for rule in self.rules() if isinstance(rule, DirectRule)]
        return [
            (one.source, one.converter)
            for one in sources
            if isinstance(one, Converted) and one.converter.remembers and one.source
        ]

    @classmethod
    def rules(cls) -> tuple[Rule, ...]:
        """Return the rules of the finished class, in the order in which they run."""
        if "_rules" not in cls.__dict__:
            cls._rules = cls.read_rules()
        return cls._rules

    _rules: ClassVar[tuple[Rule, ...]]

    def active_rules(self) -> tuple[Rule, ...]:
        """Return those rules whose field of Odoo is there, in the same order."""
        found: tuple[Rule, ...] | None = self.__dict__.get("_active")
        if found is None:
            there = (rule for rule in self.rules() if not rule.needs or self.field_of(rule.needs) is not None)
            found = self.__dict__["_active"] = tuple(there)
        return found

    @classmethod
    def read_rules(cls) -> tuple[Rule, ...]:
        """Read the rules from the class. Raises TypeError on an entry that is none."""
        return (*direct_rules(cls), *method_rules(cls), *child_rules(cls))

    @classmethod
    def table(cls) -> list[TableRow]:
        """Return the mapper as a table, one row for each rule: what ``isthmus map explain`` prints."""
        return [row_of(rule, cls.direction) for rule in cls.rules()]

    # --- comparing ---

    def comparable(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return mapped values in the form in which they are compared and kept as the base (JSON-ready)."""
        return {target: self.comparable_value(target, value) for target, value in values.items()}

    def comparable_value(self, target: str, value: Any) -> Any:
        """Return one mapped value in comparable form; equal results mean the same to the other side."""
        return comparison.neutral(value)

    def prefetch(self, records: Sequence[Any]) -> None:
        """Look up for all records at once what the rules would look up for each."""
        for rule in self._selected():
            rule.prefetch(self, records)

    def record_label(self, record: Any, index: int | None = None) -> str:
        """Return what to call a record in messages: ``order 42``. Override where its id has another name."""
        noun = (self.work.model_name or "record").rpartition(".")[2]
        found = self.peek(record, "id")
        if isinstance(found, (int, str)) and found:
            return f"{noun} {found}"
        return noun if index is None else f"{noun} at position {index}"

    # --- running rules ---

    def plain_step(self, sources: tuple[str, ...], targets: tuple[str, ...]) -> Step:
        """Return the step that takes values over as they are."""
        pick = self._picker(sources)
        return lambda record: dict(zip(targets, pick(record), strict=True))

    def _picker(self, sources: tuple[str, ...]) -> Callable[[Any], Sequence[Any]]:
        """Return the fastest function that reads several fields of a record."""
        pick = itemgetter(*sources) if len(sources) > 1 else lambda record: (record[sources[0]],)

        def read(record: Any) -> Sequence[Any]:
            try:
                found: Sequence[Any] = pick(record)
            except KeyError:
                found = [record.get(source) for source in sources]
            return found

        return read

    def _selected(self) -> list[Rule]:
        fields = self.options.fields
        chosen = None if fields is None else frozenset(fields)
        for_create = bool(self.options.for_create)
        return [rule for rule in self._bound_rules if rule.applies(for_create, chosen)]

    def _steps(self, wrap: Callable[[Any], MapRecord]) -> list[tuple[Rule, Step]]:
        return [(rule, rule.step(self, wrap)) for rule in in_blocks(self._selected())]

    @property
    def _bound_rules(self) -> list[Rule]:
        """The rules, with the relations among the plain ones going through a binder."""
        bound: list[Rule] | None = self.__dict__.get("_bound")
        if bound is None:
            bound = self.__dict__["_bound"] = [self._with_binder(rule) for rule in self.active_rules()]
        return bound

    def _with_binder(self, rule: Rule) -> Rule:
        if not isinstance(rule, DirectRule) or not isinstance(rule.source, str):
            return rule
        modifier = self.link_modifier(rule.source, rule.target)
        return (
            rule
            if modifier is None
            else DirectRule.of(modifier, rule.target, only_create=rule.only_create, needs=rule.needs)
        )

    def link_modifier(self, source: str, target: str) -> RecordMapper | None:
        """Return the modifier by which a plain rule goes through a binder; None when it is no relation."""
        return None

    def _run(
        self, steps: Sequence[tuple[Rule, Step]], record: Any, map_record: MapRecord | None
    ) -> tuple[dict[str, Any], list[MappingError]]:
        """Return the values of a record and what failed; after a failure the remaining rules still run."""
        values: dict[str, Any] = {}
        problems: list[MappingError] = []
        remaining = iter(steps)
        while True:
            try:
                for rule, step in remaining:
                    part = step(record)
                    if part:
                        if part.__class__ is not dict and not isinstance(part, dict):
                            raise MappingError(f"{rule.name}() returned {part!r}, expected a dict or nothing")
                        values.update(part)
                break
            except SURROUNDINGS:
                raise
            except LineErrors as lines:
                problems += lines.errors
            except (
                Exception
            ) as error:  # a rule is the connector's own code: whatever it raises belongs to this record
                problems.append(self._problem(rule, record, error))
        if map_record is not None and not problems:
            values = self._finish(map_record, values, problems)
        return values, problems

    def _finish(
        self, map_record: MapRecord, values: dict[str, Any], problems: list[MappingError]
    ) -> dict[str, Any]:
        try:
            return self.finalize(map_record, values)
        except SURROUNDINGS:
            raise
        except Exception as error:  # as above
            problems.append(self._told(error, rule="finalize", path="", field=None, value=None))
            return values

    def _problem(self, rule: Rule, record: Any, error: Exception) -> MappingError:
        if isinstance(error, MappingError) and "path" in error.details:
            return error
        field = rule.field
        return self._told(
            error, rule=rule.name, path=field or rule.name, field=field, value=rule.value(self, record)
        )

    def _told(self, error: Exception, **where: Any) -> MappingError:
        told = mapping_error(error, mapper=self._name or type(self).__qualname__, **where)
        told.__cause__ = error
        return told
