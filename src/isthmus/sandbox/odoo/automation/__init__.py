"""Automation rules that send webhooks, as Odoo 17 and later have them."""

from isthmus.sandbox.odoo.automation.sending import send

__all__ = ["send"]
