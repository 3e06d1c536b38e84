"""Sending a webhook the way Odoo does: once, without a signature, and without caring for the answer."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from typing import Any

#: Source: ``_run_action_webhook`` waits one second.
TIMEOUT_S = 1.0


def send(url: str, payload: dict[str, Any]) -> None:
    """POST a payload; whatever goes wrong is forgotten."""
    body = json.dumps(payload, default=str).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "python-requests/2.31.0"}
    request = urllib.request.Request(url, body, headers, method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError, ValueError, urllib.error.URLError):
        opener.open(request, timeout=TIMEOUT_S).close()
