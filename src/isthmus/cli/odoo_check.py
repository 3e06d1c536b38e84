"""What can be wrong with an Odoo: version, protocol, login, rights, clock. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from isthmus.errors import ForbiddenError, IsthmusError, NotFoundError, RejectedError, RemoteError
from isthmus.odoo import OdooConnection, UnknownModelError, Version
from isthmus.odoo.budget import Allowance
from isthmus.odoo.version import OLDEST
from isthmus.records import Registry
from isthmus.records.fields import Relational

#: A larger difference between two clocks makes "newest wins" unreliable.
TOLERATED_SKEW_S = 60.0

#: What a connector does with the models that it synchronises, and with those that it only refers to.
SYNCHRONISED = ("read", "write", "create")
REFERRED = ("read",)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. ``remote``: the other side could not be reached or refused the login."""

    check: str
    ok: bool
    result: str
    advice: str = ""
    remote: bool = False


def needed_models(registry: Registry) -> dict[str, tuple[str, ...]]:
    """Return the models of Odoo that the loaded packages use, with the operations that they need on each."""
    delegated = {
        parent for cls in registry.tables() for parent in cls._inherits if not registry.is_local(parent)
    }
    referred = {
        field.comodel
        for cls in registry.tables()
        for field in cls._declared_fields.values()
        if isinstance(field, Relational) and not registry.is_local(field.comodel)
    }
    return {
        **dict.fromkeys(sorted(delegated), SYNCHRONISED),
        **dict.fromkeys(sorted(referred - delegated), REFERRED),
    }


def check_instance(
    connection: OdooConnection, models: Mapping[str, tuple[str, ...]], allowance: Allowance
) -> list[Finding]:
    """Return what was found about an Odoo, in the order of the checks; the first refusal ends them."""
    found: list[Finding] = []
    step = "version"
    try:
        version = connection.version()
        found.append(version_finding(version))
        step = "protocol"
        found.append(protocol_finding(connection.protocol, version))
        step = "login"
        user = connection.authenticate()
        found.append(Finding("login", True, f"{connection.login} (user {user}) on {connection.database}"))
    except IsthmusError as error:
        return [*found, Finding(step, False, error.message, error.hint or "", remote=True)]
    found.append(Finding("pace", True, str(allowance)))
    found += [rights_finding(connection, model, operations) for model, operations in models.items()]
    return [*found, *clock_findings(connection)]


def version_finding(version: Version) -> Finding:
    """Return whether a version is one that Isthmus works with."""
    if version.major < OLDEST:
        return Finding("version", False, version.text, f"Isthmus needs Odoo {OLDEST} or newer.")
    return Finding("version", True, version.text)


def protocol_finding(protocol: str, version: Version) -> Finding:
    """Return whether the protocol that is spoken is one that the version has, and what would be better."""
    capability = "JSON-2" if protocol == "json2" else "XML-RPC and JSON-RPC"
    if not version.has(capability):
        return Finding("protocol", False, f"{protocol}, which Odoo {version} does not speak", "Set auto.")
    advice = ""
    if protocol != "json2" and version.has("JSON-2"):
        advice = "Use an API key and JSON-2: each call of an older protocol is a warning in Odoo's log."
    elif protocol == "xmlrpc":
        advice = "Use JSON-RPC: XML-RPC cannot carry every value, nor tell every error."
    return Finding("protocol", True, protocol, advice)


def rights_finding(connection: OdooConnection, model: str, operations: tuple[str, ...]) -> Finding:
    """Return whether the user may do all of the operations on a model."""
    check = f"rights on {model}"
    try:
        lacking = [one for one in operations if not may(connection, model, one)]
    except UnknownModelError:
        return Finding(check, False, "the model does not exist", "Install the Odoo app that has it.")
    except RemoteError as error:
        return Finding(check, False, error.message, error.hint or "")
    if lacking:
        return Finding(
            check, False, f"no right to {', '.join(lacking)}", f"Give {connection.login} these rights."
        )
    return Finding(check, True, ", ".join(operations))


def may(connection: OdooConnection, model: str, operation: str) -> bool:
    """Ask whether the user may do something with a model; an Odoo that cannot tell is asked by a search."""
    try:
        if connection.version().has("has_access"):
            return bool(connection.execute(model, "has_access", [], [operation]))
        question = {"operation": operation, "raise_exception": False}
        return bool(connection.execute(model, "check_access_rights", kwargs=question))
    except UnknownModelError:
        raise
    except (NotFoundError, RejectedError):
        return may_search(connection, model)


def may_search(connection: OdooConnection, model: str) -> bool:
    """Ask for one record, to see whether the model may be read."""
    try:
        connection.execute(model, "search", kwargs={"domain": [], "limit": 1})
    except ForbiddenError:
        return False
    return True


def clock_findings(connection: OdooConnection) -> Iterator[Finding]:
    """Yield how far the server's clock is from ours; nothing when the server does not tell its time."""
    try:
        server = connection.server_now()
    except RemoteError as error:
        yield Finding("clock", False, error.message, error.hint or "")
        return
    if server is not None:
        yield skew_finding(server, connection.clock.now())


def skew_finding(server: datetime, here: datetime) -> Finding:
    """Return whether two clocks are close enough. The server's is known to the second."""
    seconds = (server - here).total_seconds()
    side = "ahead of" if seconds > 0 else "behind"
    result = f"{abs(seconds):.0f} s {side} this machine" if abs(seconds) > 1 else "the same as this machine's"
    if abs(seconds) <= TOLERATED_SKEW_S:
        return Finding("clock", True, result)
    return Finding("clock", False, result, "Set both clocks by NTP; 'newest wins' compares them.")
