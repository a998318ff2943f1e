"""What comes of a line: settled in the books, restored, and said as the files of a batch say it.

Shapes: OpenAI's guide "Batch API"; a line of the output file has a `response`, one of the error file a response that
tells of an error, or an `error` when there was none.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.batches.lines import Lines, endpoint_of
from tokenfoundry.batches.records import Batch, Line, Spent, Step
from tokenfoundry.batches.remote import RemoteRefused
from tokenfoundry.errors import BlockedContent, InvalidInput, ProviderError
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.booking import summary_of
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.attempts.refusals import refused_answer
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.providers.plan import Said
from tokenfoundry.records import CallRecord
from tokenfoundry.usage import Usage

_UNREADABLE = (msgspec.DecodeError, InvalidInput, RecursionError, UnicodeDecodeError)

# Why a line has no response, as OpenAI calls it where it has a name for it.
EXPIRED = ("batch_expired", "the batch expired before this line was answered")
CANCELLED = ("batch_cancelled", "the batch was cancelled before this line was answered")
UNANSWERED = ("no_answer", "the provider's results say nothing of this line")
UNREADABLE = ("unreadable_answer", "the provider's answer to this line cannot be read; it is billed")
TOO_LARGE = ("answer_too_large", "the answer to this line is larger than a result may be; it is billed")
LOST = (
    "answer_lost",
    "the gateway was stopped while this line was under way: it may have been answered, so it is billed, not sent again",
)


def response_result(id: str, line: Line, status: int, body: dict[str, Any]) -> str:
    """A line with a response, of whichever file."""
    return msgspec.json.encode(
        {
            "id": f"batch_req_{id}",
            "custom_id": line.custom_id,
            "response": {"status_code": status, "request_id": id, "body": body},
            "error": None,
        }
    ).decode()


def error_result(id: str, line: Line, why: tuple[str, str]) -> str:
    """A line that got no response."""
    code, message = why
    return msgspec.json.encode(
        {
            "id": f"batch_req_{id}",
            "custom_id": line.custom_id,
            "response": None,
            "error": {"code": code, "message": message},
        }
    ).decode()


def refused_result(id: str, url: str, line: Line, refused: Refused) -> str:
    """A line that was refused, by the gateway or the provider."""
    return response_result(id, line, refused.status, endpoint_of(url).error(refused))


def spent_of(record: CallRecord) -> Spent:
    return Spent(record.input_tokens, record.cache_read_tokens, record.output_tokens, record.reasoning_tokens)


class RemoteResults:
    """Books what a provider's batch says of its lines."""

    def __init__(self, lines: Lines, batch: Batch) -> None:
        self._lines = lines
        self._batch = batch

    async def step(self, line: Line, told: dict[str, Any]) -> Step | None:
        """What the provider's line means for ours; its hold is resolved. None while the configuration does not have the
        batch's target, without which nothing has a price. Raises `Refused` when its model is gone.
        """
        lines, batch = self._lines, self._batch
        call = lines.call(batch, line)
        target = lines.target(batch, call)
        if target is None:
            return None
        attempt = lines.attempt(batch, call, target)
        said = lines.sender.said(call, attempt)
        response = told.get("response")
        if not isinstance(response, dict):
            await attempt.void("the provider did not answer the line", status=502)
            return Step(number=line.number, result=error_result(call.request_id, line, _why(told)))
        status, body = response.get("status_code"), response.get("body")
        if status == 200:
            return await self._answered(line, call, attempt, said, body)
        return await self._failed(line, call, attempt, said, status, body)

    async def _answered(self, line: Line, call: Call, attempt: Attempt, said: Said, body: Any) -> Step:
        reported: Usage | None = None
        try:
            if not isinstance(body, dict):
                raise ProviderError("the provider's reply is not an object")
            reported = said.usage(body)
            reply = said.reply(body)
            if not call.endpoint.is_reply(reply):
                raise ProviderError("the provider's reply has not the shape of one")
            produced = call.endpoint.output_text(reply)
            reply, used = call.endpoint.settled(call.body, reply, reported, attempt.worst)
        except (ProviderError, *_UNREADABLE):
            # It was answered, so it was paid for; nobody can read what.
            await attempt.cut("the provider's reply cannot be read", reported=reported)
            return Step(number=line.number, result=error_result(call.request_id, line, UNREADABLE))
        record, _ = await attempt.settle(used, produced=produced)
        try:
            reply = call.endpoint.restore(reply, call.session, call.body)
        except BlockedContent as blocked:
            result = refused_result(call.request_id, self._batch.url, line, refused_answer(blocked))
            return Step(number=line.number, result=result, spent=spent_of(record))
        told = {**reply, "tokenfoundry": summary_of(call, record)}
        return Step(
            number=line.number,
            result=response_result(call.request_id, line, 200, told),
            succeeded=True,
            spent=spent_of(record),
        )

    async def _failed(self, line: Line, call: Call, attempt: Attempt, said: Said, status: Any, body: Any) -> Step:
        shown = status if type(status) is int and 400 <= status < 600 else 502
        try:
            usage = said.usage(body) if isinstance(body, dict) else None
        except _UNREADABLE:
            usage = None
        told = f"the provider answered {shown}"
        if usage is None:
            await attempt.void(told, status=shown)
        else:
            await attempt.bill(usage, told, status=shown)
        message = call.session.restore(self._lines.sender.error_message(attempt.target, body))
        refused = Refused(shown, "upstream_error", f"{attempt.target.name}: {message or told}", kind="upstream_error")
        return Step(number=line.number, result=refused_result(call.request_id, self._batch.url, line, refused))


def _why(told: dict[str, Any]) -> tuple[str, str]:
    """Why a provider has no response for a line; its words are not ours to trust."""
    error = told.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    known = {each[0]: each for each in (EXPIRED, CANCELLED)}
    return known.get(str(code), UNANSWERED)


def refused_batch(error: RemoteRefused) -> str:
    """What the owner of a batch is told when the provider does not take it. Not its words: they may quote a line."""
    return f"the provider does not take this batch: {error}"
