"""Foreign failures become Isthmus errors, by a complete table of urllib3's exceptions.

What matters to a caller is whether the work may have been done. A failure before the request was sent did
nothing; one after it may hide a success, so it is ambiguous unless repeating the call is harmless.
"""

from __future__ import annotations

import ssl
from enum import Enum

from urllib3 import exceptions as foreign

from isthmus.errors import (
    AmbiguousError,
    ConfigurationError,
    IsthmusError,
    MalformedAnswerError,
    UnreachableError,
)


class Fate(Enum):
    """What became of a request that got no usable answer."""

    NOTHING_DONE = "it was never sent"
    UNKNOWN = "it was sent and may have been done"
    UNREADABLE = "it was answered, but the answer cannot be read"
    MISUSE = "it could not be made from the settings given"


FATES: dict[type[BaseException], Fate] = {
    foreign.HTTPError: Fate.UNKNOWN,
    foreign.PoolError: Fate.NOTHING_DONE,
    foreign.EmptyPoolError: Fate.NOTHING_DONE,
    foreign.FullPoolError: Fate.NOTHING_DONE,
    foreign.ClosedPoolError: Fate.NOTHING_DONE,
    foreign.HostChangedError: Fate.MISUSE,
    foreign.RequestError: Fate.UNKNOWN,
    foreign.MaxRetryError: Fate.UNREADABLE,  # only for redirects without end: see `cause_of`
    foreign.ResponseError: Fate.UNREADABLE,
    foreign.SSLError: Fate.UNKNOWN,
    foreign.ProxyError: Fate.NOTHING_DONE,
    foreign.DecodeError: Fate.UNREADABLE,
    foreign.ProtocolError: Fate.UNKNOWN,
    foreign.IncompleteRead: Fate.UNKNOWN,
    foreign.InvalidChunkLength: Fate.UNKNOWN,
    foreign.ResponseNotChunked: Fate.UNREADABLE,
    foreign.TimeoutError: Fate.UNKNOWN,
    foreign.ReadTimeoutError: Fate.UNKNOWN,
    foreign.ConnectTimeoutError: Fate.NOTHING_DONE,
    foreign.NewConnectionError: Fate.NOTHING_DONE,
    foreign.NameResolutionError: Fate.NOTHING_DONE,
    foreign.TimeoutStateError: Fate.MISUSE,
    foreign.LocationValueError: Fate.MISUSE,
    foreign.LocationParseError: Fate.MISUSE,
    foreign.URLSchemeUnknown: Fate.MISUSE,
    foreign.ProxySchemeUnknown: Fate.MISUSE,
    foreign.ProxySchemeUnsupported: Fate.MISUSE,
    foreign.InvalidHeader: Fate.UNREADABLE,
    foreign.HeaderParsingError: Fate.UNREADABLE,
    foreign.UnrewindableBodyError: Fate.MISUSE,
    foreign.BodyNotHttplibCompatible: Fate.MISUSE,
}


def cause_of(error: BaseException) -> BaseException:
    """Unwrap urllib3's ``MaxRetryError`` to what happened."""
    if isinstance(error, foreign.MaxRetryError) and error.reason is not None:
        return error.reason
    return error


def fate_of(error: BaseException) -> Fate:
    """Return what became of the request that raised a urllib3 exception."""
    if isinstance(error, foreign.SSLError) and isinstance(error.args[0], ssl.SSLCertVerificationError):
        return Fate.NOTHING_DONE  # found in the handshake
    return next((FATES[kind] for kind in type(error).__mro__ if kind in FATES), Fate.UNKNOWN)


def error_of(error: BaseException, *, method: str, url: str, repeatable: bool, text: str) -> IsthmusError:
    """Translate a urllib3 exception. ``url`` and ``text`` (what happened) must be fit to be shown already."""
    said = f"{method} {url} got no answer: {text}"
    match fate_of(error):
        case Fate.NOTHING_DONE:
            hint = _hint_for_connection(error)
            return UnreachableError(f"{method} {url} could not be sent: {text}", hint=hint)
        case Fate.UNKNOWN if repeatable:
            return UnreachableError(said, hint="Try again later; repeating this call does no harm.")
        case Fate.UNKNOWN:
            return AmbiguousError(said, hint="It may have been done all the same: look before trying again.")
        case Fate.UNREADABLE:
            return MalformedAnswerError(f"{method} {url} got an answer that cannot be read: {text}")
        case Fate.MISUSE:
            return ConfigurationError(
                f"{method} {url} cannot be sent: {text}", hint="Check the URL and the proxy."
            )


def _hint_for_connection(error: BaseException) -> str:
    match error:
        case foreign.NameResolutionError():
            return "Check the host name and the network."
        case foreign.SSLError():
            return "Install the certificate of the authority, or name its file in the settings."
        case foreign.ProxyError():
            return "Check the proxy setting (http_proxy, https_proxy, no_proxy)."
        case _:
            return "Check host and port, and that the server runs."
