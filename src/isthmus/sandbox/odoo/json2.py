"""JSON-2 at ``/json/2/<model>/<method>`` (Odoo 19): real HTTP statuses, bearer keys, named arguments.

Source: recorded exchanges (tests/data/odoo-probes/19).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from isthmus.sandbox.message import Request, Response
from isthmus.sandbox.odoo.errors import ForeignError, HttpError, Refusal, error_data
from isthmus.sandbox.odoo.jsonrpc import json_response
from isthmus.sandbox.odoo.pages import bad_media_type

PREFIX = "/json/2/"
ROUTE = "/json/2/<__model__>/<__method__>"

#: Do one call: ``(key, model, method, named arguments)``.
Service = Callable[[str, str, str, dict[str, Any]], Any]


def answer(request: Request, series: int, service: Service) -> Response:
    """Answer a request; ``service`` does the work and raises a Refusal when it cannot."""
    parts = request.path.removeprefix(PREFIX).split("/")
    is_call = request.method == "POST" and len(parts) == 2 and all(parts)
    if is_call and request.content_type != "application/json":
        return bad_media_type(series, ROUTE, "json2")
    try:
        if not is_call:
            raise HttpError("NotFound", 404, "Did you mean POST /json/2/<model>/<method>?")
        return json_response(service(bearer_key(request), parts[0], parts[1], _named(request.body)))
    except Refusal as refusal:
        return refused(request, refusal, series)


def refused(request: Request, refusal: Refusal, series: int) -> Response:
    """Return the answer that says no."""
    request.facts["error"] = refusal.name
    response = json_response(error_data(refusal, series), refusal.status)
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer "
    return response


def bearer_key(request: Request) -> str:
    """Return the API key of a request. Raises HttpError (401) when there is none."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        message = "User not authenticated, use an API Key with a Bearer Authorization header."
        raise HttpError("Unauthorized", 401, message)
    return key.strip()


def invalid_key() -> HttpError:
    """Return the refusal of a wrong, expired or revoked key."""
    return HttpError("Unauthorized", 401, "Invalid apikey")


def without_session(request: Request, series: int) -> Response:
    """Return the answer of pages that only a web session may see."""
    expired = ForeignError("odoo.http.SessionExpiredException", "Session expired")
    expired.status = 403
    return refused(request, expired, series)


def _named(body: bytes) -> dict[str, Any]:
    """Return the arguments in a body; one that is no object brings none."""
    if not body:
        return {}
    try:
        given = json.loads(body)
    except ValueError as error:
        raise HttpError("BadRequest", 400, f"could not parse the body as json: {error}") from error
    return given if isinstance(given, dict) else {}
