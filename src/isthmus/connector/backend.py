"""Backends: the external systems that are configured, and the collections that components belong to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from isthmus.components import AbstractComponent
from isthmus.connector.work import ConnectorWork
from isthmus.errors import ConfigurationError
from isthmus.records import fields, model

POLICIES = (
    ("external", "The external system wins"),
    ("odoo", "Odoo wins"),
    ("newest", "The newest change wins"),
    ("ask", "A person decides"),
)
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
    import_deletion = fields.Selection(DELETIONS, "Deleted outside", required=True, default="archive")
    export_deletion = fields.Selection(DELETIONS, "Deleted in Odoo", required=True, default="archive")
    directions = fields.Json(
        "Directions", help='What to synchronise where it differs from the default: {"trello.card": "import"}.'
    )
    page_size = fields.Integer(
        "Page size", default=200, help="Records that are imported or exported together."
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

    #: Binding model -> direction ("import", "export", "both", "none"), what others depend on first.
    _entities: ClassVar[dict[str, str]] = {}

    def entities(self, direction: str | None = None) -> list[str]:
        """Return the binding models that are synchronised (in a direction), what others depend on first."""
        return [
            name
            for name in self._entities
            if direction is None or self.direction_of(name) in (direction, "both")
        ]

    def direction_of(self, entity: str) -> str:
        """Return "import", "export", "both" or "none" for a binding model."""
        stated = (self.directions or {}).get(entity, self._entities.get(entity, "none"))
        if stated not in DIRECTIONS:
            raise ConfigurationError(
                f"{self.name}: {stated!r} is not a direction for {entity}",
                hint=f"Use one of {', '.join(DIRECTIONS)}.",
            )
        return str(stated)


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
