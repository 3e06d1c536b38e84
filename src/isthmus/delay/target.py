"""The method that a job calls: a public method of a model, written in Python."""

from __future__ import annotations

from difflib import get_close_matches
from types import FunctionType
from typing import Any, NamedTuple

from isthmus.delay.options import DEFAULTS, JobOptions, options_in
from isthmus.errors import JobTargetError, ModelError
from isthmus.jobs.retry import RetryPattern
from isthmus.jobs.spec import JobSpec
from isthmus.records import Environment, Registry
from isthmus.records.field import Field

#: What stands between two large groups of jobs: a call that does nothing, made by nobody but the graph.
JOIN_MODEL, JOIN_METHOD = "base", "_join_jobs"


class Target(NamedTuple):
    """A method of a model, with what it says of its jobs. ``summary`` is the first line of its docstring.

    ``molds``, by Odoo instance: what is stored of a job of which nothing else was stated, once there was one.
    """

    model: str
    method: str
    function: FunctionType
    options: JobOptions
    summary: str | None
    molds: dict[str | None, JobSpec]

    @property
    def title(self) -> str:
        """What the method does, in a line: the first of its docstring, else its name."""
        return self.summary or f"{self.model}.{self.method}"


def target_in(cls: Any, method: str) -> Target:
    """Return a public method of a model's class.

    Raises AttributeError for a field or for nothing of that name, TypeError for what is no method to be
    called on records, or private.
    """
    known: dict[str, Target] | None = cls.__dict__.get("_job_targets")
    if known is None:
        known = cls._job_targets = {}
    found = known.get(method)
    if found is None:
        found = known[method] = _find(cls, method)
    return found


def _find(cls: Any, method: str) -> Target:
    lines = [base.__dict__[method] for base in cls.__mro__ if method in base.__dict__]
    if method.startswith("_") and (cls._name, method) != (JOIN_MODEL, JOIN_METHOD):
        raise TypeError(f"{cls._name}.{method} is private: a job calls public methods of models")
    if not lines:
        raise AttributeError(f"{cls._name} has no method {method!r}{_near(cls, method)}")
    if isinstance(lines[0], Field):
        raise AttributeError(f"{cls._name}.{method} is a field: a job calls methods")
    if not isinstance(lines[0], FunctionType):
        raise TypeError(f"{cls._name}.{method} is no method of records, but a {type(lines[0]).__name__}")
    docs = [doc.strip() for line in lines if (doc := getattr(line, "__doc__", None)) and doc.strip()]
    summary = docs[0].splitlines()[0] if docs else None
    return Target(cls._name, method, lines[0], options_in(cls, method), summary, {})


def _near(cls: Any, method: str) -> str:
    names = [name for name in dir(cls) if not name.startswith("_")]
    near = get_close_matches(method, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


# --- for who runs jobs ---------------------------------------------------------------------------------


def stored_target(env: Environment, model: str, method: str) -> Target:
    """Return the method that a stored job names. Raises JobTargetError when it cannot be called."""
    try:
        return target_in(type(env[model]), method)
    except (ModelError, AttributeError, TypeError) as error:
        said = error.message if isinstance(error, ModelError) else str(error)
        raise JobTargetError(
            f"the job cannot call {model}.{method}: {said}",
            hint="Load the package that declares it, or cancel the job.",
        ) from error


def options_of(registry: Registry, model: str, method: str) -> JobOptions:
    """Return what a method says of its jobs now; the defaults where there is no such model or method."""
    target = _target_of(registry, model, method)
    return DEFAULTS if target is None else target.options


def summary_of(registry: Registry, model: str, method: str) -> str | None:
    """Return what a method says it does, in a line; None where it does not say, or is not there."""
    target = _target_of(registry, model, method)
    return None if target is None else target.summary


def _target_of(registry: Registry, model: str, method: str) -> Target | None:
    cls = registry[model] if registry.is_local(model) else registry.remote(model)
    try:
        return target_in(cls, method)
    except (AttributeError, TypeError):
        return None


def retry_pattern_of(registry: Registry, model: str, method: str) -> RetryPattern | None:
    """Return how long a method's jobs wait before they are tried again; None where it does not say."""
    return options_of(registry, model, method).retry_pattern
