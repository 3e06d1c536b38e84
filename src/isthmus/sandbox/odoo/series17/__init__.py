"""What Odoo 14 to 17 have of their own, where 18 brought something new.

Source: asked of Odoo 14 to 17 servers.
"""

from __future__ import annotations

from typing import Any

from isthmus import models
from isthmus.sandbox.odoo.models.user import groups_of
from isthmus.sandbox.odoo.rpc import exposed


class Users(models.Model):
    _inherit = "res.users"

    @exposed(of_records=False)
    def has_group(self: Any, group_ext_id: str) -> bool:
        """Tell whether the caller is in a group; only from 18 on other users can be asked about."""
        return group_ext_id in groups_of(self.env, self.session.uid)
