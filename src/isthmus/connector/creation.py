"""Creation: what Odoo has without a pair is created on the other side, announced before and paired after.

Whoever is cut off in between leaves a record that nothing is known of but its announcement. It is recognised
by the next try, or by the import that meets it; what was announced is the base of the pair then, so that what
people did to either record since is a change like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from isthmus.connector.agreement import Agreement
from isthmus.connector.export_page import Item
from isthmus.connector.sent import Sent
from isthmus.connector.settling import settle, settled
from isthmus.errors import AmbiguousError

#: So long after the last try a create may still come through; an import that finds nothing then gives it up.
STANDS = timedelta(hours=1)


class Creation:
    """Creates records for an exporter."""

    def __init__(self, exporter: Any) -> None:
        self._exporter = exporter
        self._announcer = exporter.component(usage="announcer")
        self._adapter = exporter.backend_adapter

    def run(self, item: Item) -> None:
        """Create one record and pair it; after a try that was cut off, look first whether it came through.

        Raises what the other side says against it.
        """
        if pending := self._announcer.pending(item.odoo_id):
            twin = self._adapter.find_created(pending.values, pending.announced)
            if twin is not None:
                self._pair(item, twin, self._announced(pending, twin))
                return
        made = self._create(item)
        self._pair(item, made, Agreement(self._exporter._watched(made), item.now))

    def recognise(self, records: Sequence[Mapping[str, Any]], intents: Any) -> None:
        """Pair those of some records of the other side, which have no pair, that were announced.

        Announcements of long ago to which nothing was made are taken back: each is looked for with each page.
        """
        known_by = self._exporter.importer.external_id_of
        ids = {str(known_by(record)) for record in records}
        for intent in intents if ids else ():
            try:
                twin = self._adapter.find_created(intent.values, intent.announced)
            except self._exporter.sets_aside:
                continue  # where it was to be is gone, or may no longer be seen: that is no matter of these
            if twin is None and self._exporter.env.now - intent.write_date > STANDS:
                self._announcer.settle(intent.odoo_id)
            if twin is None or str(known_by(twin)) not in ids:
                continue
            ids.remove(str(known_by(twin)))
            item = Item(intent.odoo_id)
            self._exporter._read([item])
            self._pair(item, twin, self._announced(intent, twin))
            settle(self._exporter, [item])

    def _create(self, item: Item) -> Mapping[str, Any]:
        values = item.values or {}
        self._announcer.announce(item.odoo_id, values, item.now)
        try:
            made: Any = self._adapter.create(values)
        except AmbiguousError:
            raise  # it may have come through: the intent stays
        except self._exporter.sets_aside:
            self._announcer.settle(item.odoo_id)
            raise
        return made if isinstance(made, Mapping) else dict(values, id=made)

    def _announced(self, intent: Any, twin: Mapping[str, Any]) -> Agreement:
        """Return the agreement with a record that was announced; ``twin`` is what that is by now."""
        sent = Sent(intent.values, intent.odoo or {})
        return sent.made(self._exporter._watched(twin), self._exporter.mapper.comparable_value)

    def _pair(self, item: Item, made: Mapping[str, Any], agreed: Agreement) -> None:
        exporter = self._exporter
        item.external_id = str(exporter.importer.external_id_of(made))
        item.outcome = item.told("created")
        same = frozenset(name for name, value in agreed.odoo.items() if item.now.get(name) == value)
        base = Agreement(agreed.external, {**agreed.odoo, **settled(exporter, item, made, same)})
        item.binding = exporter.model.create(
            {
                "backend_id": exporter.collection.id,
                "external_id": item.external_id,
                exporter.binder._odoo_field: item.odoo_id,
                "base": base.to_json(),
                **exporter._synced(),
                **exporter.pair_values(made),
            }
        )
        self._announcer.settle(item.odoo_id)
        exporter._note([item])
        exporter.env.commit()
        exporter._after_export(item.binding)
