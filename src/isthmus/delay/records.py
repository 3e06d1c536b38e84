"""Records in the arguments of a job: the model and the ids, nothing of who asked.

A recordset is read again in the environment of the job. Neither a user nor a privilege nor a context comes
from the stored text.
"""

from __future__ import annotations

from typing import Any

from isthmus.errors import JobDecodingError
from isthmus.jobs.codec import Codec
from isthmus.records import BaseModel, Environment

#: What writes and reads the arguments of jobs. Register your own kinds of values here.
CODEC = Codec()


def encode_records(records: Any, env: Environment | None) -> dict[str, Any]:
    """Return model and ids. Raises ValueError for records of another Odoo than that of the job."""
    if env is not None and not env.registry.is_local(records._name):
        owner, wanted = records.env.odoo_name, env.odoo_name
        if owner != wanted:
            raise ValueError(f"it belongs to the Odoo {owner!r}, the job to {wanted!r}")
    return {"model": records._name, "ids": list(records._ids)}


def decode_records(fields: dict[str, Any], env: Environment | None) -> Any:
    """Return the records in an environment.

    Raises JobDecodingError for fields that are none of records, ModelError for a model that is not there.
    """
    model, ids = fields.get("model"), fields.get("ids")
    if env is None or not isinstance(model, str) or not isinstance(ids, list):
        raise JobDecodingError("stored records need an environment, the name of a model and a list of ids")
    if not all(type(id_) is int for id_ in ids):
        raise JobDecodingError(f"the ids of stored records of {model} are whole numbers, not {ids!r}")
    return env[model].browse(ids)


CODEC.register("records", BaseModel, encode_records, decode_records, subclasses=True, scoped=True)
