"""Verifiers read both sides through their interfaces and compare every mapped field of every pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from isthmus.connector.batch import Progress, silent
from isthmus.connector.reading import chunked
from isthmus.connector.synchronizer import Synchronizer


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which a pair differs: ``odoo`` is what Odoo holds, ``external`` what the other side maps
    to.
    """

    external_id: str
    odoo_id: int
    name: str
    field: str
    odoo: Any
    external: Any


@dataclass(frozen=True, slots=True)
class Unpaired:
    """A record that has no counterpart, and why as far as it is known."""

    id: str
    name: str
    reason: str


@dataclass(slots=True)
class Verification:
    """What a comparison found."""

    compared: int = 0
    fields: int = 0
    differences: list[Difference] = field(default_factory=list)
    unpaired_external: list[Unpaired] = field(default_factory=list)
    unpaired_odoo: list[Unpaired] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether nothing differs and nothing is without a pair."""
        return not (self.differences or self.unpaired_external or self.unpaired_odoo)


class Verifier(Synchronizer):
    """Compare all records of the other side with all records of Odoo that they are paired with.

    What is only mapped on creation is not compared, since it may go its own way.
    """

    _abstract = True
    _name = "connector.verifier"
    _inherit = ["connector.synchronizer"]
    _usage = "verifier"

    #: Fields of Odoo that may differ: they are synchronised in one direction only, and people may change
    #: them.
    ignored: ClassVar[frozenset[str]] = frozenset()

    def run(self, *, progress: Progress = silent) -> Verification:
        """Compare everything and return what was found."""
        found = Verification()
        importer = self.component(usage="record.importer")
        total, met, done = self.backend_adapter.count(None), set[str](), 0
        for records, _ in self.backend_adapter.pages(None, None):
            for part in chunked(records, self.collection.page_size or 200):
                kept = [record for record in part if importer.skip_reason(record) is None]
                met.update(str(importer.external_id_of(record)) for record in kept)
                self._compare(importer, kept, found)
                done += len(part)
                progress(done, total)
        self._without_external(met, found)
        self._without_pair(found)
        return found

    def _compare(self, importer: Any, records: Sequence[Mapping[str, Any]], found: Verification) -> None:
        bindings = self.binder.bindings(importer.external_id_of(record) for record in records)
        page = self.mapper.map_many(records)
        reasons = {failure.index: str(failure.error.message) for failure in page.failures}
        pairs = []
        for index, (record, values) in enumerate(zip(records, page.values, strict=True)):
            external_id = str(importer.external_id_of(record))
            binding = bindings.get(importer.external_id_of(record))
            if binding is not None and binding.state == "deleted":
                continue  # one side was deleted, and the policy has been followed
            if binding is None or values is None:
                why = reasons.get(index, "it has no pair")
                found.unpaired_external.append(Unpaired(external_id, importer.external_name_of(record), why))
            else:
                pairs.append((external_id, importer.external_name_of(record), binding, values))
        rows = self._odoo_rows([binding for _, _, binding, _ in pairs], [values for *_, values in pairs])
        for external_id, name, binding, values in pairs:
            record = self.binder.unwrap_binding(binding)
            row = rows.get(record.id)
            if row is None:
                found.unpaired_external.append(Unpaired(external_id, name, f"{record!r} is gone from Odoo"))
                continue
            found.compared += 1
            for target, value in self.mapper.comparable(values).items():
                if target in row and target not in self.ignored:
                    found.fields += 1
                    if row[target] != value:
                        found.differences.append(
                            Difference(external_id, record.id, name, target, row[target], value)
                        )

    def _odoo_rows(
        self, bindings: Sequence[Any], values: Sequence[Mapping[str, Any]]
    ) -> dict[int, dict[str, Any]]:
        model = self._odoo_model()
        names = sorted({name for one in values for name in one if name in model._fields})
        ids = [record.id for record in map(self.binder.unwrap_binding, bindings) if record]
        rows = model.browse(ids).read(names) if ids else []
        value = self.mapper.comparable_value
        return {row["id"]: {name: value(name, row[name]) for name in names} for row in rows}

    def _odoo_model(self) -> Any:
        return self.env[self.binder.unwrap_model()].with_context(active_test=False)

    def _without_external(self, met: set[str], found: Verification) -> None:
        """List pairs whose external record is gone though the pair is not marked so."""
        domain = [*self.binder._scope(), ("state", "!=", "deleted")]
        for binding in self.model.search(domain):
            if binding.external_id not in met:
                record = self.binder.unwrap_binding(binding)
                reason = f"its external record {binding.external_id} is gone"
                found.unpaired_odoo.append(Unpaired(str(record.id), "", reason))

    def _without_pair(self, found: Verification) -> None:
        """List records of Odoo that an export would create on the other side."""
        if not self.many_components(usage="export.mapper"):
            return
        ids = self.component(usage="batch.exporter").unbound()
        for record in self._odoo_model().browse(ids):
            found.unpaired_odoo.append(Unpaired(str(record.id), str(record.display_name), "it has no pair"))


class DefaultVerifier(Verifier):
    """Serves every binding model that has no verifier of its own."""

    _abstract = False
    _name = "connector.verifier.default"
    _inherit = ["connector.verifier"]
