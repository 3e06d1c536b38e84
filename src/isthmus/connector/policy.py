"""Which side wins when both changed the same: stated by a backend, for an entity, or for one field of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from isthmus.errors import ConfigurationError

POLICIES = (
    ("external", "The external system wins"),
    ("odoo", "Odoo wins"),
    ("newest", "The newest change wins"),
    ("ask", "A person decides"),
)
NAMES = tuple(name for name, _ in POLICIES)

#: Stands for every field of an entity that is not named itself.
REST = "*"

EXAMPLE = '{"card": {"description": "odoo", "*": "ask"}, "label": "external"}'

#: entity -> field (or "*") -> policy
Policies = Mapping[str, Mapping[str, str]]


def read_policies(stated: Any, entities: Iterable[str]) -> Policies:
    """Return stated policies under the full names of their entities; empty for nothing.

    Raises ConfigurationError that names what cannot be used and what can.
    """
    if not stated:
        return {}
    if not isinstance(stated, Mapping):
        raise ConfigurationError(
            f"conflict_policies is {stated!r}, expected entities with policies",
            hint=f"Write it as {EXAMPLE}.",
        )
    known = list(entities)
    full = {_entity(name, known): policies for name, policies in stated.items()}
    return {entity: _fields(entity, policies) for entity, policies in full.items()}


def policy_of(default: str, policies: Policies, entity: str, field: str) -> str:
    """Return the policy for a field of Odoo: its own, else that of its entity, else the default."""
    stated = policies.get(entity, {})
    return stated.get(field, stated.get(REST, default))


def joined(policies: Iterable[str]) -> str:
    """Return the policy for a value that several fields make: theirs where they agree, else "ask"."""
    found = set(policies)
    return found.pop() if len(found) == 1 else "ask"


def _entity(name: str, known: list[str]) -> str:
    short = {entity.rpartition(".")[2]: entity for entity in known}
    if name in known or name in short:
        return short.get(name, name)
    near = get_close_matches(name, [*known, *short], n=1)
    raise ConfigurationError(
        f"conflict_policies names the entity {name!r}; known: {', '.join(known) or 'none'}",
        hint=f"Did you mean {near[0]!r}?" if near else f"Write it as {EXAMPLE}.",
    )


def _fields(entity: str, policies: Any) -> Mapping[str, str]:
    if isinstance(policies, str):
        return {REST: _policy(entity, policies)}
    if isinstance(policies, Mapping):
        return {str(field): _policy(f"{entity}.{field}", policy) for field, policy in policies.items()}
    raise ConfigurationError(
        f"conflict_policies says {policies!r} for {entity}, expected a policy or fields with policies",
        hint=f"Write it as {EXAMPLE}.",
    )


def _policy(where: str, policy: Any) -> str:
    if policy in NAMES:
        return str(policy)
    near = get_close_matches(str(policy), NAMES, n=1)
    raise ConfigurationError(
        f"conflict_policies says {policy!r} for {where}, expected one of {', '.join(NAMES)}",
        hint=f"Did you mean {near[0]!r}?" if near else None,
    )
