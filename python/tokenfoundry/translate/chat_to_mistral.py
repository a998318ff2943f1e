"""Chat to Mistral's own chat, and back: OpenAI's shape, with differences that break a client of either.

Source: mistralai-python 3.7, `mistralai/client/models` (`chatcompletionrequest.py`, `assistantmessage.py`,
`completionchunk.py`, `contentchunk.py`); mistral-common for the ids of tool calls, nine letters and digits.

- Fields that Mistral does not know are refused by it, so each is said under its own name, or not at all.
- The content of an answer may be a list of texts, thoughts and references; chat has one text.
- The last chunk of a stream always states usage; there is no `stream_options`.
"""

from __future__ import annotations

import hashlib
import re
import string as letters
from typing import Any

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate import Body, EventTranslator, Untranslatable
from tokenfoundry.translate.chat_answer import (
    Head,
    MakeHead,
    ToChat,
    chat_usage,
    index_of,
    items,
    json_arguments,
    mapping,
    message_of,
    string,
    tool_call,
)
from tokenfoundry.translate.chat_body import (
    bound_of,
    carried,
    functions_of,
    given,
    media_of,
    refuse_others,
    system_or_user,
    text_of,
    texts_of,
    tool_calls_of,
    tool_choice_of,
)
from tokenfoundry.translate.shapes import check_no_error

_SAME = {
    name: name
    for name in (
        "frequency_penalty",
        "logprobs",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "reasoning_effort",
        "response_format",
        "stop",
        "temperature",
        "top_k",
        "top_logprobs",
        "top_p",
    )
} | {"seed": "random_seed"}
# Mistral's own fields, which a client may add to a chat body.
_NATIVE = ("guardrails", "min_tokens", "prompt_mode", "random_seed", "repetition_penalty", "safe_prompt")
_SAID = frozenset({*_SAME, *_NATIVE, "max_completion_tokens", "max_tokens", "tool_choice", "tools"})
_ID = re.compile(r"[a-zA-Z0-9]{9}")
_ALPHABET = letters.ascii_letters + letters.digits
_FINISHES = {"stop": "stop", "length": "length", "model_length": "length", "tool_calls": "tool_calls"}


class ChatToMistral(ToChat):
    """Implements `Translation`."""

    spoken = "mistral"

    def request(self, body: Body) -> Body:
        refuse_others(body, _SAID)
        made = carried(body, _NATIVE)
        made |= given(body, _SAME)
        made["messages"] = [_message(message, f"messages[{index}]") for index, message in enumerate(body["messages"])]
        if (bound := bound_of(body)) is not None:
            made["max_tokens"] = bound
        if functions := functions_of(body):
            made["tools"] = [{"type": "function", "function": _function(function)} for function in functions]
            made |= _choice(body, made["tools"])
        return made

    def reply(self, reply: Body, body: Body) -> Body:
        head = self.head(reply.get("id"), reply.get("model") or body.get("model"))
        choices = []
        for place, choice in enumerate(items(reply.get("choices"), "choices")):
            message = mapping(choice.get("message"), "message")
            text, reasoning = _content(message.get("content"))
            calls = [_call(call) for call in items(message.get("tool_calls"), "tool_calls")]
            choices.append(
                {
                    "index": index_of(choice, place),
                    "message": message_of(text=text, tool_calls=calls, reasoning=reasoning),
                    "logprobs": choice.get("logprobs"),
                    "finish_reason": _finish(choice) or "stop",
                }
            )
        if not choices:
            raise ProviderError("the provider's reply has no choice")
        return head.reply(choices, chat_usage("mistral", reply))

    def events(self, body: Body) -> EventTranslator:
        return _MistralToChatEvents(body, self.head)


def _choice(body: Body, tools: list[Body]) -> Body:
    """Mistral can be told to call one function; of several, it is offered no others."""
    choice = tool_choice_of(body)
    if choice is None:
        return {}
    if choice.mode == "required" and len(choice.names) == 1:
        return {"tool_choice": {"type": "function", "function": {"name": choice.names[0]}}}
    offered = [tool for tool in tools if not choice.names or tool["function"]["name"] in choice.names]
    return {"tools": offered, "tool_choice": choice.mode}


def _message(message: Body, place: str) -> Body:
    if (said := system_or_user(message, place, _part)) is not None:
        return said
    role = message["role"]
    match role:
        case "tool":
            id = message.get("tool_call_id")
            if not isinstance(id, str):
                raise Untranslatable("names no call", param=f"{place}.tool_call_id")
            return {"role": "tool", "tool_call_id": _tool_id(id), "content": "".join(texts_of(message, place))}
        case "assistant":
            made: Body = {"role": "assistant", "content": "".join(texts_of(message, place))}
            if calls := tool_calls_of(message, place):
                made["tool_calls"] = [
                    tool_call(_tool_id(call.id), call.name, call.raw["function"]["arguments"]) for call in calls
                ]
            return made
    raise Untranslatable(f"this provider knows no messages of {role}", param=f"{place}.role")


def _part(part: Body, place: str) -> Body:
    media = media_of(part, place)
    if media is None:
        return {"type": "text", "text": text_of(part, place)}
    match part:
        case {"type": "image_url", "image_url": image}:
            return {"type": "image_url", "image_url": image}
        case {"type": "input_audio", "input_audio": {"data": data}}:
            return {"type": "input_audio", "input_audio": data}
    if media.url is not None:
        return {"type": "document_url", "document_url": media.url}
    return {"type": "document_url", "document_url": f"data:{media.mime_type};base64,{media.base64}"}


def _function(function: Body) -> Body:
    said = given(function, {"name": "name", "description": "description", "strict": "strict"})
    return {**said, "parameters": function.get("parameters") or {"type": "object", "properties": {}}}


def _tool_id(id: str) -> str:
    """An id that Mistral takes; always the same for the same id, so that calls and results stay together."""
    if _ID.fullmatch(id):
        return id
    digest = int.from_bytes(hashlib.sha256(id.encode()).digest()[:8], "big")
    made = ""
    for _ in range(9):
        digest, place = divmod(digest, len(_ALPHABET))
        made += _ALPHABET[place]
    return made


def _content(content: Any) -> tuple[str, str]:
    """The text and the reasoning of an answer."""
    if content is None or isinstance(content, str):
        return content or "", ""
    text = reasoning = ""
    for chunk in items(content, "content"):
        match chunk.get("type", "text"):
            case "text":
                text += string(chunk.get("text"), "text")
            case "thinking":
                reasoning += _thought(chunk.get("thinking"))
            case "reference":
                continue  # Numbers of documents: no text.
            case kind:
                raise ProviderError(f"the provider's answer holds a part that chat cannot say: {kind}")
    return text, reasoning


def _thought(thinking: Any) -> str:
    if isinstance(thinking, str):
        return thinking
    return "".join(string(part.get("text"), "text") for part in items(thinking, "thinking"))


def _call(call: Body) -> Body:
    function = mapping(call.get("function"), "function")
    id = call.get("id")
    arguments = json_arguments(function.get("arguments"))
    return tool_call(None if id == "null" else id, string(function.get("name"), "name"), arguments)


def _finish(choice: Body) -> str | None:
    """Raises `ProviderError` for an answer that failed."""
    reason = string(choice.get("finish_reason"), "finish_reason")
    if reason == "error":
        raise ProviderError("the provider's answer ended with an error")
    return _FINISHES.get(reason, "stop") if reason else None


class _MistralToChatEvents:
    """Implements `EventTranslator`."""

    def __init__(self, body: Body, make_head: MakeHead) -> None:
        self._model = body.get("model")
        self._make_head = make_head
        self._head: Head | None = None
        self._calls: dict[int, int] = {}  # Of each choice: how many tools it has called.
        self._usage: Body | None = None

    def feed(self, event: Body) -> list[Body]:
        check_no_error(event)
        if self._head is None:
            self._head = self._make_head(event.get("id"), event.get("model") or self._model)
        self._usage = chat_usage("mistral", event) or self._usage
        made: list[Body] = []
        for place, choice in enumerate(items(event.get("choices"), "choices")):
            made.append(self._of(self._head, choice, index_of(choice, place)))
        return made

    def _of(self, head: Head, choice: Body, index: int) -> Body:
        said = mapping(choice.get("delta") or {}, "delta")
        text, reasoning = _content(said.get("content"))
        delta: Body = {"role": "assistant", "content": text} if index not in self._calls else {}
        if text:
            delta["content"] = text
        if reasoning:
            delta["reasoning_content"] = reasoning
        first = self._calls.setdefault(index, 0)
        if calls := items(said.get("tool_calls"), "tool_calls"):
            # Each comes whole.
            delta["tool_calls"] = [{"index": first + place, **_call(call)} for place, call in enumerate(calls)]
            self._calls[index] += len(calls)
        logprobs = {"logprobs": choice["logprobs"]} if choice.get("logprobs") else {}
        return head.chunk(delta, index=index, finish_reason=_finish(choice), **logprobs)

    def close(self) -> list[Body]:
        if self._head is None or self._usage is None:
            return []
        return [self._head.usage_chunk(self._usage)]
