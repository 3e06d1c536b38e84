"""Backends: the external systems that are configured, and the collections that components belong to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, ClassVar

from isthmus.components import AbstractComponent
from isthmus.connector.brake import Limit
from isthmus.connector.policy import POLICIES, REST, Policies, policy_of, read_policies
from isthmus.connector.work import ConnectorWork
from isthmus.errors import ConfigurationError, RegistryNotReadyError
from isthmus.hints import Hook
from isthmus.records import api, fields, model

DIRECTIONS = ("import", "export", "both", "none")
DELETIONS = (
    ("archive", "Archive the other one"),
    ("delete", "Delete the other one"),
    ("unlink", "Forget the pair only"),
    ("ignore", "Do nothing"),
)


class CollectionBase(model.AbstractModel):
    """A record in whose name components work. Its model name is the namespace of the components."""

    _name = "collection.base"

    def work_on(self, model_name: Any = None, **attributes: Any) -> Any:
        """Return a context manager that gives the work context for a model; attributes are shared by its
        components.
        """
        self.ensure_one()
        return self._working_on(model_name, attributes)

    @contextmanager
    def _working_on(self, model_name: Any, attributes: dict[str, Any]) -> Iterator[ConnectorWork]:
        yield ConnectorWork(model_name=model_name, collection=self, **attributes)


class Backend(model.AbstractModel):
    """A configured external system, paired with one Odoo."""

    _name = "connector.backend"
    _inherit = "collection.base"
    _order = "name, id"

    name = fields.Char("Name", required=True, index=True, help="How commands call this backend.")
    uuid = fields.Char("Identity", required=True, readonly=True, default=lambda self: uuid.uuid4().hex[:12])
    odoo = fields.Char("Odoo", required=True, default="main", help="The name of the Odoo in the settings.")
    state = fields.Selection([("active", "Active"), ("paused", "Paused")], required=True, default="active")
    conflict_policy = fields.Selection(POLICIES, "Conflicts", required=True, default="external")
    conflict_policies = fields.Json(
        "Conflicts by entity and field",
        help='Where it differs: {"card": {"description": "odoo", "*": "ask"}, "label": "external"}.',
    )
    import_deletion = fields.Selection(DELETIONS, "Deleted outside", required=True, default="archive")
    export_deletion = fields.Selection(DELETIONS, "Deleted in Odoo", required=True, default="archive")
    max_deletes = fields.Char(
        "Brake",
        help="How many records of an entity a run may delete or archive: 20, or 5%; empty: any number.",
    )
    directions = fields.Json(
        "Directions", help='What to synchronise where it differs from the default: {"trello.card": "import"}.'
    )
    page_size = fields.Integer(
        "Page size", default=200, help="Records that are imported or exported together."
    )
    full_look_minutes = fields.Integer(
        "Minutes until a full look",
        default=60,
        help="So long a round goes by what it is told of changes; then it looks at everything again.",
    )
    timeline_days = fields.Integer(
        "Days of timeline",
        default=90,
        help="For how long `isthmus why` knows what happened; 0: keep nothing.",
    )

    _sql_constraints = [
        ("name_uniq", "unique(name)", "There is a backend of this name already."),
        ("uuid_uniq", "unique(uuid)", "Two backends may not have one identity."),
    ]

    def check(self) -> str:
        """Verify credentials and permissions; return one sentence that says who is connected to what.

        Raises a RemoteError that says what is wrong. The work is done by the backend's own component
        (usage "backend").
        """
        self.ensure_one()
        with self.work_on(self._name) as work:
            return str(work.component(usage="backend").check())

    #: Secret fields that few need: nobody is asked for them when a backend is added.
    _unasked: ClassVar[tuple[str, ...]] = ()

    # --- webhooks ---

    def hooks(self) -> list[Hook]:
        """Return the addresses that this backend takes hints at. None by default."""
        return []

    def webhooks(self) -> list[dict[str, Any]]:
        """Return the webhooks that are installed on the other side: ``subject``, ``url`` without its secret,
        ``is_active`` and ``failures``.
        """
        raise self._no_webhooks()

    def install_webhooks(self, url: str) -> None:
        """Have the other side send hints to a receiver that it reaches at ``url``. Repeating does no harm."""
        raise self._no_webhooks()

    def remove_webhooks(self) -> int:
        """Take the webhooks away again; return how many there were."""
        raise self._no_webhooks()

    def _no_webhooks(self) -> ConfigurationError:
        return ConfigurationError(
            f"{self.name}: {self._description} has no webhooks", hint="Rounds find what changed without."
        )

    def remarks(self) -> list[str]:
        """Return what a person who looks at the backend should know, one sentence a line; often nothing."""
        return []

    #: Binding model -> direction ("import", "export", "both", "none"), what others depend on first. Entities
    #: (:class:`isthmus.connector.entity.Entity`) need not be named here.
    _entities: ClassVar[dict[str, str]] = {}

    def entities(self, direction: str | None = None) -> list[str]:
        """Return the binding models that are synchronised (in a direction), what others depend on first.

        Those that do not depend on each other go by their names, behind those of ``_entities``.
        """
        known = self._all_entities()
        return [
            name for name in known if direction is None or self._stated(name, known) in (direction, "both")
        ]

    def _all_entities(self) -> dict[str, str]:
        """Return binding model -> direction: those of ``_entities``, then those that say it themselves."""
        ordered = dict(self._entities)
        stated: dict[str, Any] = {
            name: cls
            for name, cls in self.env.registry.items()
            if getattr(cls, "_direction", None) and cls._declared_fields["backend_id"].comodel == self._name
        }

        def add(name: str, path: tuple[str, ...] = ()) -> None:
            if name in path or name in ordered or name not in stated:
                return
            for needed in stated[name]._needs:
                add(needed, (*path, name))
            ordered[name] = stated[name]._direction

        for name in sorted(stated):  # in no order of theirs: they stand as their modules were imported
            add(name)
        return ordered

    #: Whether entities that do not need each other are imported side by side, each in a thread and in
    #: transactions of its own. What the connector shares among them must be safe to share between threads.
    _side_by_side: ClassVar[bool] = False

    def waits_for(self, entities: Sequence[str]) -> dict[str, list[str]]:
        """Return for each of these entities, in order, those before it that must be imported first.

        That is what it needs or comes after, and what is written to the same model of Odoo: two transactions
        that write the same records hinder each other there. What ``_entities`` names waits for all.
        """
        return {
            entity: [other for other in entities[:place] if self._is_before(other, entity)]
            for place, entity in enumerate(entities)
        }

    def _is_before(self, first: str, second: str) -> bool:
        if not self._side_by_side or not {first, second}.isdisjoint(self._entities):
            return True
        written = [self.env.registry[name]._declared_fields.get("odoo_id") for name in (first, second)]
        models = [field.comodel if field else None for field in written]
        return models[0] == models[1] or first in self._all_needs(second)

    def _all_needs(self, entity: str) -> set[str]:
        """Return what an entity needs or comes after, and what that does."""
        found: set[str] = set()
        left = [entity]
        while left:
            needs: Any = self.env.registry[left.pop()]
            new = set(needs._needs) - found
            found |= new
            left += new
        return found

    def direction_of(self, entity: str) -> str:
        """Return "import", "export", "both" or "none" for a binding model."""
        return self._stated(entity, self._all_entities())

    def _stated(self, entity: str, known: dict[str, str]) -> str:
        stated = (self.directions or {}).get(entity) or known.get(entity, "none")
        if stated not in DIRECTIONS:
            raise ConfigurationError(
                f"{self.name}: {stated!r} is not a direction for {entity}",
                hint=f"Use one of {', '.join(DIRECTIONS)}.",
            )
        return str(stated)

    # --- conflicts ---

    def policy_of(self, entity: str, field: str) -> str:
        """Return who wins when both sides changed a field of Odoo: one of the conflict policies."""
        return policy_of(self.conflict_policy, self._policies(), entity, field)

    def may_ask_for_times(self, entity: str) -> bool:
        """Tell whether some field of an entity goes by the newest change."""
        return "newest" in (self.conflict_policy, *self._policies().get(entity, {}).values())

    def _policies(self) -> Policies:
        stated = self.conflict_policies
        return read_policies(stated, self._all_entities()) if stated else {}

    @api.constrains("conflict_policies")
    def _check_conflict_policies(self) -> None:
        for backend in self:
            for entity, stated in backend._policies().items():
                known = backend._mapped_fields(entity)
                for name in stated if known else ():
                    if name != REST and name not in known:
                        raise _no_such_field(entity, name, known)

    @api.constrains("max_deletes")
    def _check_max_deletes(self) -> None:
        for backend in self:
            Limit.read(backend.max_deletes)

    def _mapped_fields(self, entity: str) -> set[str]:
        """Return the fields of Odoo that are synchronised; empty where that cannot be told beforehand."""
        names: set[str] = set()
        try:
            with self.work_on(entity) as work:
                mappers = [*work.many_components("import.mapper"), *work.many_components("export.mapper")]
        except RegistryNotReadyError:
            return names
        for mapper in mappers:
            found = mapper.odoo_fields()
            if found is None:
                return set()
            names |= found
        return names


def _no_such_field(entity: str, name: str, known: set[str]) -> ConfigurationError:
    near = get_close_matches(name, known, n=1)
    return ConfigurationError(
        f"conflict_policies names the field {name!r} of {entity}; synchronised: {', '.join(sorted(known))}",
        hint=f"Did you mean {near[0]!r}?" if near else "Fields are named as in Odoo.",
    )


class BackendComponent(AbstractComponent):
    """Opens the session with the other side, and offers whole-system questions such as
    ``get_orders(since_date)``.
    """

    _name = "connector.backend"
    _usage = "backend"

    def connect(self) -> Any:
        """Return the session with the external system; a subclass opens it here.

        None where none is needed.
        """
        return None

    def check(self) -> str:
        """Return one sentence on who is connected to what. Raises a RemoteError that says what is wrong."""
        self.connect()
        return f"{self.collection.name} is configured."
