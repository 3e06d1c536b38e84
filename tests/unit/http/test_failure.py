import ssl

import pytest
from urllib3 import exceptions as foreign

from isthmus.errors import (
    AmbiguousError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    MalformedAnswerError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)
from isthmus.http.failure import FATES, Fate, error_of, fate_of
from isthmus.http.status import retry_after_s, status_error
from tests.still_clock import StillClock


def subclasses(kind):
    return {kind}.union(*map(subclasses, kind.__subclasses__()))


def test_every_exception_of_urllib3_has_its_own_line_in_the_table():
    known = {kind for kind in subclasses(foreign.HTTPError) if kind.__module__ == foreign.__name__}
    known -= subclasses(foreign.HTTPWarning)
    assert known - set(FATES) == set()


@pytest.mark.parametrize(("error", "repeatable", "expected"), [
    (foreign.ConnectTimeoutError("slow"), False, UnreachableError),
    (foreign.ReadTimeoutError(None, "/", "slow"), False, AmbiguousError),
    (foreign.ReadTimeoutError(None, "/", "slow"), True, UnreachableError),
    (foreign.ProtocolError("Connection aborted."), False, AmbiguousError),
    (foreign.ProtocolError("Connection aborted."), True, UnreachableError),
    (foreign.ProxyError("no", OSError("refused")), False, UnreachableError),
    (foreign.SSLError(ssl.SSLCertVerificationError("expired")), False, UnreachableError),
    (foreign.SSLError(ssl.SSLEOFError("cut")), False, AmbiguousError),
    (foreign.DecodeError("bad gzip"), True, MalformedAnswerError),
    (foreign.LocationParseError("x"), True, ConfigurationError),
])  # fmt: skip
def test_what_may_have_been_done_decides_the_error(error, repeatable, expected):
    translated = error_of(error, method="POST", url="https://x", repeatable=repeatable, text="said")
    assert type(translated) is expected
    assert "https://x" in translated.message
    assert translated.hint or expected is MalformedAnswerError


def test_an_exception_of_a_later_urllib3_is_taken_as_possibly_done():
    class Newer(foreign.HTTPError):
        pass

    assert fate_of(Newer()) is Fate.UNKNOWN


@pytest.mark.parametrize(("status", "repeatable", "expected"), [
    (301, True, MalformedAnswerError), (400, True, RejectedError), (401, True, UnauthorizedError),
    (403, True, ForbiddenError), (404, True, NotFoundError), (409, True, ConflictError),
    (410, True, NotFoundError),
    (413, True, RejectedError), (422, False, RejectedError), (429, False, RateLimitedError),
    (500, True, UnreachableError),
    (500, False, AmbiguousError), (502, False, AmbiguousError), (503, False, UnreachableError),
    (504, True, UnreachableError),
    (599, True, UnreachableError),
])  # fmt: skip
def test_each_status_stands_for_one_error(status, repeatable, expected):
    error = status_error(status, method="GET", url="https://x/y", repeatable=repeatable, said="no", wait_s=3)
    assert type(error) is expected
    assert error.status == status
    assert str(status) in error.message


def test_a_success_is_no_error():
    assert status_error(204, method="PUT", url="", repeatable=False, said="") is None


def test_a_rate_limit_says_how_long_to_wait():
    error = status_error(429, method="GET", url="", repeatable=True, said="", wait_s=12.5)
    assert isinstance(error, RateLimitedError)
    assert error.wait_s == 12.5


@pytest.mark.parametrize(("header", "seconds"), [
    (None, None), ("", None), ("7", 7.0), ("-3", 0.0), ("1.5", 1.5), ("soon", None),
    ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0), ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
])  # fmt: skip
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    assert retry_after_s(header, StillClock()) == seconds
