"""The components of one app: an immutable snapshot with indexes for lookups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from isthmus import telemetry
from isthmus.components.candidate import ComponentClass, Shortlist, Wanted, objection, serves
from isthmus.components.component import AbstractComponent, BaseComponent
from isthmus.errors import RegistryNotReadyError
from isthmus.inheritance import build, declared, in_order

ShortlistKey = tuple[str | None, Wanted, str | None]


class Shortlists(dict[ShortlistKey, Shortlist]):
    """The shortlist of each (collection, usage or class, model), made when first asked for.

    Registries are immutable, so nothing here is ever out of date: a warm lookup is one dictionary access.
    """

    def __init__(self, registry: ComponentRegistry) -> None:
        super().__init__()
        self._registry = registry

    def __missing__(self, key: ShortlistKey) -> Shortlist:
        collection, wanted, model = key
        telemetry.emit("component.lookup", collection=collection, wanted=wanted, model=model)
        found = self[key] = Shortlist.of(
            cls for cls in self._registry.serving(wanted) if objection(cls, collection, model) is None
        )
        return found


class Tables(dict[Any, Any]):
    """What other layers derive from the finished classes, made when first asked for, once per registry.

    ``registry.tables[make]`` is ``make(registry)``; ``make`` is a function or a class.
    """

    def __init__(self, registry: ComponentRegistry) -> None:
        super().__init__()
        self._registry = registry

    def __missing__(self, make: Callable[[ComponentRegistry], Any]) -> Any:
        return self.setdefault(make, make(self._registry))


class ComponentRegistry:
    """The built components of an app, in registration order. Made by :meth:`build`, never changed."""

    def __init__(self, classes: dict[str, ComponentClass] | None = None) -> None:
        self._classes = dict(classes or {})
        self._by_usage: dict[str, list[ComponentClass]] = defaultdict(list)
        for cls in self._classes.values():
            if cls._usage is not None:
                self._by_usage[cls._usage].append(cls)
        self.tables = Tables(self)
        self.shortlists = Shortlists(self)

    @classmethod
    def build(
        cls, packages: Iterable[str] = (), *, classes: Iterable[type[Any]] | None = None
    ) -> ComponentRegistry:
        """Build the components declared in ``packages``, with their submodules, and those they depend on.

        ``classes`` are explicit declarations, taken after those of the packages, as
        :func:`isthmus.inheritance.capture` collects them for a test; declarations of models among them are
        left out. The component ``base`` is always in. Raises TypeError when declarations contradict
        each other.
        """
        names = in_order(packages)
        declarations = [BaseComponent, *declared(AbstractComponent, names), *(classes or ())]
        components = [one for one in dict.fromkeys(declarations) if issubclass(one, AbstractComponent)]
        built = build(components, "component", derive_names=True)
        return cls(cast("dict[str, ComponentClass]", built))

    def __contains__(self, name: object) -> bool:
        return name in self._classes

    def __iter__(self) -> Iterator[ComponentClass]:
        """Iterate over the component classes in registration order, abstract ones included."""
        return iter(self._classes.values())

    def __len__(self) -> int:
        return len(self._classes)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all components, in registration order."""
        return tuple(self._classes)

    @property
    def usages(self) -> tuple[str, ...]:
        """The usages that at least one component has, in registration order."""
        return tuple(self._by_usage)

    def by_name(self, name: str) -> ComponentClass | None:
        """Return the component class of that name, abstract or not; None when there is none."""
        return self._classes.get(name)

    def many(
        self, collection: str | None = None, usage: str | None = None, model_name: str | None = None
    ) -> tuple[ComponentClass, ...]:
        """Return the classes that may serve, in registration order, before ``_component_match`` is asked."""
        return self.shortlists[collection, usage, model_name].candidates

    def lookup(
        self, collection: str | None = None, usage: str | None = None, model_name: str | None = None
    ) -> Shortlist:
        """Return the candidates for a usage (None: any) on a model of a collection."""
        return self.shortlists[collection, usage, model_name]

    def find(
        self, base: type[Any], collection: str | None = None, model_name: str | None = None
    ) -> Shortlist:
        """Return the candidates whose class derives from ``base``, on a model of a collection."""
        return self.shortlists[collection, base, model_name]

    def serving(self, wanted: Wanted) -> tuple[ComponentClass, ...]:
        """Return the classes with that usage or base class, abstract ones and other collections included.

        Raises :class:`RegistryNotReadyError` when the registry holds no component at all.
        """
        if not self._classes:
            raise RegistryNotReadyError(
                "the component registry is empty, so nothing can be looked up in it",
                hint="make it with ComponentRegistry.build([...]), naming the packages of your connectors",
            )
        if isinstance(wanted, str):
            return tuple(self._by_usage.get(wanted, ()))
        return tuple(cls for cls in self if serves(cls, wanted))
