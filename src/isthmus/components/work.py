"""The work context: what components are looked up in and what they all share."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from isthmus.components.candidate import ComponentClass, Shortlist, Wanted, misplaced, most_specific
from isthmus.components.explain import Explanation, explain, lookup_error, misplaced_error, unknown_name_error
from isthmus.components.registry import ComponentRegistry
from isthmus.errors import ComponentError, ConfigurationError, RegistryNotReadyError

T = TypeVar("T")


class WorkContext:
    """A piece of work on one model of one collection, with whatever else its components need to share.

    ``model_name`` is the model (a name or a recordset), ``collection`` the backend record. Without a
    collection only shared components are found, and ``env`` must be given. Every other keyword becomes an
    attribute; so may any later assignment. Usually made by ``with backend.work_on("res.partner") as work:``.
    """

    model_name: str | None
    collection: Any

    def __init__(
        self,
        model_name: Any = None,
        collection: Any = None,
        *,
        env: Any = None,
        components_registry: ComponentRegistry | None = None,
        **attributes: Any,
    ) -> None:
        self.model_name = name_of(model_name)
        self.collection = collection
        self._env = env
        self._registry = components_registry
        for name, value in attributes.items():
            if hasattr(type(self), name):
                raise TypeError(f"a work context has {name!r} of its own; give the attribute another name")
            setattr(self, name, value)

    @property
    def env(self) -> Any:
        """The environment: the one given, else that of the collection."""
        if self._env is not None:
            return self._env
        if self.collection is None:
            raise ComponentError(
                "the work context has neither a collection nor an environment",
                hint="make it with backend.work_on(model), or with WorkContext(model, env=env)",
            )
        return self.collection.env

    @property
    def model(self) -> Any:
        """The empty recordset of the model, looked up when asked for: the model need not exist."""
        return self.env[self.model_name]

    @property
    def collection_name(self) -> str | None:
        """The model name of the collection, or None."""
        return None if self.collection is None else self.collection._name

    @property
    def components_registry(self) -> ComponentRegistry:
        """The registry of the app. Raises :class:`RegistryNotReadyError` when the environment has none."""
        if self._registry is None:
            try:
                self._registry = self.env.service(ComponentRegistry)
            except ConfigurationError as error:
                raise RegistryNotReadyError(
                    "the environment has no component registry",
                    hint="open it with services={ComponentRegistry: ComponentRegistry.build([...])}",
                ) from error
        return self._registry

    def work_on(self, model_name: Any = None, collection: Any = None) -> Self:
        """Return a new context of the same class on another model or collection.

        It has the current value of every attribute, those set after the context was made included.
        """
        work = object.__new__(type(self))
        work.__dict__.update(self.__dict__)
        if model_name is not None:
            work.model_name = name_of(model_name)
        if collection is not None:
            work.collection = collection
            work._env = None  # the new collection brings its own
        return work

    def component(self, usage: str | None = None, model_name: Any = None, **conditions: Any) -> Any:
        """Return a new instance of the one component that fits best.

        ``usage`` None means any usage. ``model_name`` (a name or a recordset) defaults to that of the
        context; another one gives the component a derived context. ``conditions`` reach ``_component_match``.
        Raises :class:`NoComponentError` and :class:`SeveralComponentError`, which explain.
        """
        work = self if model_name is None else self._on(model_name)
        return work._choose(usage, conditions)(work)

    def find(self, base: type[T], model_name: Any = None, **conditions: Any) -> T:
        """Return a new instance of the one component whose class derives from ``base``, typed as such.

        Arguments and errors are those of :meth:`component`.
        """
        work = self if model_name is None else self._on(model_name)
        found: Any = work._choose(base, conditions)
        instance: T = found(work)
        return instance

    def many_components(
        self, usage: str | None = None, model_name: Any = None, **conditions: Any
    ) -> list[Any]:
        """Return new instances of all components that fit, in registration order; empty when none does."""
        work = self if model_name is None else self._on(model_name)
        shortlist = work.components_registry.shortlists[work.collection_name, usage, work.model_name]
        return [cls(work) for cls in shortlist.matching(work, usage, conditions)]

    def component_by_name(self, name: str, model_name: Any = None) -> Any:
        """Return a new instance of the component of that name, abstract ones allowed.

        Usage and ``_component_match`` are not consulted. Raises :class:`NoComponentError` when there is no
        such name, or when it serves another collection or other models.
        """
        work = self if model_name is None else self._on(model_name)
        cls = work.components_registry.by_name(name)
        if cls is None:
            raise unknown_name_error(work.components_registry, name)
        against = misplaced(cls, work.collection_name, work.model_name)
        if against is not None:
            raise misplaced_error(cls, against, work)
        return cls(work)

    def explain(self, usage: Wanted = None, model_name: Any = None, **conditions: Any) -> Explanation:
        """Return what a lookup with these arguments answers, with a verdict on every component considered.

        ``usage`` may be a class, as for :meth:`find`.
        """
        work = self if model_name is None else self._on(model_name)
        return explain(work, usage, conditions)

    def _on(self, model_name: Any) -> Self:
        name = name_of(model_name)
        return self if name == self.model_name else self.work_on(name)

    def _choose(self, wanted: Wanted, conditions: dict[str, Any]) -> ComponentClass:
        collection, registry = self.collection, self._registry
        if registry is None:
            registry = self.components_registry
        found = registry.shortlists[None if collection is None else collection._name, wanted, self.model_name]
        return found.only or self._ask(found, wanted, conditions)

    def _ask(self, found: Shortlist, wanted: Wanted, conditions: dict[str, Any]) -> ComponentClass:
        usage = wanted if isinstance(wanted, str) else None
        best = most_specific(found.matching(self, usage, conditions))
        if len(best) != 1:
            raise lookup_error(explain(self, wanted, conditions))
        return best[0]

    def __repr__(self) -> str:
        return f"<work on {self.model_name!r} in {self.collection!r}>"


def name_of(model: Any) -> str | None:
    """Return the model name of a name or a recordset; None stays None."""
    return model if model is None or isinstance(model, str) else model._name
