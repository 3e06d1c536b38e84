"""The parent of every component of a connector."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from isthmus.components import AbstractComponent
from isthmus.errors import ComponentError, ModelError


class ConnectorComponent(AbstractComponent):
    """What all components of a connector have: the backend, its adapter, binders."""

    _name = "base.connector"
    _abstract = True

    @property
    def backend_record(self) -> Any:
        """The backend on which the work is done (the collection of the work context)."""
        return self.collection

    @cached_property
    def backend_adapter(self) -> Any:
        """The adapter that speaks to the other side about this model."""
        return self.component(usage="backend.adapter")

    @cached_property
    def binder(self) -> Any:
        """The binder of this model."""
        return self.binder_for()

    def binder_for(self, model: Any = None) -> Any:
        """Return the binder of a model (a name or a recordset; None: that of the work context)."""
        return self.component(usage="binder", model_name=model)

    def bindings_of(self, model: str) -> list[str]:
        """Return the binding models of this collection for a model: itself, or those that delegate to it.

        Empty when there is none, or no environment to look in.
        """
        try:
            env = self.env
        except (ComponentError, ModelError):
            return []
        registry, collection = env.registry, self.work.collection_name
        if model in registry and _binds(registry[model], collection):
            return [model]
        return [name for name, cls in registry.items() if model in cls._inherits and _binds(cls, collection)]


def _binds(model: Any, collection: str | None) -> bool:
    """Tell whether a model class pairs records with those of a collection's backend."""
    fields = model._declared_fields
    if "external_id" not in fields or "backend_id" not in fields:
        return False
    return collection is None or fields["backend_id"].comodel == collection
