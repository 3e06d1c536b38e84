"""What a round would do: an import and an export whose writes are held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from isthmus.connector.chosen import in_direction
from isthmus.connector.operation import export_backend, import_backend
from isthmus.connector.readable import named, names_of_records, readable
from isthmus.connector.rehearsal import PlannedField, PlannedRecord, Rehearsal
from isthmus.connector.report import EntityReport
from isthmus.connector.working import Progress, silent

#: A plan looks at everything, whatever the brakes say.
EVERYTHING = "100%"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a round would do: records in the order in which it would come to them, and counts of the runs."""

    records: list[PlannedRecord]
    imports: list[EntityReport] = field(default_factory=list)
    exports: list[EntityReport] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing would fail, and nothing is in conflict."""
        return all(report.ok for report in (*self.imports, *self.exports))


def plan_backend(backend: Any, entities: Sequence[str] | None = None, progress: Progress = silent) -> Plan:
    """Return what a round over the entities of a backend (None: all) would do. Changes nothing.

    The backend's environment must be one of ``app.rehearsal()``: what this runs is the import and the export.
    """
    rehearsal = backend.env.service(Rehearsal)
    imports = import_backend(
        backend, in_direction(backend, entities, "import"), False, False, progress, EVERYTHING
    )
    exports = export_backend(backend, in_direction(backend, entities, "export"), progress, EVERYTHING)
    return Plan(shown(backend.env, rehearsal.records), imports, exports)


def shown(env: Any, records: list[PlannedRecord]) -> list[PlannedRecord]:
    """Return the records with values as a person reads them: relations by name, one read for each model."""
    wanted: dict[str, set[int]] = {}
    for one in (one for record in records for one in record.fields):
        if one.relation:
            wanted.setdefault(one.relation, set()).update(ids_of(one.before), ids_of(one.after))
    names = {model: names_of_records(env[model], ids) for model, ids in wanted.items()}

    def text(one: PlannedField, value: Any) -> str:
        if one.relation:
            value = named(value, lambda id_: names[one.relation].get(id_, f"#{id_}" if id_ > 0 else "(new)"))
        if value is False and one.kind not in ("", "boolean"):
            value = None  # how Odoo says that a field is empty
        return readable(value, is_html=one.kind == "html")

    return [
        replace(
            record,
            fields=[
                replace(one, before=text(one, one.before), after=text(one, one.after))
                for one in record.fields
            ],
        )
        for record in records
    ]


def ids_of(value: Any) -> list[int]:
    """Return the ids in the value of a relation."""
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, int) and not isinstance(one, bool)]
