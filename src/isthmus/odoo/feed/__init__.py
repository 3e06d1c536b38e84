"""The change feed: what changed in an Odoo, found by polling, delivered at least once."""

from isthmus.odoo.feed.batch import Batch
from isthmus.odoo.feed.feed import Feed, Look
from isthmus.odoo.feed.follower import Follower
from isthmus.odoo.feed.row import Row
from isthmus.odoo.feed.watch import Watch, watches_for

__all__ = ["Batch", "Feed", "Follower", "Look", "Row", "Watch", "watches_for"]
