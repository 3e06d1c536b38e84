"""Isthmus: the Odoo Connector rebuilt as a Python package that runs beside Odoo.

The names that a connector is written with are importable from here; each is loaded when first used, so that
``import isthmus`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isthmus.app import App as App
    from isthmus.components import AbstractComponent as AbstractComponent
    from isthmus.components import Component as Component
    from isthmus.components import ComponentRegistry as ComponentRegistry
    from isthmus.components import WorkContext as WorkContext
    from isthmus.connector.adapter import CRUDAdapter as CRUDAdapter
    from isthmus.connector.adapter import ExportAdapter as ExportAdapter
    from isthmus.connector.adapter import SearchAdapter as SearchAdapter
    from isthmus.connector.backend import BackendComponent as BackendComponent
    from isthmus.connector.binder import BaseBinder as BaseBinder
    from isthmus.connector.binder import Binder as Binder
    from isthmus.connector.checkpoint import Checkpoint as Checkpoint
    from isthmus.connector.entity import Entity as Entity
    from isthmus.connector.mapper import ExportMapper as ExportMapper
    from isthmus.connector.mapper import ImportMapper as ImportMapper
    from isthmus.connector.mapper import RecordMapper as RecordMapper
    from isthmus.connector.mapper import changed_by as changed_by
    from isthmus.connector.mapper import mapping as mapping
    from isthmus.connector.mapper import only_create as only_create
    from isthmus.connector.rest import RestAdapter as RestAdapter
    from isthmus.connector.synchronizer import Synchronizer as Synchronizer
    from isthmus.connector.two_way import TwoWayMapper as TwoWayMapper
    from isthmus.delay import DelayableChain as DelayableChain
    from isthmus.delay import DelayableGroup as DelayableGroup
    from isthmus.delay import Job as Job
    from isthmus.delay import chain as chain
    from isthmus.delay import group as group
    from isthmus.delay import identity_exact as identity_exact
    from isthmus.delay import job as job
    from isthmus.delay.cron import cron as cron
    from isthmus.errors import FailedJobError as FailedJobError
    from isthmus.errors import IsthmusError as IsthmusError
    from isthmus.errors import RetryableJobError as RetryableJobError
    from isthmus.events import after_commit as after_commit
    from isthmus.events import listens as listens
    from isthmus.events import skip_if as skip_if
    from isthmus.records import api as api
    from isthmus.records import fields as fields
    from isthmus.records import model as models

_MODULES = {"api": "records.api", "fields": "records.fields", "models": "records.model"}

_HOME = {
    "AbstractComponent": "components",
    "App": "app",
    "BackendComponent": "connector.backend",
    "BaseBinder": "connector.binder",
    "Binder": "connector.binder",
    "CRUDAdapter": "connector.adapter",
    "Checkpoint": "connector.checkpoint",
    "Component": "components",
    "ComponentRegistry": "components",
    "DelayableChain": "delay",
    "DelayableGroup": "delay",
    "Entity": "connector.entity",
    "ExportAdapter": "connector.adapter",
    "ExportMapper": "connector.mapper",
    "FailedJobError": "errors",
    "ImportMapper": "connector.mapper",
    "IsthmusError": "errors",
    "Job": "delay",
    "RecordMapper": "connector.mapper",
    "RestAdapter": "connector.rest",
    "RetryableJobError": "errors",
    "SearchAdapter": "connector.adapter",
    "Synchronizer": "connector.synchronizer",
    "TwoWayMapper": "connector.two_way",
    "WorkContext": "components",
    "after_commit": "events",
    "chain": "delay",
    "changed_by": "connector.mapper",
    "cron": "delay.cron",
    "group": "delay",
    "identity_exact": "delay",
    "job": "delay",
    "listens": "events",
    "mapping": "connector.mapper",
    "only_create": "connector.mapper",
    "skip_if": "events",
}

__all__ = [
    "AbstractComponent",
    "App",
    "BackendComponent",
    "BaseBinder",
    "Binder",
    "CRUDAdapter",
    "Checkpoint",
    "Component",
    "ComponentRegistry",
    "DelayableChain",
    "DelayableGroup",
    "Entity",
    "ExportAdapter",
    "ExportMapper",
    "FailedJobError",
    "ImportMapper",
    "IsthmusError",
    "Job",
    "RecordMapper",
    "RestAdapter",
    "RetryableJobError",
    "SearchAdapter",
    "Synchronizer",
    "TwoWayMapper",
    "WorkContext",
    "after_commit",
    "api",
    "chain",
    "changed_by",
    "cron",
    "fields",
    "group",
    "identity_exact",
    "job",
    "listens",
    "mapping",
    "models",
    "only_create",
    "skip_if",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"isthmus.{_MODULES[name]}")
    if name in _HOME:
        return getattr(importlib.import_module(f"isthmus.{_HOME[name]}"), name)
    raise AttributeError(f"module 'isthmus' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
