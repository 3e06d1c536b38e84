"""Finding backends and making their values from what was typed. Works for every model that is a backend."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from isthmus.cli.session import ask_secret
from isthmus.cli.value import parse_value
from isthmus.errors import ConfigurationError

if TYPE_CHECKING:
    from isthmus.app import App
    from isthmus.records import Environment, Registry
    from isthmus.records.fields import Field

ROOT = "connector.backend"

#: Fields that no table needs to show.
HIDDEN = ("id", "display_name", "create_date", "write_date")


def backend_models(registry: Registry) -> list[str]:
    """Return the models that are backends, in the order in which they were declared."""
    root = registry[ROOT]
    return [cls._name or "" for cls in registry.tables() if issubclass(cls, root)]


def backend_model(registry: Registry, kind: str) -> str:
    """Return the model of a kind of backend: ``trello`` or ``trello.backend``. Raises ConfigurationError."""
    models = backend_models(registry)
    short = {model.removesuffix(".backend"): model for model in models}
    if kind in models or kind in short:
        return short.get(kind, kind)
    near = get_close_matches(kind, short, n=1)
    raise ConfigurationError(
        f"no loaded connector has backends of the kind {kind!r}; known: {', '.join(short) or 'none'}",
        hint=f"Did you mean {near[0]!r}?" if near else "Check `connectors` in the settings.",
    )


def all_backends(env: Environment) -> Iterator[Any]:
    """Yield the backends of every kind."""
    for model in backend_models(env.registry):
        yield from env[model].search([])


def find_backend(env: Environment, name: str) -> Any:
    """Return the backend of that name. Raises ConfigurationError naming those that exist."""
    known = {}
    for one in all_backends(env):
        if one.name == name:
            return one
        known[one.name] = one
    near = get_close_matches(name, known, n=1)
    raise ConfigurationError(
        f"there is no backend {name!r}; known: {', '.join(known) or 'none'}",
        hint=f"Did you mean {near[0]!r}?" if near else "Make one with `isthmus backend add`.",
    )


def refuse_taken(env: Environment, name: str) -> None:
    """Raise ConfigurationError when a backend of any kind has the name: commands know it by that alone."""
    if any(one.name == name for one in all_backends(env)):
        raise ConfigurationError(
            f"there is a backend {name!r} already", hint="Choose another name, or see `isthmus backend show`."
        )


@contextmanager
def working_backend(app: App, name: str, cause: str = "") -> Iterator[Any]:
    """Give a backend in an environment with the Odoo that it is paired with.

    ``cause`` is what timelines say of whatever is done to its pairs.
    """
    with app.environment(None) as env:
        found = find_backend(env, name)
        model, record_id, odoo = found._name, found.id, found.odoo
    with app.environment(odoo, context={"connector_cause": cause} if cause else None) as env:
        yield env[model].browse(record_id)


def backend_data(backend: Any) -> dict[str, Any]:
    """Return what may be shown of a backend: secrets only as set or not set."""
    data = {"name": backend.name, "kind": backend._name}
    for name, field in backend._fields.items():
        if name in data or name in HIDDEN or field.type in ("one2many", "many2many"):
            continue
        value = backend[name]
        if field.type == "secret":
            value = "set" if value else "not set"
        elif field.type == "many2one":
            value = value.id
        data[name] = value
    return data


def pair_counts(backend: Any) -> dict[str, int]:
    """Return how many records of each entity a backend has paired."""
    return {
        entity: backend.env[entity].search_count([("backend_id", "=", backend.id)])
        for entity in backend.entities()
    }


def assignments(model: str, fields: Mapping[str, Field], given: Iterable[str]) -> dict[str, Any]:
    """Return the values of ``field=value`` texts. Raises ConfigurationError for one that cannot be used."""
    values = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigurationError(f"--set {text!r} is not of the form field=value")
        if name not in fields or fields[name].readonly:
            near = get_close_matches(name, fields, n=1)
            raise ConfigurationError(
                f"{model} has no field {name!r} that can be set",
                hint=f"Did you mean {near[0]!r}?" if near else None,
            )
        values[name] = parse_value(fields[name], value)
    return values


def given_secrets(model: str, fields: Mapping[str, Field], options: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that options give, by field: ``key`` fits ``api_key`` too; ``-`` is asked for."""
    values = {}
    for option, text in options.items():
        name = next((one for one in secrets(fields) if one == option or one.endswith(f"_{option}")), None)
        if text and name is None:
            raise ConfigurationError(f"{model} takes no --{option}")
        if text and name is not None:
            values[name] = ask_secret(fields[name].string) if text == "-" else text
    return values


def missing_secrets(
    model: str,
    fields: Mapping[str, Field],
    values: Mapping[str, Any],
    environ: Mapping[str, str] = os.environ,
    unasked: Collection[str] = (),
) -> dict[str, str]:
    """Return the secrets that nobody gave: from ISTHMUS_KIND_FIELD, or else asked for (empty: none).

    ``unasked`` are those that few need.
    """
    kind = model.removesuffix(".backend").replace(".", "_")
    found = {}
    for name in secrets(fields):
        if not values.get(name):
            variable = f"ISTHMUS_{kind}_{name}".upper()
            known = environ.get(variable)
            if known or name not in unasked:
                found[name] = known or ask_secret(fields[name].string, required=fields[name].required)
    return found


def secrets(fields: Mapping[str, Field]) -> list[str]:
    """Return the names of the secret fields."""
    return [name for name, field in fields.items() if field.type == "secret"]
