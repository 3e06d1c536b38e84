"""The rules of a mapper as values: what each line of it reads, writes and depends on.

A rule knows when it applies (:meth:`Rule.applies`) and turns into a *step*: a function that takes a record
and returns the values to add, or nothing. Rules are read once from each finished mapper class.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from isthmus.connector.map_child import LineErrors
from isthmus.connector.map_record import under
from isthmus.connector.modifiers import RecordMapper, Source, describe, source_of

if TYPE_CHECKING:
    from isthmus.connector.base_mapper import Mapper
    from isthmus.connector.map_record import MapRecord

Step = Callable[[Any], Mapping[str, Any] | None]
Wrap = Callable[[Any], "MapRecord"]
Method = TypeVar("Method", bound=Callable[..., Any])


# --- decorators of mapping methods ---------------------------------------------------------------------


def mapping(method: Method) -> Method:
    """Make a method a rule of its mapper: it gets the record and returns a dict of values, or nothing."""
    method.is_mapping = True  # type: ignore[attr-defined]
    return method


def changed_by(*fields: str) -> Callable[[Method], Method]:
    """Run a mapping method only when one of these source fields changed (or when all fields are mapped)."""

    def mark(method: Method) -> Method:
        before: frozenset[str] = getattr(method, "changed_by", frozenset())
        method.changed_by = before | set(fields)  # type: ignore[attr-defined]
        return method

    return mark


def only_create(method: Method) -> Method:
    """Run a mapping method only for a record that is about to be created."""
    method.only_create = True  # type: ignore[attr-defined]
    return method


# --- rules ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(ABC):
    """One line of a mapper. ``sources`` are the fields that it depends on; None: possibly any.

    ``needs`` is a field of Odoo without which the rule does not exist, since not every Odoo has it; None: it
    always does.
    """

    name: str
    sources: frozenset[str] | None
    only_create: bool = False
    needs: str | None = None

    def applies(self, for_create: bool, fields: frozenset[str] | None) -> bool:
        """Tell whether the rule runs when ``fields`` changed (None: when everything is mapped)."""
        if self.only_create and not for_create:
            return False
        return fields is None or self.sources is None or not self.sources.isdisjoint(fields)

    @abstractmethod
    def step(self, mapper: Mapper, wrap: Wrap) -> Step:
        """Return the function that applies the rule; ``wrap`` gives the map record of a record."""

    def prefetch(self, mapper: Mapper, records: Sequence[Any]) -> None:
        """Look up, for all records at once, what the steps would look up one by one."""
        return

    def value(self, mapper: Mapper, record: Any) -> Any:
        """Return the source value of a record, for an error message; None where there is not exactly one."""
        if self.sources is None or len(self.sources) != 1:
            return None
        try:
            return mapper.read(record, next(iter(self.sources)))
        except (LookupError, AttributeError, TypeError, ValueError):
            return None

    @property
    def field(self) -> str | None:
        """The one source field, or None where there is not exactly one."""
        return next(iter(self.sources)) if self.sources is not None and len(self.sources) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectRule(Rule):
    """``source → target``; the source is a field name, a modifier, or any ``(mapper, record, target)``."""

    source: Source
    target: str

    @classmethod
    def of(
        cls, source: Source, target: str, *, only_create: bool = False, needs: str | None = None
    ) -> DirectRule:
        known = source_of(source)
        return cls(
            name=f"{describe(source)} → {target}",
            sources=None if known is None else frozenset((known,)),
            only_create=only_create,
            needs=needs,
            source=source,
            target=target,
        )

    @property
    def plain(self) -> bool:
        """Whether the value goes over as it is."""
        return isinstance(self.source, str)

    def step(self, mapper: Mapper, wrap: Wrap) -> Step:
        source, target = self.source, self.target
        if isinstance(source, str):
            return mapper.plain_step((source,), (target,))
        return lambda record: {target: source(mapper, record, target)}

    def prefetch(self, mapper: Mapper, records: Sequence[Any]) -> None:
        if isinstance(self.source, RecordMapper):
            self.source.prefetch(mapper, records, self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRule(Rule):
    """Neighbouring plain rules, mapped in one go."""

    rules: tuple[DirectRule, ...]

    def step(self, mapper: Mapper, wrap: Wrap) -> Step:
        sources = tuple(str(rule.source) for rule in self.rules)
        return mapper.plain_step(sources, tuple(rule.target for rule in self.rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRule(Rule):
    """A method decorated with :func:`mapping`."""

    def step(self, mapper: Mapper, wrap: Wrap) -> Step:
        method: Step = getattr(mapper, self.name)
        return method


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRule(Rule):
    """The lines of a record, mapped by the mapper of their model."""

    source: str
    target: str
    model: str

    @classmethod
    def of(cls, source: str, target: str, model: str) -> ChildRule:
        name = f"{source} → {target} ({model})"
        return cls(name=name, sources=frozenset((source,)), source=source, target=target, model=model)

    def step(self, mapper: Mapper, wrap: Wrap) -> Step:
        source, target, child = self.source, self.target, mapper.map_child(self.model)

        def map_lines(record: Any) -> dict[str, Any] | None:
            items = mapper.read(record, source)
            if items is None or items is False:
                return None  # nothing is said about the lines, so nothing is done to them
            try:
                return {target: child.get_items(items, wrap(record), target, mapper.options)}
            except LineErrors as lines:
                raise LineErrors([under(error, source) for error in lines.errors]) from None

        return map_lines

    def prefetch(self, mapper: Mapper, records: Sequence[Any]) -> None:
        items = [item for record in records for item in mapper.peek(record, self.source) or ()]
        mapper.map_child(self.model).prefetch(items, mapper.links)


def in_blocks(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Yield the rules in order, neighbouring plain ones joined into a block."""
    plain: list[DirectRule] = []
    for rule in rules:
        if isinstance(rule, DirectRule) and rule.plain:
            plain.append(rule)
            continue
        yield from _block(plain)
        plain = []
        yield rule
    yield from _block(plain)


def _block(rules: list[DirectRule]) -> Iterator[Rule]:
    if len(rules) == 1:
        yield rules[0]
    elif rules:
        sources = frozenset(str(rule.source) for rule in rules)
        yield BlockRule(name="direct", sources=sources, rules=tuple(rules))


# --- reading them from a class -------------------------------------------------------------------------


def direct_rules(cls: type[Mapper]) -> list[DirectRule]:
    """Return the rules of ``direct``. Raises TypeError on an entry that is no ``(source, target)``."""
    rules = []
    for entry in cls.direct:
        match entry:
            case (str() as source, str() as target):
                rules.append(DirectRule.of(source, target))
            case (source, str() as target) if callable(source):
                rules.append(DirectRule.of(source, target))
            case _:
                raise TypeError(
                    f"{cls._name}: {entry!r} in direct is no (source, target);"
                    " a source is a field name or a function (mapper, record, target)"
                )
    return rules


def method_rules(cls: type) -> list[MethodRule]:
    """Return the rules of the mapping methods: base class first, then definition order.

    An override keeps the place of what it overrides; it stays a rule without being decorated again, and what
    it depends on adds up. The newest decoration says whether it is for creation only.
    """
    found: dict[str, MethodRule] = {}
    for owner in reversed(cls.__mro__):
        for name, attribute in vars(owner).items():
            if not getattr(attribute, "is_mapping", False):
                continue
            before = found[name].sources or frozenset() if name in found else frozenset()
            fields = before | getattr(attribute, "changed_by", frozenset())
            created = getattr(attribute, "only_create", False)
            found[name] = MethodRule(name=name, sources=fields or None, only_create=created)
    return [rule for name, rule in found.items() if callable(getattr(cls, name))]


def child_rules(cls: type[Mapper]) -> list[ChildRule]:
    """Return the rules of ``children``, in order. Raises TypeError on an entry that is no triple of names."""
    rules = []
    for entry in cls.children:
        match entry:
            case (str() as source, str() as target, str() as model):
                rules.append(ChildRule.of(source, target, model))
            case _:
                raise TypeError(f"{cls._name}: {entry!r} in children is not (source, target, model)")
    return rules
