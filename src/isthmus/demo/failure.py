"""The demo's own error."""

from __future__ import annotations

from isthmus.errors import IsthmusError


class DemoFailed(IsthmusError):
    """The demo did not do what it promises. ``details["reports"]`` holds what was found."""
