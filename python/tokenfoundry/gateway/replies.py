"""What the gateway says back: answers, and errors in OpenAI's shape."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

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

    @property
    def error(self) -> dict[str, Any]:
        return {"message": str(self), "type": self.kind, "param": self.param, "code": self.code}

    def answer(self, headers: Headers) -> Answer:
        return json_answer({"error": self.error}, status=self.status, headers={**headers, **self.headers})


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
        raise invalid(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise invalid("the body is nested too deeply") from None
    if not isinstance(decoded, dict):
        raise invalid("the body is not a JSON object")
    return decoded
