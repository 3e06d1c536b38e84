"""One builder of named classes that extend each other by ``_name`` and ``_inherit``.

Models and components share it. Declaring a class registers nothing: it is only filed under its module. A
registry collects the declarations of the packages that an app loads, in order, and builds fresh classes
from them, so that two registries never influence each other.

The bases of a built class are: newest extension … oldest extension, the original class, the built classes
of its other parents, the built ``base``.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, ClassVar

BASE = "base"


@dataclass(frozen=True, slots=True)
class Capture:
    """A running :func:`capture` block: what it collected, and the modules that were there when it began."""

    modules: frozenset[str]
    classes: list[type] = field(default_factory=list)

    def takes(self, cls: type) -> bool:
        """Say whether a class is one of the block's own, and not of a module that is imported meanwhile."""
        return cls.__module__ in self.modules or cls.__module__ not in sys.modules


_capture: ContextVar[Capture | None] = ContextVar("capture", default=None)


class Declarable:
    """Root of everything that is declared by ``_name`` and ``_inherit``.

    A direct family root (a class made with ``root=True``) keeps the declarations of its family. The names
    ``_name`` and ``_inherit`` only count where a class states them itself.
    """

    _name: ClassVar[str | None] = None
    _inherit: ClassVar[str | Sequence[str] | None] = None
    _abstract: ClassVar[bool] = True
    _family: ClassVar[list[type]]
    _is_root: ClassVar[bool] = True

    def __init_subclass__(cls, *, family: bool = False, root: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._is_root = family or root or not hasattr(cls, "_family")
        if family:
            cls._family = []
        elif not cls._is_root and "_built" not in cls.__dict__:
            running = _capture.get()
            (running.classes if running and running.takes(cls) else cls._family).append(cls)


@contextmanager
def capture() -> Iterator[list[type]]:
    """Collect the classes declared inside the block instead of filing them under their package.

    For tests, documentation and notebooks: what is declared there leaks into no registry. Modules that the
    block imports for the first time file their classes as always.
    """
    running = Capture(frozenset(sys.modules))
    token = _capture.set(running)
    try:
        yield running.classes
    finally:
        _capture.reset(token)


def withdraw(cls: type[Declarable]) -> None:
    """Take back the declaration of a class: from then on it is only a base of others."""
    running = _capture.get()
    for filed in (cls._family, running.classes if running else []):
        if cls in filed:
            filed.remove(cls)


def captured() -> list[type]:
    """Return what the running :func:`capture` block has collected so far; empty outside of one."""
    running = _capture.get()
    return [] if running is None else list(running.classes)


def declared(root: type[Declarable], packages: Iterable[str]) -> list[type]:
    """Return the classes of ``root``'s family declared in ``packages``, package by package, in definition
    order.

    A package is a module name; it includes its submodules.
    """
    found: list[type] = []
    for package in packages:
        prefix = package + "."
        found += [
            cls
            for cls in root._family
            if (cls.__module__ == package or cls.__module__.startswith(prefix)) and cls not in found
        ]
    return found


def import_package(package: str) -> ModuleType:
    """Import a package with all its submodules, so that its declarations are known.

    Modules whose name starts with ``_`` are left out.
    """
    module = importlib.import_module(package)
    for info in pkgutil.iter_modules(getattr(module, "__path__", [])):
        if not info.name.startswith("_"):
            import_package(f"{package}.{info.name}")
    return module


def in_order(packages: Iterable[str]) -> list[str]:
    """Import packages and those that they depend on; return their names, what others depend on first.

    A package names the packages that its declarations build on in ``DEPENDS``, a tuple of module names.
    """
    ordered: dict[str, None] = {}
    for package in packages:
        if package not in ordered:
            needed = getattr(importlib.import_module(package), "DEPENDS", ())
            ordered |= dict.fromkeys(in_order(needed))
            import_package(package)
            ordered[package] = None
    return list(ordered)


@dataclass(slots=True)
class Entry:
    """What is known of one name while a registry is built."""

    name: str
    abstract: bool
    classes: list[type] = field(default_factory=list)  # original first, then extensions
    parents: list[str] = field(default_factory=list)
    undeclared: bool = False  # only extensions exist: the name belongs to somebody else (a remote model)

    def add(self, cls: type, parents: Iterable[str]) -> None:
        self.classes.append(cls)
        self.parents += [parent for parent in parents if parent not in self.parents]


@dataclass(frozen=True, slots=True)
class Statement:
    """What one declared class says about its name and parents."""

    cls: type
    name: str
    parents: tuple[str, ...]  # without the own name
    extends: bool  # the own name is among the parents
    abstract: bool | None  # None: the class does not say, as a plain Python subclass of a declared one


def stated_abstractness(cls: type) -> bool | None:
    """Return whether a class says that it is abstract: by its own ``_abstract`` or by the root among its
    bases.

    A plain Python subclass of a declared class says nothing (None): as a new name it is concrete, as an
    extension in place it leaves things as they are.
    """
    for source in (cls, *(base for base in cls.__bases__ if base.__dict__.get("_is_root"))):
        if "_abstract" in source.__dict__:
            return bool(source.__dict__["_abstract"])
    return None


def without_ancestors(parents: Sequence[type]) -> list[type]:
    """Return the classes without those from which another one derives: it brings them along.

    Python refuses a base that stands before a class derived from it, as in ``_inherit = ["adapter",
    "rest.adapter"]``.
    """
    return [
        one for one in parents if not any(other is not one and issubclass(other, one) for other in parents)
    ]


class Builder:
    """Build classes from declarations. ``word`` ("model", "component") appears in messages.

    ``derive_names``: a class with neither ``_name`` nor ``_inherit`` is named after its module and class.
    ``open_names``: an extension of a name that nobody declares is kept (``Entry.undeclared``) instead of
    refused.
    """

    def __init__(self, word: str, *, derive_names: bool = False, open_names: bool = False) -> None:
        self.word = word
        self.derive_names = derive_names
        self.open_names = open_names
        self.entries: dict[str, Entry] = {}
        self._names: dict[type, str] = {}

    def add(self, cls: type) -> None:
        """Take in one declaration. Raises TypeError when it contradicts the earlier ones."""
        statement = self.read(cls)
        self._names[cls] = statement.name
        if statement.extends:
            self._extend(statement)
        else:
            self._found(statement)

    def read(self, cls: type) -> Statement:
        """Return what the class says of itself; raises TypeError when that is not enough to name it."""
        stated: str | Sequence[str] | None = cls.__dict__.get("_inherit")
        inherit = [stated] if isinstance(stated, str) else list(stated or ())
        implied = [self._names[base] for base in cls.__bases__ if base in self._names]
        name = cls.__dict__.get("_name")
        if name is None:
            name = self._unnamed(cls, inherit)
        parents = list(dict.fromkeys([*inherit, *implied]))
        others = tuple(parent for parent in parents if parent not in (name, BASE))
        return Statement(cls, name, others, name in inherit, stated_abstractness(cls))

    def _unnamed(self, cls: type, inherit: list[str]) -> str:
        if len(inherit) == 1:
            return inherit[0]
        if not inherit and self.derive_names:
            return f"{cls.__module__}.{cls.__qualname__}"
        raise TypeError(f"{cls.__module__}.{cls.__qualname__}: this {self.word} must have a _name")

    def _found(self, said: Statement) -> None:
        if said.name in self.entries:
            raise TypeError(
                f"{self._where(said)}: the {self.word} {said.name!r} already exists"
                f" ({self._where_first(said.name)}); to extend it, add _inherit = {said.name!r}"
            )
        abstract = bool(said.abstract)
        self._check_parents(said, abstract=abstract)
        entry = self.entries[said.name] = Entry(said.name, abstract)
        entry.add(said.cls, said.parents)

    def _extend(self, said: Statement) -> None:
        entry = self.entries.get(said.name)
        if entry is None:
            if not self.open_names:
                raise TypeError(
                    f"{self._where(said)}: the {self.word} {said.name!r} does not exist in registry"
                )
            entry = self.entries[said.name] = Entry(said.name, abstract=False, undeclared=True)
        if entry.abstract and said.abstract is False:
            raise TypeError(
                f"{self._where(said)}: a concrete class may not extend"
                f" the abstract {self.word} {said.name!r} in place"
            )
        self._check_parents(said, abstract=entry.abstract)
        entry.add(said.cls, said.parents)

    def _check_parents(self, said: Statement, *, abstract: bool) -> None:
        for parent in said.parents:
            known = self.entries.get(parent)
            if known is None or known.undeclared:
                raise TypeError(
                    f"{self._where(said)}: {said.name!r} inherits from non-existing {self.word} {parent!r}"
                )
            if abstract and not known.abstract:
                raise TypeError(
                    f"{self._where(said)}: the abstract {self.word} {said.name!r}"
                    f" may not inherit from the concrete {parent!r}"
                )

    def build(self) -> dict[str, type]:
        """Return one class per name, in the order in which the names were first declared."""
        built: dict[str, type] = {}
        for name in self.entries:
            self._build(name, built, ())
        return {name: built[name] for name in self.entries}

    def _build(self, name: str, built: dict[str, type], path: tuple[str, ...]) -> type:
        if name in built:
            return built[name]
        if name in path:
            raise TypeError(f"{self.word}s inherit in a circle: {' -> '.join((*path, name))}")
        entry = self.entries[name]
        parents = [self._build(parent, built, (*path, name)) for parent in entry.parents]
        parents = without_ancestors(parents)
        if name != BASE and BASE in self.entries:
            parents.append(self._build(BASE, built, (*path, name)))
        bases = tuple(dict.fromkeys([*reversed(entry.classes), *parents]))
        newest = entry.classes[-1]
        body = {
            "_built": True,
            "_name": name,
            "_inherit": tuple(entry.parents),
            "_abstract": entry.abstract,
            "__module__": newest.__module__,
            "__doc__": entry.classes[0].__doc__,
            "__slots__": (),
        }
        try:
            built[name] = type(entry.classes[0].__name__, bases, body)
        except TypeError as error:
            raise TypeError(
                f"the parents of {self.word} {name!r} cannot be put in one order: {error}"
            ) from error
        return built[name]

    def _where(self, said: Statement) -> str:
        return f"{said.cls.__module__}.{said.cls.__qualname__}"

    def _where_first(self, name: str) -> str:
        first = self.entries[name].classes[0]
        return f"{first.__module__}.{first.__qualname__}"


def build(declarations: Iterable[type], word: str = "component", **options: bool) -> dict[str, type]:
    """Build one class per name from declarations in order. See :class:`Builder` for ``options``."""
    builder = Builder(word, **options)
    for cls in declarations:
        builder.add(cls)
    return builder.build()
