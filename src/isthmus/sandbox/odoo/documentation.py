"""What Odoo 19 tells programs about a model at ``/doc-bearer/<model>.json``: parameters of its methods.

Source: a recorded answer; fields and explanations are left out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from isthmus.records.environment import Environment
from isthmus.sandbox.message import Request, Response
from isthmus.sandbox.odoo.errors import AccessError, HttpError, Refusal
from isthmus.sandbox.odoo.json2 import bearer_key, refused
from isthmus.sandbox.odoo.jsonrpc import json_response
from isthmus.sandbox.odoo.methods import GENERIC
from isthmus.sandbox.odoo.rpc import Method, find_method
from isthmus.sandbox.odoo.session import Session

PREFIX = "/doc-bearer/"

#: Describe one model: ``(key, model)``.
Service = Callable[[str, str], Any]


def answer(request: Request, series: int, service: Service) -> Response:
    """Answer a request; ``service`` does the work and raises a Refusal when it cannot."""
    try:
        return json_response(
            service(bearer_key(request), request.path.removeprefix(PREFIX).removesuffix(".json"))
        )
    except Refusal as refusal:
        return refused(request, refusal, series)


def described(env: Environment, model: str) -> dict[str, Any]:
    """Return the description of a model. Raises a Refusal for users who may not see the pages."""
    session = env.service(Session)
    if "base.group_system" not in session.groups:
        raise AccessError("This page is only accessible to Technical Documentation users.")
    if not env.registry.is_local(model):
        raise HttpError("NotFound", 404, f"the model '{model}' does not exist")
    owner = env.registry[model]
    names = {name for name in dir(owner) if hasattr(getattr(owner, name, None), "_rpc")} | set(GENERIC)
    methods = {name: find_method(owner, GENERIC, name, session.series) for name in sorted(names)}
    return {
        "model": model,
        "name": owner._description,
        "doc": None,
        "fields": {},
        "methods": {name: _method(method) for name, method in methods.items() if method is not None},
    }


def _method(method: Method) -> Mapping[str, Any]:
    parameters = list(inspect.signature(method.function).parameters.values())[1:]
    return {
        "parameters": {
            one.name: {} if one.default is one.empty else {"default": repr(one.default)} for one in parameters
        },
        "api": [] if method.of_records else ["model"],
    }
