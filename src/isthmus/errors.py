"""The error tree of Isthmus.

Each message says what failed, the offending value and what was expected; ``hint`` says what to do next.

::

    IsthmusError
    ├── ConfigurationError            settings, command line, missing connection
    │   ├── ChannelError              a string of channels that cannot be read (ValueError)
    │   └── DatabaseAwayError         the database cannot be opened now, or its disk is full (retryable)
    ├── RecordError
    │   ├── ModelError                a model name that nobody declares (KeyError)
    │   ├── FieldError                an unknown or unusable field (AttributeError)
    │   ├── DomainError               a search domain that cannot be read (ValueError)
    │   ├── MissingRecordError        the record does not exist (any more)
    │   ├── ConstraintError           a unique, required, check or foreign key constraint
    │   └── SchemaError               the database lags behind the declarations
    ├── ComponentError
    │   ├── NoComponentError          nothing fits a lookup (LookupError)
    │   ├── SeveralComponentError     more than one fits equally well (LookupError)
    │   └── RegistryNotReadyError
    ├── ConnectorError
    │   ├── MappingError              a rule of a mapper failed on a value
    │   ├── BindingError              a binding cannot be made
    │   ├── SecretError               a secret cannot be read or written
    │   ├── ImportDataError           external data that cannot be used
    │   ├── StaleDecisionError        both sides no longer say what a decision was made about
    │   └── BrakeError                a round would delete or archive more than it may
    ├── RemoteError                   the other side said no, or nothing at all
    │   ├── UnauthorizedError         credentials refused; never retried
    │   ├── ForbiddenError            known caller, missing rights
    │   ├── NotFoundError             no such record, model, method or page
    │   ├── RejectedError             the other side's rule or validation refused the values
    │   ├── ConflictError             the other side changed meanwhile (retryable)
    │   ├── RateLimitedError          too many calls; ``wait_s`` says how long to wait (retryable)
    │   ├── UnreachableError          no answer, nothing was done (retryable)
    │   ├── AmbiguousError            no answer, and the work may have been done: look before trying again
    │   └── MalformedAnswerError      an answer that is not what the protocol promises
    ├── ConcurrentWriteError          a busy database or lock (retryable)
    └── JobError
        ├── RetryableJobError         try again later (retryable)
        ├── FailedJobError            never try again
        ├── JobEncodingError          a value that cannot be kept in a job (TypeError)
        ├── JobDecodingError          a stored job that cannot be read (ValueError)
        ├── JobTargetError            a model or method that a job cannot call (LookupError)
        ├── JobNotFoundError          no such job, or several (LookupError)
        ├── JobTimeoutError           an attempt took longer than the job's timeout
        └── WorkerDiedError           the worker died while it ran the job
"""

from __future__ import annotations

from typing import Any


class IsthmusError(Exception):
    """Base of every error that Isthmus raises on purpose.

    ``hint`` (text or None) is one sentence that says what to do next; ``details`` holds machine-readable
    values for ``--json`` output. ``retryable`` says whether the same call may succeed later.
    """

    retryable = False

    def __init__(self, message: str, *, hint: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return f"{self.message}\nHint: {self.hint}" if self.hint else self.message


class ConfigurationError(IsthmusError):
    """A setting, an argument or a connection is missing or wrong."""


class ChannelError(ConfigurationError, ValueError):
    """A string of channels that cannot be read; the message names the place."""


class DatabaseAwayError(ConfigurationError):
    """The database cannot be opened now, or its disk is full: wrong settings, or a matter of time."""

    retryable = True


# --- records -------------------------------------------------------------------------------------------


class RecordError(IsthmusError):
    """Something about models, fields or records."""


class ModelError(RecordError, KeyError):
    """A model name that no loaded package declares and no Odoo provides."""


class FieldError(RecordError, AttributeError):
    """A field that the model does not have, or a value that it cannot hold."""


class DomainError(RecordError, ValueError):
    """A search domain that cannot be read; the message names the offending term."""


class MissingRecordError(RecordError):
    """A record does not exist, or no longer."""


class ConstraintError(RecordError):
    """A constraint refused the values; the message names model, constraint and values."""


class SchemaError(RecordError):
    """The database lags behind the declarations."""


# --- components ----------------------------------------------------------------------------------------


class ComponentError(IsthmusError):
    """Something about the component registry or a lookup."""


class NoComponentError(ComponentError, LookupError):
    """No component fits; the message lists the candidates and why each was rejected."""


class SeveralComponentError(ComponentError, LookupError):
    """Several components fit equally well."""


class RegistryNotReadyError(ComponentError):
    """A lookup was tried before the registry was built."""


# --- connector -----------------------------------------------------------------------------------------


class ConnectorError(IsthmusError):
    """Something about bindings, mapping, secrets or external data."""


class MappingError(ConnectorError):
    """A mapping rule failed; ``details`` holds mapper, rule, path, field and value."""


class BindingError(ConnectorError):
    """A binding cannot be made or is not what was expected."""


class SecretError(ConnectorError):
    """A secret cannot be encrypted or decrypted."""


class StaleDecisionError(ConnectorError):
    """A conflict was to be settled whose values are no longer those that were shown; look again."""


class BrakeError(ConnectorError):
    """A round would delete or archive more records than it may; nothing of that was done."""


class ImportDataError(ConnectorError):
    """External data that cannot be used: truncated, foreign, or inconsistent."""


# --- remote --------------------------------------------------------------------------------------------


class RemoteError(IsthmusError):
    """The other side refused a call or did not answer it.

    ``status`` is the HTTP status, when there was one.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, status: int | None = None, **details: Any
    ) -> None:
        super().__init__(message, hint=hint, **details)
        self.status = status


class UnauthorizedError(RemoteError):
    """Credentials were refused. Never retried: repeated failures lock an account out."""


class ForbiddenError(RemoteError):
    """The caller is known but may not do this."""


class NotFoundError(RemoteError):
    """The other side has no such record, model, method or page."""


class RejectedError(RemoteError):
    """The other side's validation or business rule refused the values."""


class ConflictError(RemoteError):
    """The other side was changing the same record; trying again may succeed."""

    retryable = True


class RateLimitedError(RemoteError):
    """Too many calls. ``wait_s`` is the number of seconds to wait before the next one."""

    retryable = True

    def __init__(
        self, message: str, *, wait_s: float, hint: str | None = None, status: int | None = 429
    ) -> None:
        super().__init__(message, hint=hint, status=status)
        self.wait_s = wait_s


class UnreachableError(RemoteError):
    """No connection or no answer, and nothing was done on the other side."""

    retryable = True


class AmbiguousError(RemoteError):
    """No usable answer to a call that changes something: it may have been done. Look before trying again."""


class MalformedAnswerError(RemoteError):
    """The answer is not what the protocol promises (HTML from a proxy, truncated JSON)."""


# --- concurrency and jobs ------------------------------------------------------------------------------


class ConcurrentWriteError(IsthmusError):
    """The database or a lock is busy."""

    retryable = True


class JobError(IsthmusError):
    """Something about running work later."""


class RetryableJobError(JobError):
    """The work should be tried again.

    ``seconds`` is the wait before the next try, or the bounds ``(lowest, highest)`` of a random one (0: now;
    None: the job's own retry pattern decides); with ``ignore_retry`` the try is not counted.
    """

    retryable = True

    def __init__(
        self,
        message: str,
        seconds: float | tuple[float, float] | None = None,
        ignore_retry: bool = False,
        *,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.seconds = seconds
        self.ignore_retry = ignore_retry


class FailedJobError(JobError):
    """The work can never succeed; do not retry."""


class JobEncodingError(JobError, TypeError):
    """A value that cannot be kept in a job; the message names where it is, its type and what is allowed."""


class JobDecodingError(JobError, ValueError):
    """A stored job that cannot be read: broken JSON, or a kind of value that nobody registered."""


class JobTargetError(JobError, LookupError):
    """A model or method that a stored job names and that cannot be called."""


class JobNotFoundError(JobError, LookupError):
    """There is no such job, or several begin with the given uuid."""


class JobTimeoutError(JobError):
    """An attempt took longer than the job's timeout. Written down as a job's error; never raised."""


class WorkerDiedError(JobError):
    """The worker died while it ran the job. Written down as a job's error; never raised."""
