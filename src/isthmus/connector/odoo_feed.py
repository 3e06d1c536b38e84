"""The change feed of an Odoo as the settings want it, for the models that the loaded connectors pair."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING

from isthmus.config import OdooSettings
from isthmus.errors import ConfigurationError
from isthmus.events.odoo_feed import raise_events
from isthmus.records import Environment, Registry

if TYPE_CHECKING:
    from isthmus.odoo import RpcStore
    from isthmus.odoo.feed import Feed


def feed_of(
    name: str,
    settings: OdooSettings,
    registry: Registry,
    store: RpcStore,
    open_environment: Callable[[], AbstractContextManager[Environment]],
    from_beginning: bool,
) -> Feed:
    """Return the feed of an Odoo. Raises ConfigurationError when nothing is to be followed."""
    from isthmus.odoo.feed import Feed, watches_for  # with its HTTP it is loaded where it is used

    return Feed(
        name,
        store,
        watches_for(followed_models(name, settings, registry)),
        open_environment,
        raise_events,
        overlap=timedelta(seconds=settings.feed_overlap_s),
        sweep_every=timedelta(seconds=settings.feed_sweep_s) if settings.feed_sweep_s else None,
        from_beginning=from_beginning,
    )


def followed_models(name: str, settings: OdooSettings, registry: Registry) -> list[str]:
    """Return the models of an Odoo whose changes are followed: as set, else those that are paired."""
    if settings.feed_models is not None:
        models = list(settings.feed_models)
    else:
        parents = {parent for cls in registry.tables() for parent in cls._inherits}
        models = sorted(parent for parent in parents if not registry.is_local(parent))
    if not models:
        raise ConfigurationError(
            f"no model of the Odoo {name!r} is to be followed",
            hint=f"Load a connector that pairs its records, or set feed_models in [odoo.{name}].",
        )
    return models
