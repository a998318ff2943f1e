"""What differs from one inference endpoint to the next, as pure functions on decoded bodies.

One file per dialect (see `tokenfoundry.translate`); `table` says which path is whose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from tokenfoundry.counters import BYTES, Counts
from tokenfoundry.families import Template
from tokenfoundry.gateway.replies import Refused, decode_object
from tokenfoundry.gateway.streams import ReplyStream
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

Body = dict[str, Any]


class Endpoint(Protocol):
    """`name` is the dialect, and how keys and records call it; `kind` is what a target must serve to be of use. Every
    method but `decode`, `fields_in` and `check` relies on a body that passed both.
    """

    name: str
    kind: str
    produces_output: bool
    unbounded_output: bool
    """Whether its output can be bounded by the target's own maximum alone."""
    is_sound: bool
    """Whether a call counts as one of unit `audio`."""
    may_keep: bool
    repeats_its_caller: bool
    """Whether a reply says again what its caller said beside the question, so that a shared one must be restored."""
    """Whether its replies may be answered again from the cache."""

    # -- the question --------------------------------------------------------------------------------------------------

    def decode(self, content_type: str, raw: bytes) -> Body:
        """The body of a request. Raises `Refused` (400)."""

    def fields_in(self, headers: Mapping[str, str]) -> Body:
        """Fields of the body that clients of this dialect state in headers, which have names in lower case."""

    def check(self, body: Body) -> None:
        """Raises `Refused` (400) when the body has not the shape the walk relies on; unknown fields are left alone."""

    def is_stream(self, body: Body) -> bool:
        """Whether the answer is asked for as it is produced."""

    def as_text(self, body: Body, reachable: Sequence[Target]) -> Body:
        """The body with what stands for text turned into text. Raises `Refused`."""

    def redact(self, body: Body, session: RedactionSession) -> Body:
        """A copy with every text redacted. Raises `BlockedContent` and `Refused`."""

    def prompt_tokens(self, body: Body, target: Target) -> PromptTokens:
        """Tokens of the prompt, as the target's tokenizer counts them, and at most."""

    def max_output_tokens(self, body: Body) -> int | None:
        """The caller's own bound on the output of one choice; None when there is none."""

    def bounded(self, body: Body, max_output_tokens: int) -> Body:
        """A copy whose output, of one choice, is at most that."""

    def choices(self, body: Body) -> int:
        """How many outputs are asked for."""

    def worst(self, body: Body, *, input_tokens: int, output_tokens: int) -> Usage:
        """The most that a call can use whose input, and whose output of all choices, are at most those tokens."""

    # -- the answer ----------------------------------------------------------------------------------------------------

    def read_reply(self, content_type: str, raw: bytes) -> Body:
        """A successful reply of a provider that speaks this dialect. Raises what decoding raises."""

    def is_reply(self, reply: Any) -> bool:
        """Whether a decoded body of a successful reply has the shape of one."""

    def settled(self, body: Body, reply: Body, reported: Usage | None, worst: Usage) -> tuple[Body, Usage | None]:
        """A reply as it is answered, and what it used: `reported` is what the provider said, `worst` what was held.

        None when only its text can tell. A stream has no reply. Raises `InvalidInput` for a reply that cannot be
        answered.
        """

    def streams_as(self, content_type: str) -> bool:
        """Whether a provider's answer of this media type is the stream that was asked for."""

    def is_cut(self, reply: Body) -> bool:
        """Whether the reply ends where its bound on the output was reached."""

    def restore(self, reply: Body, session: RedactionSession, body: Body) -> Body:
        """A copy with the caller's own values back in place."""

    def output_text(self, reply: Body) -> str:
        """All text the model produced, to be counted when the provider reports no usage."""

    def written(self, reply: Body, summary: Body) -> tuple[str, bytes]:
        """Content type and body of the answer to the client; `summary` is the `tokenfoundry` field, where one fits."""

    def stream(self, body: Body, session: RedactionSession) -> ReplyStream:
        """A streamed answer to `body`."""

    def error(self, refused: Refused) -> Body:
        """The body that tells of a refusal."""


class JsonEndpoint:
    """What most endpoints have in common: JSON in, JSON out, errors in OpenAI's shape."""

    unbounded_output = False
    is_sound = False
    may_keep = True
    repeats_its_caller = False

    def fields_in(self, headers: Mapping[str, str]) -> Body:
        return {}

    def decode(self, content_type: str, raw: bytes) -> Body:
        return decode_object(raw)

    def is_stream(self, body: Body) -> bool:
        return bool(body.get("stream"))

    def as_text(self, body: Body, reachable: Sequence[Target]) -> Body:
        return body

    def worst(self, body: Body, *, input_tokens: int, output_tokens: int) -> Usage:
        return Usage(input_tokens=input_tokens, output_tokens=output_tokens, estimated=True)

    def read_reply(self, content_type: str, raw: bytes) -> Body:
        reply: Body = msgspec.json.decode(raw)
        return reply

    def settled(self, body: Body, reply: Body, reported: Usage | None, worst: Usage) -> tuple[Body, Usage | None]:
        return reply, reported

    def streams_as(self, content_type: str) -> bool:
        return content_type == "text/event-stream"

    def is_cut(self, reply: Body) -> bool:
        return False

    def written(self, reply: Body, summary: Body) -> tuple[str, bytes]:
        return "application/json", msgspec.json.encode({**reply, "tokenfoundry": summary})

    def error(self, refused: Refused) -> Body:
        return {"error": refused.error}


def at_most_bytes(tokens: int, body: Body, target: Target) -> PromptTokens:
    """The tokens of texts without a chat template. At most a token for each byte of the body, where the tokenizer is
    not the model's own.
    """
    exact = target.tokenizer_is_exact
    return PromptTokens(tokens, tokens if exact else max(tokens, len(msgspec.json.encode(body))))


_PROMPT = frozenset(
    ("model", "messages", "input", "instructions", "system", "tools", "functions", "response_format", "text")
)


class CountPrompt(Protocol):
    """Counts the prompt of a body of one dialect."""

    def __call__(self, body: Body, counter: Counts, *, template: Template, model: str) -> PromptTokens: ...


def at_most(count: CountPrompt, body: Body, target: Target) -> PromptTokens:
    """The tokens of a conversation. Where the tokenizer is not the model's own, each byte may be one, and what a
    provider takes beside the prompt may be part of it.
    """
    told = count(body, target.tokenizer, template=target.template, model=target.model)
    if target.tokenizer_is_exact:
        return told.within(target.context_tokens)
    most = count(body, BYTES, template=target.template, model=target.model).most
    beside = {name: value for name, value in body.items() if name not in _PROMPT}
    most = max(told.most, most + len(msgspec.json.encode(beside)))
    return told._replace(most=most).within(target.context_tokens)


class WithoutOutput:
    """For endpoints whose answer is no text of a model's: nothing bounds it, and nothing in it is restored."""

    produces_output = False

    def max_output_tokens(self, body: Body) -> int | None:
        return 0

    def bounded(self, body: Body, max_output_tokens: int) -> Body:
        return body

    def choices(self, body: Body) -> int:
        return 1

    def restore(self, reply: Body, session: RedactionSession, body: Body) -> Body:
        return reply

    def output_text(self, reply: Body) -> str:
        return ""


class WithoutStream:
    """For endpoints that answer at once; `check` has refused `stream`."""

    def is_stream(self, body: Body) -> bool:
        return False

    def stream(self, body: Body, session: RedactionSession) -> ReplyStream:
        raise AssertionError("checked: this endpoint does not stream")
