"""The recorded exchanges with real Odoo servers, by version and name."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "data" / "odoo-probes"
VERSIONS = ("18", "19")


@cache
def exchanges(version: str) -> dict[str, dict[str, Any]]:
    """Return the JSON-RPC exchanges recorded with a version, by file name without extension."""
    found = {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted((FOLDER / version).glob("*.json"))
    }
    return {name: exchange for name, exchange in found.items() if exchange["protocol"] == "jsonrpc"}


def named(version: str, name: str) -> dict[str, Any]:
    """Return the exchange whose name (without its number) is given."""
    return next(one for key, one in exchanges(version).items() if key.partition("-")[2] == name)


def faults(version: str) -> dict[str, dict[str, Any]]:
    """Return the exchanges that Odoo answered with an exception."""
    return {
        key: one
        for key, one in exchanges(version).items()
        if isinstance(one["response"]["body"], dict) and "error" in one["response"]["body"]
    }


def call_of(exchange: dict[str, Any]) -> tuple[str, str, list[Any], dict[str, Any]]:
    """Return model, method, args and kwargs of an exchange that called ``execute_kw``."""
    _, _, _, model, method, *rest = exchange["request"]["body"]["params"]["args"]
    return model, method, rest[0] if rest else [], rest[1] if len(rest) > 1 else {}
