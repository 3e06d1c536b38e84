"""Pairing: keeping the pairs of a page that an import has brought, and what both sides agree on in them."""

from __future__ import annotations

from typing import Any

from isthmus.connector.agreement import Agreement
from isthmus.connector.import_page import Item, still_open


class Pairing:
    """Keeps the pairs of an importer's items, in two steps: that they are pairs, and what they agree on."""

    def __init__(self, importer: Any) -> None:
        self._importer = importer
        self._model = importer.model

    def begin(self, items: list[Item]) -> None:
        """Pair what was announced and created, with what was announced as its base, and commit.

        What it says in Odoo can be read back then while others go on, who need it to have a pair. Where
        nobody waits, one write of each pair is enough, which is :meth:`finish`'s.
        """
        made = [item for item in still_open(items) if item.announced and item.odoo_id]
        for item, provided in zip(made, self.provide(made), strict=True):
            item.made, item.provided = True, provided
        if made:
            self._importer.arrivals.settle()
            self._importer.env.commit()

    def provide(self, items: list[Item]) -> list[dict[str, Any]]:
        """Give new items their pairs, and return the values of those.

        The base is what was announced: what Odoo made of it is not known.
        """
        rows = [
            {**self._importer._binding_values(item), **self._row(item), "base": announced(item).to_json()}
            for item in items
        ]
        for item, binding in zip(items, self._model.create(rows) if rows else (), strict=True):
            item.binding = binding
        return rows

    def finish(self, items: list[Item]) -> list[Item]:
        """Keep every pair with its new base, in one call for new and one for old pairs; return what it made.

        Gives each item its outcome.
        """
        new = [item for item in still_open(items) if item.binding is None]
        rows = [{**self._importer._binding_values(item), **self._row(item)} for item in new]
        for item, binding in zip(new, self._model.create(rows) if rows else (), strict=True):
            item.binding = binding
            item.outcome = self._importer._outcome("created", item)
        self._importer.arrivals.settle()
        old = still_open(items)
        self._follow(old)
        self._model.write_each([(item.binding, self._news(item)) for item in old])
        for item in old:
            item.outcome = self._importer._outcome(item.kind, item)
        return [*new, *(item for item in old if item.made)]

    def _news(self, item: Item) -> dict[str, Any]:
        """Return what a pair is to say now, of one that was just provided only what it did not say then."""
        values, had = self._importer._kept_values(item), item.provided
        return {name: value for name, value in values.items() if name not in had or had[name] != value}

    def _row(self, item: Item) -> dict[str, Any]:
        """Return what makes a new binding that of its two records; the mapped values where it is both."""
        pair, field = self._importer.pair_values(item), self._importer.binder._odoo_field
        if field and field in self._model._fields:
            return {**pair, field: item.odoo_id}
        return {**pair, **(item.values or {})}

    def _follow(self, items: list[Item]) -> None:
        """Bring what is known of conflicts up to date, in the transaction that moves the base."""
        for item in items:
            if item.entries or item.contested:
                found = item.merged, item.contested, "import", item.name
                item.waits = self._importer.mediator.follow(item.binding, item.entries, *found)


def announced(item: Item) -> Agreement:
    """Return what both sides are to agree on by what was announced; empty where nothing was."""
    return Agreement(item.announced.external, item.announced.odoo) if item.announced else Agreement()
