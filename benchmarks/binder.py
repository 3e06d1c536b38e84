"""Binders: from external ids to records, many at a time."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from report import Figure, main, seconds_per_call

from isthmus import fields, models
from isthmus.components import ComponentRegistry
from isthmus.inheritance import capture
from isthmus.records import Registry, SqlDatabase, open_environment, upgrade_schema

with capture() as declared:

    class BenchBackend(models.Model):
        _name = "bench.backend"
        _inherit = "connector.backend"

    class BenchPartner(models.Model):
        _name = "bench.partner"
        _inherit = "external.binding"

        backend_id = fields.Many2one("bench.backend", required=True)
        odoo_id = fields.Integer()


@contextmanager
def binder_of(url: str, bindings: int) -> Iterator[tuple[Any, list[str]]]:
    """Give the binder of a backend that has that many bindings, and their external ids."""
    registry = Registry.build(["isthmus.connector"], classes=declared)
    components = ComponentRegistry.build(["isthmus.connector"], classes=declared)
    database = SqlDatabase(url)
    upgrade_schema(database, registry)
    with open_environment(registry, database, services={ComponentRegistry: components}) as env:
        backend = env["bench.backend"].create({"name": "bench"})
        ids = [f"5f00{number:020x}" for number in range(bindings)]
        rows = [{"backend_id": backend.id, "external_id": id_, "odoo_id": n} for n, id_ in enumerate(ids, 1)]
        for start in range(0, bindings, 5000):
            env["bench.partner"].create(rows[start : start + 5000])
        env.commit()
        with backend.work_on("bench.partner") as work:
            yield work.component(usage="binder"), ids


def measure(quick: bool) -> list[Figure]:
    """Return the figures."""
    number = 2_000 if quick else 10_000
    figures = []
    with (
        tempfile.TemporaryDirectory() as folder,
        binder_of(f"sqlite:///{Path(folder) / 'b.sqlite'}", 5 * number) as (
            binder,
            ids,
        ),
    ):
        asked = ids[::5]
        spent = seconds_per_call(lambda: binder.to_internal_many(asked), quick=quick)
        figures.append(
            Figure(
                "to_internal_many, SQLite",
                number / spent,
                "ids/s",
                ">= 100,000 ids/s",
                "OCA in Odoo 18: 2,000",
            )
        )
        spent = seconds_per_call(lambda: binder.to_internal(asked[0]), quick=quick)
        figures.append(
            Figure("to_internal, one by one, SQLite", 1 / spent, "ids/s", None, "OCA in Odoo 18: 2,000")
        )
        known = list(range(1, number + 1))
        spent = seconds_per_call(lambda: binder.to_external_many(known), quick=quick)
        figures.append(Figure("to_external_many, SQLite", number / spent, "ids/s"))
    return figures


if __name__ == "__main__":
    sys.exit(main("Binders", measure))
