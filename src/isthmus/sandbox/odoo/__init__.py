"""A simulated Odoo that speaks the real protocols; it knows nothing of the client."""

from isthmus.sandbox.odoo.server import OdooSandbox

__all__ = ["OdooSandbox"]
