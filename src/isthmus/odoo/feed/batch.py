"""What a feed delivers: the changes of one page of one model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from isthmus.odoo.feed.row import Row
from isthmus.records.environment import Environment


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes of one model of the Odoo ``odoo``, heard in one local transaction with the cursor's advance.

    ``fields`` were read of each row; any of them may have changed. ``user`` is the id of the connection's own
    user in Odoo: rows that it wrote last may be echoes.
    """

    odoo: str
    model: str
    fields: tuple[str, ...]
    user: int | None
    created: tuple[Row, ...] = ()
    written: tuple[Row, ...] = ()
    removed: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.created) + len(self.written) + len(self.removed)


#: Called inside the transaction; what it raises undoes the advance, so that the batch is delivered again.
Hear = Callable[[Environment, Batch], None]
