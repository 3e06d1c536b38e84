"""The models of the simulated Odoo that are alike in every version."""

from isthmus.sandbox.odoo.models import base as base

from isthmus.sandbox.odoo.models import mail as mail  # isort: skip - threads come before what inherits from them
