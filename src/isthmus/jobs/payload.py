"""What a job is called on and with, as JSON: ``{"ids": …, "args": …, "kwargs": …, "context": …}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from isthmus.errors import JobDecodingError
from isthmus.jobs.codec import Codec, mentions_kinds, text_of

#: What :func:`arguments_text` says of a call without any.
NO_ARGUMENTS = '{"args":[],"kwargs":{}}'


class Payload(msgspec.Struct, frozen=True):
    """The stored call of a job: record ids, arguments and context, as the codec packed them.

    ``has_kinds`` is False when all of it is plain JSON.
    """

    ids: list[int]
    args: list[Any]
    kwargs: dict[str, Any]
    context: dict[str, Any]
    has_kinds: bool = False

    def context_of(self, codec: Codec) -> dict[str, Any]:
        """Return the context. Raises JobDecodingError."""
        return codec.unpack(self.context) if self.has_kinds else self.context  # type: ignore[no-any-return]

    def arguments(self, codec: Codec, scope: Any) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments by position and by name. Raises JobDecodingError."""
        if not self.has_kinds:
            return self.args, self.kwargs
        return codec.unpack(self.args, scope), codec.unpack(self.kwargs, scope)


_read = msgspec.json.Decoder(Payload).decode


def read_payload(text: str) -> Payload:
    """Return a stored call. Raises JobDecodingError when the text is not one."""
    try:
        found = _read(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise JobDecodingError(f"the payload of a job cannot be read: {error}") from error
    return msgspec.structs.replace(found, has_kinds=True) if mentions_kinds(text) else found


def arguments_text(codec: Codec, args: Sequence[Any], kwargs: Mapping[str, Any], scope: Any = None) -> str:
    """Return arguments as JSON, for :func:`payload_text`.

    Raises JobEncodingError naming the place of what cannot be kept, as in ``args[0].lines[3]``.
    """
    packed = {
        "args": codec.pack(list(args), "args", scope) if args else [],
        "kwargs": codec.pack(dict(kwargs), "kwargs", scope) if kwargs else {},
    }
    return text_of(packed)


def payload_text(ids: Sequence[int], arguments: str, context: str = "{}") -> str:
    """Return the payload of a call on records: arguments and context are JSON, and may serve many jobs."""
    return f'{{"ids":[{",".join(map(str, ids))}],{arguments[1:-1]},"context":{context}}}'
