"""What the gateway says back: answers, and errors in OpenAI's shape."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tokenfoundry.gateway.headers import REQUEST_ID
from tokenfoundry.ledger import Refusal

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete reply."""

    status: int
    body: bytes
    headers: Headers = field(default_factory=dict)
    content_type: str = "application/json"
    reply: dict[str, Any] | None = field(default=None, repr=False)
    """What `body` says, for whoever asked for it as an object; `body` is empty then."""


@dataclass(frozen=True, slots=True)
class StreamAnswer:
    """A reply that is still being produced. Whoever takes it awaits `close` at the end, whatever happened: that
    settles a call whose chunks were not all taken, or not even begun.
    """

    chunks: AsyncIterator[bytes]
    headers: Headers
    close: Callable[[], Awaitable[None]]
    error: Callable[[str, str], bytes] | None = None
    """The event that tells of an error, by its code and its message; None where the answer is no row of events."""


class Refused(Exception):
    """The call ends here with this status and OpenAI error body."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        headers: Headers | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.kind = kind
        self.param = param
        self.headers = headers or {}
        self.refusal: Refusal | None = None
        """Of a budget, when one refused."""
        self.to_everybody: str | None = None
        """What anybody is told who asks the same, in placeholder form; None when it is the caller's own matter."""

    def alike(self, message: str) -> Refused:
        """The same for another call."""
        headers = {name: value for name, value in self.headers.items() if name != REQUEST_ID}
        return Refused(self.status, self.code, message, kind=self.kind, param=self.param, headers=headers)

    @property
    def error(self) -> dict[str, Any]:
        return {"message": str(self), "type": self.kind, "param": self.param, "code": self.code}

    def answer(self, headers: Headers) -> Answer:
        return json_answer({"error": self.error}, status=self.status, headers={**headers, **self.headers})


def of_everybody(refused: Refused, message: str | None = None) -> Refused:
    """Marks what would be refused to anybody who asks the same; `message` is its message in placeholder form where that
    differs.
    """
    refused.to_everybody = str(refused) if message is None else message
    return refused


def invalid(
    message: str, *, param: str | None = None, status: int = 400, code: str = "invalid_request_error"
) -> Refused:
    """The caller's fault."""
    return Refused(status, code, message, param=param)


def json_answer(body: Any, *, status: int = 200, headers: Headers | None = None) -> Answer:
    return Answer(status, msgspec.json.encode(body), headers or {})


def decode_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a request body. Raises `Refused` (400) saying what is wrong with it."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # So the decoder says it of half a surrogate pair just before the end of a text, too.
        is_half = b"\\ud" in body.lower() and "truncated" in str(error) and body.rstrip().endswith(b"}")
        why = "a text in it holds half of a surrogate pair, or it is cut" if is_half else error
        raise invalid(f"the body is not JSON: {why}") from None
    except RecursionError:
        raise invalid("the body is nested too deeply") from None
    if not isinstance(decoded, dict):
        raise invalid("the body is not a JSON object")
    return decoded
