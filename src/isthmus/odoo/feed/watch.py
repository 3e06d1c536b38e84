"""What a feed follows: models of Odoo, each with a cursor of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from isthmus.odoo.feed.row import STAMPS
from isthmus.records.fields import Field

#: What belongs to other records, says so in this field, and does not move their ``write_date``.
SATELLITES: Mapping[str, str] = {"mail.message": "model", "ir.attachment": "res_model"}

#: Of messages, those that people write. The rest is what Odoo notes by itself.
COMMENTS = (("message_type", "=", "comment"),)

_NEVER = frozenset({*STAMPS, "id", "create_uid", "__last_update", "display_name"})


@dataclass(frozen=True, slots=True)
class Watch:
    """A model to follow.

    ``domain`` restricts which records count; a record that leaves it is not noticed. ``fields`` tell two
    states of one second apart (None: every field that is a plain column, and tags and the like). Deletions
    are looked for where ``deletions`` asks for it.
    """

    model: str
    domain: tuple[Any, ...] = ()
    fields: tuple[str, ...] | None = None
    deletions: bool = False

    def telling(self, known: Mapping[str, Field]) -> tuple[str, ...]:
        """Return the fields to read, of those that the model has."""
        if self.fields is not None:
            return self.fields
        return tuple(
            name
            for name, field in sorted(known.items())
            if name not in _NEVER and (field.prefetch or _is_list_of_others(field))
        )


def _is_list_of_others(field: Field) -> bool:
    return field.type == "many2many" and field.store and field.groups is None


def watches_for(models: Iterable[str]) -> list[Watch]:
    """Return what to follow for some models: these with their deletions, and their comments and attachments.

    A comment or an attachment does not move the ``write_date`` of its record.
    """
    followed = list(dict.fromkeys(models))
    owners = [model for model in followed if model not in SATELLITES]
    found = [Watch(model, deletions=True) for model in owners]
    for model, field in SATELLITES.items():
        if owners or model in followed:
            mine: tuple[Any, ...] = ((field, "in", owners),) if owners else ()
            found.append(Watch(model, (*mine, *(COMMENTS if model == "mail.message" else ()))))
    return found
