"""Listeners of the connector layer."""

from __future__ import annotations

from typing import Any

from isthmus.components import AbstractComponent


class ConnectorListener(AbstractComponent):
    """Base of listeners that react to changes of records by exporting them."""

    _name = "base.connector.listener"
    _inherit = ["base.event.listener", "base.connector"]

    def no_connector_export(self, record: Any) -> bool:
        """Tell whether the context says that a change is not to be exported (for ``@skip_if``).

        True under the keys ``no_connector_export`` and ``connector_no_export``. Echoes are recognised without
        it: the base knows our own writes.
        """
        context = record.env.context
        return bool(context.get("no_connector_export") or context.get("connector_no_export"))
