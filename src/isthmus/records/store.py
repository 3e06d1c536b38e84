"""The seam under every recordset: where records are kept.

Values cross it in one neutral form, whatever the store:

=============  ==========================================================================
field type     value (``False`` = empty, as in Odoo)
=============  ==========================================================================
char, text,    ``str``
html,
selection
integer,       ``int``, ``float`` (empty reads as 0)
float
boolean        ``bool``
date           ``datetime.date``
datetime       naive UTC ``datetime.datetime``
json           any JSON value
binary         ``bytes`` (the content itself, not base64)
secret         ``str`` (the encrypted token; a store never sees the plain text)
many2one       ``int`` id
one2many,      read: list of ids; written: list of commands
many2many      ``(0,0,vals) (1,id,vals) (2,id) (3,id) (4,id) (5,) (6,0,ids)``
=============  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from isthmus.records.domain import Domain
    from isthmus.records.fields import Field

Values = dict[str, Any]
Context = Mapping[str, Any]

NO_CONTEXT: Context = MappingProxyType({})


class RecordStore(Protocol):
    """Keep the records of some models. One conformance suite runs on every implementation."""

    #: True when effects commit and roll back with the environment (a database), False when each call is final
    #: (a remote).
    transactional: bool

    #: True when the store executes x2many commands, defaults and required checks by itself (a remote Odoo).
    autonomous: bool

    def author(self) -> int | None:
        """Return the id of the user in whose name records are written (``write_uid``); None where that is not
        kept.
        """
        ...

    def fields(self, model: str) -> Mapping[str, Field]:
        """Return the fields of a model by name. Raises ModelError when the store does not know the model."""
        ...

    def search(
        self,
        model: str,
        domain: Domain,
        *,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        context: Context = NO_CONTEXT,
    ) -> list[int]:
        """Return the ids of the records in the domain, in order (the model's ``_order`` by default)."""
        ...

    def search_read(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        context: Context = NO_CONTEXT,
    ) -> list[Values]:
        """Search and read at once; each row has ``id`` and the fields asked for."""
        ...

    def count(self, model: str, domain: Domain, *, context: Context = NO_CONTEXT) -> int:
        """Return how many records are in the domain."""
        ...

    def read(
        self, model: str, ids: Sequence[int], fields: Sequence[str], *, context: Context = NO_CONTEXT
    ) -> list[Values]:
        """Return one dict per existing record (with ``id``), in the order of ``ids``; missing ones are left
        out.
        """
        ...

    def create(self, model: str, rows: Sequence[Values], *, context: Context = NO_CONTEXT) -> list[int]:
        """Create the records and return their ids in the same order. All or none."""
        ...

    def write(self, model: str, ids: Sequence[int], values: Values, *, context: Context = NO_CONTEXT) -> None:
        """Write the same values to all records. Raises MissingRecordError when one does not exist."""
        ...

    def write_each(
        self, model: str, rows: Sequence[tuple[int, Values]], *, context: Context = NO_CONTEXT
    ) -> None:
        """Write different values to many records in as few calls as the store can."""
        ...

    def upsert(
        self, model: str, rows: Sequence[tuple[str, Values]], *, context: Context = NO_CONTEXT
    ) -> list[int]:
        """Create, or update when there already, the record known under each external identifier.

        ``rows`` are ``(identifier, values)`` with identifiers such as ``__isthmus__.trello_1_card_5a…``.
        Repeating the call does no harm. Returns the ids in order. All or none.
        """
        ...

    def unlink(self, model: str, ids: Sequence[int], *, context: Context = NO_CONTEXT) -> None:
        """Delete the records. Ids that are gone already are ignored."""
        ...
