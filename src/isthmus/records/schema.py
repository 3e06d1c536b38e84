"""Bring a database's tables up to the declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isthmus.records.database import SqlDatabase
    from isthmus.records.registry import Registry


def upgrade_schema(database: SqlDatabase, registry: Registry) -> list[str]:
    """Create the tables that are missing."""
    database.tables(registry).metadata.create_all(database.engine)
    return []
