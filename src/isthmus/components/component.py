"""What a component is: a class extended by name, an instance that serves one work context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from isthmus.inheritance import Declarable

if TYPE_CHECKING:
    from isthmus.components.work import WorkContext

C = TypeVar("C", bound="AbstractComponent")


class AbstractComponent(Declarable, family=True):
    """A component that is only inherited from, never returned by a lookup.

    Class attributes, inherited like ordinary ones:

    * ``_name``: the identifier; derived from module and class where neither it nor ``_inherit`` is given;
    * ``_inherit``: None, one name, or a list of names;
    * ``_collection``: the model name of the backend that it serves; None: shared by all;
    * ``_apply_on`` (or ``_model_name``, the same): a model name, a list of them, or None for any model;
    * ``_usage``: the task that it serves; None: not found by usage.

    Source: vocabulary of the OCA Connector (spec components.md, sections 1 and 2).
    """

    _abstract = True
    _collection: ClassVar[str | None] = None
    _apply_on: ClassVar[str | Sequence[str] | None] = None
    _model_name: ClassVar[str | Sequence[str] | None] = None
    _usage: ClassVar[str | None] = None

    work: WorkContext

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Both spellings stand in one class body, so that the nearest statement wins whichever it used.
        if "_apply_on" in cls.__dict__:
            cls._model_name = cls._apply_on
        elif "_model_name" in cls.__dict__:
            cls._apply_on = cls._model_name

    def __init__(self, work: WorkContext) -> None:
        self.work = work

    @classmethod
    def _component_match(
        cls, work: WorkContext, *, usage: str | None = None, model_name: str | None = None, **conditions: Any
    ) -> bool:
        """Say whether this component fits a lookup beyond collection, model and usage.

        Asked at every lookup for which the component is a candidate, with the lookup's own keyword arguments.
        """
        return True

    @property
    def collection(self) -> Any:
        """The backend record of the work context, or None."""
        return self.work.collection

    @property
    def env(self) -> Any:
        """The environment of the work context."""
        return self.work.env

    @property
    def model(self) -> Any:
        """The empty recordset of the work context's model."""
        return self.work.model

    def component(self, usage: str | None = None, model_name: Any = None, **conditions: Any) -> Any:
        """Return the one component that fits best: see :meth:`WorkContext.component`."""
        return self.work.component(usage, model_name, **conditions)

    def many_components(
        self, usage: str | None = None, model_name: Any = None, **conditions: Any
    ) -> list[Any]:
        """Return every component that fits, possibly none: see :meth:`WorkContext.many_components`."""
        return self.work.many_components(usage, model_name, **conditions)

    def component_by_name(self, name: str, model_name: Any = None) -> Any:
        """Return the component of that name: see :meth:`WorkContext.component_by_name`."""
        return self.work.component_by_name(name, model_name)

    @overload
    def unit_for(self, wanted: type[C], model_name: Any = None) -> C: ...

    @overload
    def unit_for(self, wanted: str, model_name: Any = None) -> Any: ...

    def unit_for(self, wanted: str | type[Any], model_name: Any = None) -> Any:
        """Return the one component for a usage, or the one that derives from a class."""
        if isinstance(wanted, str):
            return self.work.component(wanted, model_name)
        return self.work.find(wanted, model_name)

    def __repr__(self) -> str:
        return f"<component {self._name} on {self.work!r}>"


class Component(AbstractComponent, root=True):
    """A component that lookups return."""

    # Nothing else may stand here: C3 puts this class before the built parents of a component,
    # so any attribute would hide what they inherit. Defaults live on AbstractComponent.
    _abstract = False


class BaseComponent(AbstractComponent):
    """The last parent of every component: what is added to ``base`` is on all of them."""

    _name = "base"
