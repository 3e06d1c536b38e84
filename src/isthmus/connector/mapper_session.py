"""What the rules of a mapper use while it runs: options, links, fields, the mappers of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from isthmus.connector.base import ConnectorComponent
from isthmus.connector.links import Links
from isthmus.connector.map_record import Options
from isthmus.connector.modifiers import read_field
from isthmus.errors import ComponentError, ConfigurationError, ModelError

if TYPE_CHECKING:
    from isthmus.connector.map_child import MapChild


class MapperSession(ConnectorComponent):
    """The part of a mapper that its rules talk to."""

    _name = "base.mapper.session"
    _abstract = True
    _map_child_usage: ClassVar[str] = ""

    _session: tuple[Options, Links] | None = None

    @property
    def options(self) -> Options:
        """The options of the call that is running; empty outside of one."""
        return self._session[0] if self._session else Options()

    @property
    def links(self) -> Links:
        """The ids looked up during the call that is running."""
        return self._session[1] if self._session else Links(self.binder_for)

    @contextmanager
    def session(self, options: Options, links: Links | None = None) -> Iterator[None]:
        """Set options and links for the duration of the block."""
        before, self._session = self._session, (options, links or Links(self.binder_for))
        try:
            yield
        finally:
            self._session = before

    def read(self, record: Any, name: str) -> Any:
        """Return a source field of a record; None when a mapping lacks the key."""
        return read_field(record, name)

    def peek(self, record: Any, name: str) -> Any:
        """Return a source field like :meth:`read`, or None where it cannot be read."""
        try:
            return self.read(record, name)
        except (LookupError, AttributeError, TypeError, ValueError):
            return None

    def field_of(self, name: str) -> Any:
        """Return the field that a rule means by a name; None when there is none such.

        It is the field of the model that a binding stands for, where that has one of the name, for that is
        what is mapped; else that of the binding itself.
        """
        known: dict[str, Any] = self.__dict__.setdefault("_known_fields", {})
        if name not in known:
            known[name] = self._find_field(name)
        return known[name]

    def _find_field(self, name: str) -> Any:
        try:
            model = self.model
            meant = [*(self.env[parent] for parent in model._inherits), model]
            return next((field for one in meant if (field := one._find_field(name)) is not None), None)
        except (ComponentError, ModelError):
            return None

    def map_child(self, model: str) -> MapChild:
        """Return the component that maps lines of a model; the same one each time."""
        children: dict[str, MapChild] = self.__dict__.setdefault("_map_children", {})
        if model not in children:
            children[model] = self.component(usage=self._map_child_usage, model_name=model)
        return children[model]

    def link_to(self, comodel: str | None, binding: str | None) -> tuple[str, bool]:
        """Return the binding model for a relation, and whether it stands before the related model.

        ``comodel`` is the model that the relation leads to: a binding model, or one of Odoo. Without
        ``binding`` it is the one binding model of this collection that delegates to ``comodel``.
        Raises ConfigurationError when it cannot be told.
        """
        known: dict[Any, tuple[str, bool]] = self.__dict__.setdefault("_link_models", {})
        if (comodel, binding) not in known:
            known[comodel, binding] = self._find_link(comodel, binding)
        return known[comodel, binding]

    def _find_link(self, comodel: str | None, binding: str | None) -> tuple[str, bool]:
        if binding is not None:
            return binding, comodel is not None and comodel != binding
        if comodel is None:
            raise ConfigurationError(
                f"{self._name}: it cannot be told to which model a relation leads",
                hint="Name the binding model: external_to_m2o(field, binding='…').",
            )
        only = one_binding(comodel, self.bindings_of(comodel), self._name)
        return (self._bound_itself(comodel), False) if only is None else (only, only != comodel)

    def _bound_itself(self, comodel: str) -> str:
        """Return a model that has a binder of its own without being a binding model."""
        if self.binder_for(comodel)._apply_on is None:
            raise ConfigurationError(
                f"{self._name}: no binding model of {self.work.collection_name} delegates to {comodel}",
                hint="Declare one, or name the binding model: external_to_m2o(field, binding='…').",
            )
        return comodel


def one_binding(model: str, bindings: Sequence[str], mapper: str | None) -> str | None:
    """Return the only one of the binding models of a model, or None. Raises ConfigurationError on several."""
    if len(bindings) > 1:
        raise ConfigurationError(
            f"{mapper}: {model} has several binding models: {', '.join(bindings)}",
            hint=f"Name the one that is meant: binding={bindings[0]!r}.",
        )
    return bindings[0] if bindings else None
