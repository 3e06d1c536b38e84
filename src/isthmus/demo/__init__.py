"""The main job on a real board, from end to end: what ``isthmus demo`` runs and ``make demo`` shows."""

from isthmus.demo.failure import DemoFailed
from isthmus.demo.stage import OdooAccess, Stage
from isthmus.demo.story import Step, Story

__all__ = ["DemoFailed", "OdooAccess", "Stage", "Step", "Story"]
