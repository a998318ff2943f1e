"""What is asked as a completion is said as chat, and the answer is a completion again."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types import Completion

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate import Untranslatable
from tokenfoundry.translate.completions_to_chat import CompletionsToChat

Body = dict[str, Any]
TRANSLATION = CompletionsToChat()
LOGPROBS: Body = {
    "content": [
        {"token": "Ec", "logprob": -0.1, "bytes": None, "top_logprobs": [{"token": "Ec", "logprob": -0.1}]},
        {"token": "co", "logprob": -0.2, "bytes": None, "top_logprobs": []},
    ]
}


def test_the_prompt_is_a_message_and_all_else_keeps_its_name() -> None:
    asked = {"model": "m", "prompt": ["Ciao"], "max_tokens": 9, "n": 2, "stop": ["."], "logprobs": 3, "top_k": 1}
    assert TRANSLATION.request(asked) == {
        "model": "m",
        "messages": [{"role": "user", "content": "Ciao"}],
        "max_tokens": 9,
        "n": 2,
        "stop": ["."],
        "logprobs": True,
        "top_logprobs": 3,
        "top_k": 1,
    }


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"suffix": "x"}, "suffix"),
        ({"echo": True}, "echo"),
        ({"best_of": 2}, "best_of"),
        ({"max_tokens": 0}, "max_tokens"),
    ],
)
def test_what_chat_cannot_say_is_refused_by_its_field(fields: Body, param: str) -> None:
    with pytest.raises(Untranslatable) as caught:
        TRANSLATION.request({"model": "m", "prompt": "a", **fields})
    assert caught.value.param == param


def test_a_whole_answer_is_a_valid_completion() -> None:
    choices = [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Ecco"},
            "finish_reason": "length",
            "logprobs": LOGPROBS,
        },
        {"index": 1, "message": {"role": "assistant", "content": None}, "finish_reason": "tool_calls"},
    ]
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    reply = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": usage}
    made = Completion.model_validate(TRANSLATION.reply(reply, {}), strict=True)
    assert [(choice.text, choice.finish_reason) for choice in made.choices] == [("Ecco", "length"), ("", "stop")]
    logprobs = made.choices[0].logprobs
    assert logprobs is not None
    assert (logprobs.tokens, logprobs.text_offset) == (["Ec", "co"], [0, 2])
    assert logprobs.top_logprobs == [{"Ec": -0.1}, {}]
    assert made.usage is not None
    assert made.usage.total_tokens == 3


def test_a_stream_says_the_same_text_with_offsets_that_go_on() -> None:
    events = TRANSLATION.events({})
    chunks = [
        {"choices": [{"index": 0, "delta": {"role": "assistant"}}]},
        {"choices": [{"index": 0, "delta": {"content": "Ecco"}, "logprobs": LOGPROBS}]},
        {"choices": [{"index": 0, "delta": {"content": "lo"}, "logprobs": {"content": [{"token": "lo"}]}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 1}},
    ]
    made = [event for chunk in chunks for event in events.feed(chunk)] + events.close()
    choices = [choice for event in made for choice in event["choices"]]
    assert "".join(choice["text"] for choice in choices) == "Eccolo"
    assert [choice["finish_reason"] for choice in choices] == [None, None, None, "stop"]
    assert [choice["logprobs"]["text_offset"] for choice in choices if choice["logprobs"]] == [[0, 2], [4]]
    assert made[-1]["usage"] == {"prompt_tokens": 1}


@pytest.mark.parametrize("reply", [{}, {"choices": ["x"]}, {"choices": [{"text": "x"}]}])
def test_a_reply_of_another_shape_is_the_providers_fault(reply: Body) -> None:
    with pytest.raises(ProviderError):
        TRANSLATION.reply(reply, {})


@pytest.mark.parametrize(
    "event",
    [{"error": {}}, {"choices": "x"}, {"choices": ["x"]}, {"choices": [{"delta": "x"}]}, {"choices": [{"index": "x"}]}],
)
def test_an_event_of_another_shape_is_the_providers_fault(event: Body) -> None:
    with pytest.raises(ProviderError):
        TRANSLATION.events({}).feed(event)


@pytest.mark.parametrize(
    "odd", [None, 3, "x", [], ["x"], {}, {"content": 3}, {"content": [{"top_logprobs": 3}]}], ids=repr
)
def test_odd_probabilities_break_nothing(odd: Any) -> None:
    reply = {"choices": [{"index": 0, "message": {"content": "x"}, "logprobs": odd, "finish_reason": odd}]}
    assert TRANSLATION.reply(reply, {})["choices"][0]["text"] == "x"
