"""Deleters do on one side what the backend's policy says about a deletion on the other."""

from __future__ import annotations

from typing import Any

from isthmus.connector.inbox import Subject
from isthmus.connector.odoo_side import OdooSide
from isthmus.connector.outcome import Outcome
from isthmus.connector.synchronizer import Synchronizer
from isthmus.errors import NotFoundError


class ImportDeleter(Synchronizer):
    """A record is gone outside: archive or delete that of Odoo, forget the pair, or do nothing."""

    _abstract = True
    _name = "connector.import.deleter"
    _inherit = ["connector.synchronizer"]
    _usage = "record.import.deleter"

    def run(self, external_id: Any) -> Outcome:
        """Apply the policy to the pair of an external id and return the outcome; unchanged when there is no
        pair.
        """
        outcome = self._apply(external_id)
        self.timeline.note("import", [(outcome, None)])
        return outcome

    def _apply(self, external_id: Any) -> Outcome:
        binding = self.binder.to_internal(external_id)
        if not binding or binding.state == "deleted":
            return Outcome("unchanged", str(external_id))
        record = self.binder.unwrap_binding(binding)
        odoo_id, name = record.id, self._name_of(record)
        policy = self.collection.import_deletion
        if policy == "ignore":
            return Outcome(
                "skipped", str(external_id), odoo_id, name, "deleted outside; the policy is to ignore that"
            )
        if policy == "archive":
            self.archive(record)
        elif policy == "delete":
            record.unlink()
        self.mediator.forget(binding)
        if policy == "unlink":
            binding.unlink()
            if self.goes_both_ways:
                self.component(usage="inbox").keep(Subject("odoo", record._name, str(odoo_id)))
        else:
            binding.write({"state": "deleted", "synced": False, "last_sync_date": self.env.now})
        return Outcome("deleted", str(external_id), odoo_id, name, f"deleted outside: {policy}")

    def archive(self, record: Any) -> None:
        """Archive a record of Odoo; one that cannot be archived stays."""
        if "active" in record._fields:
            record.write({"active": False})

    def _name_of(self, record: Any) -> str:
        return str(record.display_name) if record.with_context(active_test=False).exists() else ""


class ExportDeleter(Synchronizer):
    """Odoo no longer has a record: archive or delete the external one, forget the pair, or do nothing."""

    _abstract = True
    _name = "connector.export.deleter"
    _inherit = ["connector.synchronizer"]
    _usage = "record.export.deleter"

    def run(self, binding: Any) -> Outcome:
        """Apply the policy to a pair whose record of Odoo is gone and return the outcome."""
        outcome = self._apply(binding)
        self.timeline.note("export", [(outcome, None)])
        return outcome

    def _apply(self, binding: Any) -> Outcome:
        external_id, odoo_id = binding.external_id, self.binder.unwrap_binding(binding).id
        policy = self.collection.export_deletion
        if policy == "ignore":
            return Outcome(
                "skipped", external_id, odoo_id, "", "deleted in Odoo; the policy is to ignore that"
            )
        try:
            if policy == "archive":
                self.archive(external_id)
            elif policy == "delete":
                self.backend_adapter.delete(external_id)
        except NotFoundError:
            pass  # gone on the other side as well: nothing is left to do there
        self.mediator.forget(binding)
        if policy == "unlink":
            self._forget(binding)
        else:
            binding.write({"state": "deleted", "synced": False, "last_sync_date": self.env.now})
        return Outcome("deleted", external_id, odoo_id, "", f"deleted in Odoo: {policy}")

    def _forget(self, binding: Any) -> None:
        """Forget a pair: what is left of it outside is a stranger, at which the next round looks."""
        external_id = str(binding.external_id)
        binding.unlink()
        if self.goes_both_ways:
            OdooSide(self.component(usage="record.importer")).forget(external_id)
            self.component(usage="inbox").keep(Subject("external", str(self.work.model_name), external_id))

    def archive(self, external_id: Any) -> None:
        """Archive an external record. A system without an archive keeps it: override where there is one."""


class DefaultImportDeleter(ImportDeleter):
    """Serves every binding model that has no import deleter of its own."""

    _abstract = False
    _name = "connector.import.deleter.default"
    _inherit = ["connector.import.deleter"]


class DefaultExportDeleter(ExportDeleter):
    """Serves every binding model that has no export deleter of its own."""

    _abstract = False
    _name = "connector.export.deleter.default"
    _inherit = ["connector.export.deleter"]
