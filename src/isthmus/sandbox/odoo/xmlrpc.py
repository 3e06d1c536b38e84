"""XML-RPC at ``/xmlrpc/2/<service>`` and, with its text codes, at ``/xmlrpc/<service>``.

Source: recorded exchanges (tests/data/odoo-probes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from xml.parsers.expat import ExpatError
from xmlrpc.client import Fault, dumps, loads

from isthmus.sandbox.message import Request, Response
from isthmus.sandbox.odoo.errors import (
    AccessDenied,
    AccessError,
    ForeignError,
    MissingError,
    Refusal,
    UserError,
    python_error,
    traceback_text,
)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

Service = Callable[[str, str, Sequence[Any]], Any]


def answer(request: Request, service: Service) -> Response:
    """Answer a request; ``service`` does the work and raises a Refusal when it cannot."""
    name = request.path.rpartition("/")[2]
    is_second = request.path.startswith("/xmlrpc/2/")
    try:
        result = service(name, *_parsed(request.body))
        body = dumps((_marshallable(result),), methodresponse=True)
    except Refusal as refusal:
        request.facts["error"] = refusal.name
        body = dumps(fault(refusal) if is_second else old_fault(refusal), methodresponse=True)
    return Response.text(
        200, f'<?xml version="1.0"?>\n{body.partition("?>")[2].lstrip()}', "text/xml; charset=utf-8"
    )


def _parsed(body: bytes) -> tuple[str, Sequence[Any]]:
    try:
        args, method = loads(body, use_builtin_types=True)
    except ExpatError as error:
        raise ForeignError("xml.parsers.expat.ExpatError", str(error)) from error
    return str(method), args


def _marshallable(value: Any) -> Any:
    """Return the value as XML can hold it: control characters are dropped; None it cannot."""
    if value is None:
        raise python_error(TypeError("cannot marshal None unless allow_none is enabled"))
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, dict):
        return {str(key): _marshallable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marshallable(one) for one in value]
    return value


def fault(refusal: Refusal) -> Fault:
    """Return the fault of the second version: a number, and the whole traceback for what is unexpected."""
    text = traceback_text(refusal) if refusal.fault == 1 else refusal.message
    return Fault(refusal.fault, _CONTROL.sub("", text))


def old_fault(refusal: Refusal) -> Fault:
    """Return the fault of the first version, whose codes are text."""
    match refusal:
        case MissingError() | AccessError():
            code, text = f"warning -- {type(refusal).__name__}\n\n{refusal.message}", ""
        case AccessDenied():
            code, text = "AccessDenied", refusal.message
        case UserError():  # a ValidationError is not told apart
            code, text = f"warning -- UserError\n\n{refusal.message}", ""
        case _:
            code, text = refusal.message, traceback_text(refusal)
    return Fault(code, _CONTROL.sub("", text))  # type: ignore[arg-type]
