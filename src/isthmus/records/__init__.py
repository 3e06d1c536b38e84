"""Records: Odoo's record vocabulary over any store."""

from isthmus.records.database import SqlDatabase
from isthmus.records.domain import Domain
from isthmus.records.environment import Environment, open_environment
from isthmus.records.model import AbstractModel, BaseModel, Model
from isthmus.records.registry import Registry
from isthmus.records.schema import upgrade_schema
from isthmus.records.secret import Cipher, SecretText
from isthmus.records.store import RecordStore

__all__ = [
    "AbstractModel",
    "BaseModel",
    "Cipher",
    "Domain",
    "Environment",
    "Model",
    "RecordStore",
    "Registry",
    "SecretText",
    "SqlDatabase",
    "open_environment",
    "upgrade_schema",
]
