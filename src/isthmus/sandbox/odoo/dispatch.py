"""One call of one method by one user: found, bound, executed in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.records.environment import Environment
from isthmus.sandbox.odoo.errors import AccessError, ForeignError, HttpError, UserError
from isthmus.sandbox.odoo.methods import GENERIC
from isthmus.sandbox.odoo.rpc import Method, check_public, find_method, split_ids
from isthmus.sandbox.odoo.session import LANGUAGES, Session
from isthmus.sandbox.odoo.translation import record_errors
from isthmus.sandbox.odoo.values import Values


@dataclass(slots=True)
class Call:
    """What a client asks for. ``facts`` is what the request log learns about it."""

    model: str
    method: str
    args: Sequence[Any] = ()
    named: Mapping[str, Any] = field(default_factory=dict)
    facts: Values = field(default_factory=dict)

    @property
    def context(self) -> Values:
        """The context that the client sends along."""
        return dict(self.named.get("context") or {})


def execute(env: Environment, call: Call) -> Any:
    """Execute a positional call (XML-RPC, JSON-RPC) and return its result. Raises a Refusal."""
    if not _is_model(env, call.model):
        raise UserError(f"Object {call.model} doesn't exist")
    method = _method(env, call)
    if method is None:
        message = f"The method '{call.model}.{call.method}' does not exist"
        raise ForeignError("builtins.AttributeError", message)
    args = call.args
    ids: Sequence[int] = ()
    if method.of_records:
        ids, args = split_ids(args, env.service(Session).series)
    return _run(env, call, method, ids, args)


def execute_named(env: Environment, call: Call) -> Any:
    """Execute a call with named arguments only (JSON-2) and return its result. Raises a Refusal."""
    if not _is_model(env, call.model):
        raise HttpError("NotFound", 404, f"the model '{call.model}' does not exist")
    method = _method(env, call)
    if method is None:
        raise HttpError("NotFound", 404, f"The method '{call.model}.{call.method}' does not exist")
    named = {name: value for name, value in call.named.items() if name not in ("ids", "context")}
    args = method.bind_named(call.model, call.named.get("ids"), named)
    ids = split_ids(args, env.service(Session).series)[0] if method.of_records else ()
    result = _run(env, call, method, ids, ())
    # JSON-2 gives record results as lists, even that of a create from one dict.
    return [result] if call.method == "create" and isinstance(result, int) else result


def _is_model(env: Environment, name: Any) -> bool:
    return isinstance(name, str) and env.registry.is_local(name) and not env.registry[name]._abstract


def _method(env: Environment, call: Call) -> Method | None:
    series = env.service(Session).series
    check_public(call.model, call.method, series)
    return find_method(env.registry[call.model], GENERIC, call.method, series)


def _run(env: Environment, call: Call, method: Method, ids: Sequence[int], args: Sequence[Any]) -> Any:
    named = {name: value for name, value in call.named.items() if name not in ("ids", "context")}
    call.facts |= {"write": method.writes, "records": _count(ids, (*args, *named.values()))}
    _check_context(env, call.context)
    records = env[call.model].with_context(**call.context).browse(ids)
    with record_errors(records.env):
        return method.call(records, args, named)


def _check_context(env: Environment, context: Values) -> None:
    """Refuse companies that are not the caller's and, from 18 on, a language that is not installed."""
    lang = context.get("lang")
    if lang and lang not in LANGUAGES and env.service(Session).series >= 18:
        raise UserError(f"Invalid language code: {lang}")
    companies = context.get("allowed_company_ids")
    if companies:
        own = env["res.users"].browse(env.service(Session).uid).company_ids.ids
        if not set(companies) <= set(own):
            raise AccessError("Access to unauthorized or invalid companies.")


def _count(ids: Sequence[int], arguments: Sequence[Any]) -> int:
    """Return how many records a call is about: its ids, else the rows that it brings."""
    if ids:
        return len(ids)
    rows = [
        value
        for value in arguments
        if isinstance(value, list) and value and isinstance(value[0], (dict, list))
    ]
    return len(rows[-1]) if rows else 0
