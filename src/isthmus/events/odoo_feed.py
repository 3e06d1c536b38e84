"""Changes that the feed found in an Odoo become events of its records, as if they had been made here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from isthmus.events.base import announce
from isthmus.events.origin import ECHO, KEY, origin_of_odoo
from isthmus.records.environment import Environment

if TYPE_CHECKING:
    from isthmus.odoo.feed import Batch, Row


def raise_events(env: Environment, batch: Batch) -> None:
    """Notify the creation, change and deletion of the records of a batch: what was deleted comes first.

    ``fields`` are all that were read, since any of them may have changed. The values that were read are at
    hand, so that listeners cost no call. A deleted record has nothing left but its id.
    """
    remember(env, batch)
    _tell(env, batch, "unlink", batch.removed, is_echo=False)
    for is_echo in (False, True):
        for action, rows in (("create", batch.created), ("write", batch.written)):
            ids = [row.id for row in rows if _is_own(row, batch) is is_echo]
            _tell(env, batch, action, ids, is_echo=is_echo)


def _is_own(row: Row, batch: Batch) -> bool:
    return batch.user is not None and row.author == batch.user


def _tell(env: Environment, batch: Batch, action: str, ids: Sequence[int], *, is_echo: bool) -> None:
    if not ids:
        return
    context = {**env.context, KEY: origin_of_odoo(batch.odoo), ECHO: is_echo}
    records = env.with_context(context)[batch.model].browse(list(ids))
    announce(action, records, None if action == "unlink" else dict.fromkeys(ids, batch.fields))


def remember(env: Environment, batch: Batch) -> None:
    """Keep the values that the feed read in the transaction's cache."""
    _remember(env, batch.model, batch.created)
    _remember(env, batch.model, batch.written)


def _remember(env: Environment, model: str, rows: Iterable[Row]) -> None:
    known = env[model]._fields
    plain, lists = env.cache.rows(model), env.cache.lists(model)
    for row in rows:
        for name, value in row.values.items():
            kept = lists if known[name].type in ("one2many", "many2many") else plain
            kept.setdefault(row.id, {})[name] = value
