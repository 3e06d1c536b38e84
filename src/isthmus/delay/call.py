"""Calling the method of a stored job."""

from __future__ import annotations

from typing import Any

from isthmus.delay.records import CODEC
from isthmus.delay.target import stored_target
from isthmus.errors import JobEncodingError
from isthmus.jobs.payload import read_payload
from isthmus.records import Environment

#: The context key that says which job runs, to whom it matters.
JOB_UUID = "job_uuid"

#: The longest result that is kept, in characters of JSON.
LONGEST_RESULT = 65_536


def call(env: Environment, model: str, method: str, payload: str, uuid: str) -> str | None:
    """Call the method of a stored job in an environment; return its result as JSON, None for None.

    The environment of the records is that of ``env`` with the context of the job, and ``job_uuid``. A result
    that cannot be kept, or is too long, is replaced by a text that says so: the work is done all the same.
    Raises JobTargetError for a model or method that cannot be called, JobDecodingError for a payload that
    cannot be read, and whatever the method raises.
    """
    target = stored_target(env, model, method)
    stored = read_payload(payload)
    job_env = env.with_context({**env.context, **stored.context_of(CODEC), JOB_UUID: uuid})
    args, kwargs = stored.arguments(CODEC, job_env)
    result = target.function(job_env[model].browse(stored.ids), *args, **kwargs)
    return None if result is None else result_text(result)


def result_text(result: Any) -> str:
    """Return what is kept of a method's result, as JSON."""
    try:
        text = CODEC.encode(result, "the result")
    except JobEncodingError as error:
        return CODEC.encode(f"<not kept: {error.message}>")
    if len(text) > LONGEST_RESULT:
        return CODEC.encode(f"<not kept: a result of {len(text)} characters>")
    return text
