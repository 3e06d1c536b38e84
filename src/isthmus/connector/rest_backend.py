"""A backend that is an ordinary REST interface: an address, a token, nothing to program."""

from __future__ import annotations

from typing import Any

from isthmus.components import Component, WorkContext
from isthmus.connector.backend import BackendComponent
from isthmus.errors import ConfigurationError
from isthmus.http.auth import Auth, BearerAuth, NoAuth
from isthmus.records import fields, model


class RestBackend(model.AbstractModel):
    """A backend with an address and a token, for a model to ``_inherit``.

    :meth:`auth` says how the token is shown to the other side: as a bearer token, unless overridden.
    """

    _name = "connector.rest.backend"
    _inherit = "connector.backend"

    url = fields.Char("Address", required=True, help="What all paths of its entities are below.")
    token = fields.Secret("Token")

    def auth(self) -> Auth:
        """Return how requests prove who is calling."""
        return BearerAuth(self.token.reveal()) if self.token else NoAuth()


class RestSession(BackendComponent, Component):
    """Opens and checks the session of every REST backend that has no session component of its own."""

    _name = "connector.rest.session"
    _inherit = ["connector.backend"]

    @classmethod
    def _component_match(cls, work: WorkContext, **conditions: Any) -> bool:
        return isinstance(work.collection, RestBackend)

    def connect(self) -> Any:
        """Return the HTTP client, made once for each work context and those derived from it."""
        from isthmus.http import HttpClient

        client = getattr(self.work, "rest_client", None)
        if client is None:
            client = HttpClient(self.collection.url, auth=self.collection.auth(), clock=self.env.clock)
            self.work.rest_client = client  # type: ignore[attr-defined]
        return client

    def check(self) -> str:
        """Return what the first entity's first page gave. Raises a RemoteError that says what is wrong."""
        backend = self.collection
        entity = next(iter(backend.entities()), None)
        if entity is None:
            raise ConfigurationError(
                f"{backend.name} has no entities", hint="Declare one with `class …(Entity)`."
            )
        with backend.work_on(entity) as work:
            records, _ = next(iter(work.component(usage="backend.adapter").pages()), ([], None))
        return f"{backend.url} answers; the first page of {entity} has {len(records)} records."
