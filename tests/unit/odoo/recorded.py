"""The recorded exchanges with real Odoo servers, by version and name."""

from __future__ import annotations

import json
import xmlrpc.client
from functools import cache
from pathlib import Path
from typing import Any

from isthmus.errors import (
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    UnauthorizedError,
)
from isthmus.odoo.errors import RemoteConstraintError, RemoteMissingRecordError, UnknownModelError

FOLDER = Path(__file__).parents[2] / "data" / "odoo-probes"
VERSIONS = ("18", "19")

#: The error that a refused exchange must become, by its name, whatever the protocol.
EXPECTED: dict[str, type[Exception]] = {
    "authenticate-bad-db": ConfigurationError,
    "access-denied-wrong-password": UnauthorizedError,
    "access-denied-archived-user": UnauthorizedError,
    "unknown-model": UnknownModelError,
    "unknown-method": NotFoundError,
    "private-method": ForbiddenError,
    "search-unknown-field": RejectedError,
    "search-bad-operator": RejectedError,
    "search-bad-domain": RejectedError,
    "read-unknown-field": RejectedError,
    "order-unknown-field": RejectedError,
    "write-missing-id": RemoteMissingRecordError,
    "unlink-missing-id": RemoteMissingRecordError,
    "unlink-again": RemoteMissingRecordError,
    "write-after-unlink": RemoteMissingRecordError,
    "create-bad-m2o": RemoteMissingRecordError,
    "create-unknown-field": RejectedError,
    "create-wrong-type": RejectedError,
    "create-bad-selection": RejectedError,
    "create-bad-date": RejectedError,
    "create-iso-datetime": RejectedError,
    "unique-violation": RemoteConstraintError,
    "tag-duplicate": RemoteConstraintError,
    "create-subtasks-without-project": RemoteConstraintError,
    "user-error": RejectedError,
    "recursive-parent": RejectedError,
    "bad-lang-context": RejectedError,
    "bad-company-context": ForbiddenError,
    "wrong-arity": RejectedError,
    "returns-none": ForbiddenError,
    "int-overflow": RejectedError,
    "nul-char": RejectedError,
    "read-project": ForbiddenError,
    "state-bad": RejectedError,
    "kanban-state-old": RejectedError,
    "load-bad-column": RejectedError,
    "attachment-bad-base64": RejectedError,
    "access-error-acl": ForbiddenError,
    "access-error-write": ForbiddenError,
    "access-error-rule": ForbiddenError,
    "no-token": UnauthorizedError,
    "bad-token": UnauthorizedError,
    "password-as-token": UnauthorizedError,
    "expired-key": UnauthorizedError,
    "bad-db-header": ConfigurationError,
    "missing-arg": RejectedError,
    "extra-arg": RejectedError,
    "ids-on-model-method": RejectedError,
    "positional-list": RejectedError,
    "bad-json": RejectedError,
    "empty-body": RejectedError,
    "missing-record-write": RemoteMissingRecordError,
    "unknown-field-create": RejectedError,
    "unknown-field-domain": RejectedError,
    "bad-m2o": RemoteMissingRecordError,
    "bad-date": RejectedError,
}

Exchange = dict[str, Any]


@cache
def exchanges(version: str, *protocols: str) -> dict[str, Exchange]:
    """Return the exchanges recorded with a version, by file name without extension; JSON-RPC's by default."""
    found = {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted((FOLDER / version).glob("*.json"))
    }
    wanted = protocols or ("jsonrpc",)
    return {name: exchange for name, exchange in found.items() if exchange["protocol"] in wanted}


def named(version: str, name: str, *protocols: str) -> Exchange:
    """Return the exchange whose name (without its number) is given."""
    return next(one for key, one in exchanges(version, *protocols).items() if key.partition("-")[2] == name)


def faults(version: str) -> dict[str, Exchange]:
    """Return the exchanges of JSON-RPC that Odoo answered with an exception."""
    return {
        key: one
        for key, one in exchanges(version).items()
        if isinstance(one["response"]["body"], dict) and "error" in one["response"]["body"]
    }


def is_whole(exchange: Exchange) -> bool:
    """Whether the answer was kept whole."""
    return "_truncated" not in str(exchange["response"]["body"])[:40]


def parameters(exchange: Exchange) -> list[Any]:
    """Return what a service was called with: the arguments of JSON-RPC and XML-RPC."""
    body = exchange["request"]["body"]
    if exchange["protocol"] == "xmlrpc":
        text = str(body).replace("<API_KEY>", "key")
        return list(xmlrpc.client.loads(text)[0]) if text.startswith("<?xml") else []
    return list(body.get("params", {}).get("args", ())) if isinstance(body, dict) else []


def call_of(exchange: Exchange) -> tuple[str, str, list[Any], dict[str, Any]]:
    """Return model, method, args and kwargs of an exchange that called a method of a model."""
    if exchange["protocol"] == "json2":
        model, _, method = exchange["request"]["path"].removeprefix("/json/2/").partition("/")
        body = exchange["request"]["body"]
        return model, method, [], body if isinstance(body, dict) else {}
    _, _, _, model, method, *rest = parameters(exchange)
    return model, method, rest[0] if rest else [], rest[1] if len(rest) > 1 else {}


def is_call(exchange: Exchange) -> bool:
    """Whether a method of a model was called."""
    if exchange["protocol"] == "json2":
        return exchange["request"]["path"].count("/") == 4 and exchange["request"]["method"] == "POST"
    return len(parameters(exchange)) > 4


def result_of(exchange: Exchange) -> Any:
    """Return what an exchange gave; an exception's name, code or status as text when it was refused."""
    body, status = exchange["response"]["body"], exchange["response"]["status"]
    if exchange["protocol"] == "xmlrpc":
        try:
            return xmlrpc.client.loads(body)[0][0]
        except xmlrpc.client.Fault as fault:
            return Refusal(f"fault {fault.faultCode}")
    if status != 200 or not isinstance(body, dict):
        return Refusal(f"status {status}") if status != 200 else body
    return Refusal(body["error"]["data"]["name"]) if "error" in body else body.get("result", body)


class Refusal(str):
    """What an exchange was refused with."""
