"""What an automation rule of Odoo sends: which record of which model it ran for."""

from __future__ import annotations

import re

import msgspec

from isthmus.hints import Told

_MODEL = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", re.IGNORECASE)


def read_odoo_hook(body: bytes) -> Told:
    """Return the model and the id that a body names. Raises ValueError with a reason."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("it is not JSON") from None
    model = told.get("_model") if isinstance(told, dict) else None
    if not isinstance(model, str) or len(model) > 128 or not _MODEL.fullmatch(model):
        raise ValueError("it names no model as _model")
    id_ = told.get("_id")
    return Told([(model, [id_] if isinstance(id_, int) and not isinstance(id_, bool) else [])])
