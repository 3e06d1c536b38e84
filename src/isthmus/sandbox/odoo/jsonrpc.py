"""JSON-RPC at ``/jsonrpc``: answers are HTTP 200, errors included.

Source: recorded exchanges (tests/data/odoo-probes).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from isthmus.sandbox.message import Request, Response
from isthmus.sandbox.odoo.errors import Refusal, error_data
from isthmus.sandbox.odoo.pages import bad_media_type

JSON = "application/json; charset=utf-8"

#: Do one call of one service: ``(service, method, args)``.
Service = Callable[[str, str, Sequence[Any]], Any]


def answer(request: Request, series: int, service: Service) -> Response:
    """Answer a request; ``service`` does the work and raises a Refusal when it cannot."""
    if request.content_type not in ("application/json", "application/json-rpc"):
        return bad_media_type(series, "/jsonrpc", "jsonrpc" if series >= 19 else "json")
    try:
        body = msgspec.json.decode(request.body)
    except msgspec.DecodeError:
        return Response.text(400, "Invalid JSON data", "text/html; charset=utf-8")
    called = body if isinstance(body, dict) else {}
    params = called.get("params") or {}
    try:
        result = service(str(params.get("service")), str(params.get("method")), params.get("args") or ())
    except Refusal as refusal:
        request.facts["error"] = refusal.name
        return json_response({"jsonrpc": "2.0", "id": called.get("id"), "error": _error(refusal, series)})
    reply = {"jsonrpc": "2.0", "id": called.get("id")}
    # A method that returns nothing leaves out the key: neither result nor error.
    return json_response(reply if result is None else {**reply, "result": result})


def _error(refusal: Refusal, series: int) -> dict[str, Any]:
    data = error_data(refusal, series)
    return {"code": 0 if series >= 19 else 200, "message": "Odoo Server Error", "data": data}


def json_response(value: Any, status: int = 200) -> Response:
    """Return a JSON answer."""
    headers = {"Content-Type": JSON, "X-Content-Type-Options": "nosniff"}
    return Response(status, headers, msgspec.json.encode(value))
