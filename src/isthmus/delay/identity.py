"""Identities of jobs, by which a twin is known."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from isthmus.delay.enqueued import Job
from isthmus.delay.records import CODEC

_to_json = msgspec.json.Encoder(order="deterministic").encode


def identity_exact(job: Job) -> str:
    """Return an identity that jobs have in common which do exactly the same.

    The same method of the same model and Odoo, on the same records in any order, with the same arguments:
    ``with_delay(identity_key=identity_exact)``. A digest (SHA-256) of what would be stored of them.
    """
    call = [
        job.odoo,
        job.model_name,
        job.method_name,
        sorted(job.records._ids),
        CODEC.pack(list(job.args), "args"),
        CODEC.pack(dict(job.kwargs), "kwargs"),
    ]
    return sha256(_to_json(call)).hexdigest()
