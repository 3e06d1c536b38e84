"""What Trello's refusals mean: a status and a line of plain text, which decides where statuses do not."""

from __future__ import annotations

from isthmus.errors import (
    AmbiguousError,
    ForbiddenError,
    IsthmusError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)
from isthmus.http import Response

#: Errors of 429 that waiting does not mend: the request asks for too much. Source: TrelloDotNet 2.2.0.
TOO_LARGE = ("API_TOO_MANY_CARDS_REQUESTED",)

KEY_HINT = "Get the API key at trello.com/power-ups/admin, tab API Key."
TOKEN_HINT = "Make a new token with the same API key, with the scopes read and write."


def is_final(response: Response) -> bool:
    """Tell of a "not now" that it stays so until the request asks for less."""
    if response.status == 504:
        return response.method == "GET"
    return response.status == 429 and any(name in response.text() for name in TOO_LARGE)


def refusal(status: int, said: str, method: str, path: str, found: IsthmusError | None) -> IsthmusError:
    """Return the error for a refusal; ``found`` is what its status alone means, where that is known."""
    place = f"{method} {path.partition('?')[0]}"
    text = said.strip()
    told = f"Trello answered {place} with {status}: {text or 'nothing'}"
    match status:
        case 401 if "permission" in text or "unauthorized" in text.lower():
            return ForbiddenError(
                told, hint="Let the token's member join the board, or ask its owner.", status=401
            )
        case 401:
            return UnauthorizedError(told, hint=KEY_HINT if "key" in text else TOKEN_HINT, status=401)
        case 404:
            return NotFoundError(told, status=404)
        case 400 if text == "invalid id":
            hint = "An id has 24 hexadecimal digits; boards and cards have short links too."
            return NotFoundError(told, hint=hint, status=400)
        case 429 if any(name in text for name in TOO_LARGE):
            return TooLargeError(told, status=429)
        case 403 if text.lower().startswith("too many"):
            return TooLargeError(told, status=403)
        case 413:
            return TooLargeError(told, status=413)
        case 504 if method == "GET":
            return TooLargeError(told, hint="Trello gives a read 30 seconds.", status=504)
        case 429:
            wait_s = found.wait_s if isinstance(found, RateLimitedError) and found.wait_s else 10.0
            return RateLimitedError(told, wait_s=wait_s, hint=f"Wait {wait_s:g} s.")
        case 449:
            return AmbiguousError(told, hint="It was done in part: read back what exists.", status=449)
        case _ if found is not None:
            return found
        case _ if status >= 500:
            return UnreachableError(told, hint="Try again later.", status=status)
        case _:
            return RejectedError(told, status=status)


class TooLargeError(RejectedError):
    """A read asks for more than Trello gives at once: ask for less."""
