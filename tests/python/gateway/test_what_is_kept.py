"""What must not be given again is not kept, and the statistics say why; everything else is."""

from __future__ import annotations

from typing import Any

import pytest

from support.upstream import Exchange, Upstream, chunk, completion, usage_of
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.cache_control import ANYTHING
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.gateway.sharing.keepable import Keepable
from tokenfoundry.privacy import Redactor

CHAT, MESSAGES = ENDPOINTS["/v1/chat/completions"], ENDPOINTS["/v1/messages"]
REDACTOR = Redactor()
KEEPABLE = Keepable(REDACTOR.detector)


def chosen(**message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Sì.", **message}, "finish_reason": "stop"}
    return {"object": "chat.completion", "choices": [choice]}


def finished(reason: str) -> dict[str, Any]:
    return completion("Sì.", finish=reason)


def response(**fields: Any) -> dict[str, Any]:
    return {"object": "response", "status": "completed", "choices": [], "output": [], **fields}


def why_not(reply: dict[str, Any], *, max_tokens: int | None = 50, endpoint: Any = CHAT) -> str | None:
    body = {"model": "fast", "messages": [], "max_tokens": max_tokens}
    call = Call(
        request_id="r1",
        at_ms=0,
        endpoint=endpoint,
        key=None,  # type: ignore[arg-type]
        axes=None,  # type: ignore[arg-type]
        alias="fast",
        reachable=(),
        stream=False,
        directives=ANYTHING,
        cache_terms=None,  # type: ignore[arg-type]
        may_recall=True,
        may_store=True,
        body=body,
    )
    call.session = REDACTOR.session()
    call.session.redact("Scrivere a mario@example.it")
    return KEEPABLE.why_not(call, reply)


@pytest.mark.parametrize(
    "reply",
    [
        finished("stop"),
        finished("length"),
        finished("tool_calls"),
        chosen(content="Scrivo a [EMAIL_ADDRESS_1], come in [Nota] e in [1]."),
        chosen(refusal=None),
        {**chosen(), "choices": [*chosen()["choices"], {**chosen()["choices"][0], "index": 1}]},
        response(),
        response(status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
        {"type": "message", "content": [], "stop_reason": "end_turn"},
    ],
    ids=str,
)
def test_an_answer_that_any_caller_would_have_got_is_kept(reply: dict[str, Any]) -> None:
    assert why_not(reply) is None


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (finished("content_filter"), "refused"),
        (chosen(refusal="No."), "refused"),
        ({"type": "message", "content": [], "stop_reason": "refusal"}, "refused"),
        (response(status="incomplete", incomplete_details={"reason": "content_filter"}), "refused"),
        (response(output=[{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]), "refused"),
        (response(status="failed"), "unfinished"),
        (response(status="queued"), "unfinished"),
        (chosen(content="Chiedi a giulia.verdi@example.it"), "personal_data"),
        (chosen(content="a@example.it"), "personal_data"),
        (chosen(tool_calls=[{"function": {"name": "f", "arguments": '{"to": "anna@example.it"}'}}]), "personal_data"),
        (chosen(content="Chiedi a [PERSON_1]."), "unknown_placeholder"),
        (chosen(content="Scrivo a **\\[email\\_address\\_2\\]**."), "unknown_placeholder"),
    ],
    ids=str,
)
def test_an_answer_that_must_not_be_given_again_is_not_kept(reply: dict[str, Any], reason: str) -> None:
    assert why_not(reply) == reason
    assert why_not(reply) == reason  # Also when its words were looked at before.


def test_an_answer_cut_at_our_bound_is_not_kept() -> None:
    assert why_not(finished("length"), max_tokens=None) == "cut"
    cut = {"type": "message", "content": [], "stop_reason": "max_tokens"}
    assert why_not(cut, max_tokens=None, endpoint=MESSAGES) == "cut"
    assert why_not(cut, endpoint=MESSAGES) is None


def test_a_stream_that_cannot_be_said_as_one_reply_is_not_kept(
    gateway: TokenFactory, key: str, upstream: Upstream
) -> None:
    async def with_logprobs(exchange: Exchange) -> None:
        await exchange.start_stream()
        said = chunk({"content": "Sì."})
        said["choices"][0]["logprobs"] = {"content": [{"token": "Sì", "logprob": -0.1}]}
        await exchange.event(said)
        await exchange.event(chunk({}, finish="stop"))
        await exchange.event({**chunk({}), "choices": [], "usage": usage_of(5, 2)})
        await exchange.event(b"[DONE]")
        await exchange.end_stream()

    upstream.behave = with_logprobs
    client = gateway.openai_client(key=key, max_retries=0)
    for _ in range(2):
        messages: Any = [{"role": "user", "content": "Sì o no?"}]
        list(client.chat.completions.create(model="fast", messages=messages, max_tokens=50, stream=True))
    assert len(upstream.received) == 2
    assert gateway.cache is not None
    stats = gateway.cache.stats()
    assert (stats.stored, stats.rejected) == (0, {"in_pieces": 2})
