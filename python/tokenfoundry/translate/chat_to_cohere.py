"""Chat to Cohere's chat, version 2, and back.

Source: cohere-python 7.3 (`cohere/v2/raw_client.py` and `cohere/types`) for all shapes; "Using Cohere models via the
OpenAI SDK" on docs.cohere.com for what corresponds to what.

- Cohere cannot be told which function to call, only that it must call one: it is then offered no other.
- The plan that Cohere states before it calls functions is its reasoning, and goes back as that plan.
- Citations are kept in `citations`, as Cohere states them.
"""

from __future__ import annotations

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate import Body, EventTranslator, Untranslatable
from tokenfoundry.translate.chat_answer import (
    Head,
    MakeHead,
    ToChat,
    chat_usage,
    index_of,
    items,
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
    json_format_of,
    media_of,
    refuse_others,
    stops_of,
    system_or_user,
    text_of,
    texts_of,
    tool_calls_of,
    tool_choice_of,
)

_SAME = {
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "seed": "seed",
    "temperature": "temperature",
    "top_k": "k",
    "top_p": "p",
}
# Cohere's own fields, which a client may add to a chat body.
_NATIVE = ("citation_options", "documents", "k", "p", "priority", "safety_mode", "strict_tools", "thinking")
_SAID = frozenset(
    {
        *_SAME,
        *_NATIVE,
        "max_completion_tokens",
        "max_tokens",
        "reasoning_effort",
        "response_format",
        "stop",
        "tool_choice",
        "tools",
    }
)
_ANY_PARAMETERS = {"type": "object", "properties": {}}
_FINISHES = {"COMPLETE": "stop", "STOP_SEQUENCE": "stop", "MAX_TOKENS": "length", "TOOL_CALL": "tool_calls"}


class ChatToCohere(ToChat):
    """Implements `Translation`."""

    spoken = "cohere"

    def request(self, body: Body) -> Body:
        refuse_others(body, _SAID)
        made = carried(body, _NATIVE)
        made |= given(body, _SAME)
        made["messages"] = [_message(message, f"messages[{index}]") for index, message in enumerate(body["messages"])]
        made |= _tools(body)
        if (bound := bound_of(body)) is not None:
            made["max_tokens"] = bound
        if stops := stops_of(body):
            made["stop_sequences"] = stops
        if (wanted := json_format_of(body)) is not None:
            made["response_format"] = {"type": "json_object"}
            if wanted.schema is not None:
                made["response_format"]["json_schema"] = wanted.schema
        if (effort := body.get("reasoning_effort")) is not None and "thinking" not in made:
            made["thinking"] = {"type": "disabled" if effort == "none" else "enabled"}
        return made

    def reply(self, reply: Body, body: Body) -> Body:
        message = mapping(reply.get("message"), "message")
        text = reasoning = ""
        for item in items(message.get("content"), "content"):
            text += string(item.get("text"), "text")
            reasoning += string(item.get("thinking"), "thinking")
        calls = [_tool_call(call) for call in items(message.get("tool_calls"), "tool_calls")]
        citations = {"citations": message["citations"]} if message.get("citations") else {}
        reasoning += string(message.get("tool_plan"), "tool_plan")
        choice = {
            "index": 0,
            "message": message_of(text=text, tool_calls=calls, reasoning=reasoning, **citations),
            "logprobs": None,
            "finish_reason": _finish(reply),
        }
        return self.head(reply.get("id"), body.get("model")).reply([choice], chat_usage("cohere", reply))

    def events(self, body: Body) -> EventTranslator:
        return _CohereToChatEvents(body, self.head)


def _message(message: Body, place: str) -> Body:
    if (said := system_or_user(message, place, _part)) is not None:
        return said
    role = message["role"]
    match role:
        case "tool":
            texts = [{"type": "text", "text": text} for text in texts_of(message, place)]
            return {"role": "tool", "tool_call_id": message.get("tool_call_id"), "content": texts}
        case "assistant":
            return _assistant(message, place)
    raise Untranslatable(f"this provider knows no messages of {role}", param=f"{place}.role")


def _assistant(message: Body, place: str) -> Body:
    content: list[Body] = [{"type": "text", "text": text} for text in texts_of(message, place)]
    calls = tool_calls_of(message, place)
    reasoning = message.get("reasoning_content")
    made: Body = {"role": "assistant"}
    if calls:
        # As it was written: what was decoded and encoded again may be worded otherwise.
        made["tool_calls"] = [tool_call(call.id, call.name, call.raw["function"]["arguments"]) for call in calls]
        if isinstance(reasoning, str) and reasoning:
            made["tool_plan"] = reasoning
    elif isinstance(reasoning, str) and reasoning:
        content.insert(0, {"type": "thinking", "thinking": reasoning})
    return {**made, "content": content} if content else made


def _part(part: Body, place: str) -> Body:
    media = media_of(part, place)
    if media is None:
        return {"type": "text", "text": text_of(part, place)}
    if part["type"] != "image_url":
        raise Untranslatable("this provider takes texts and images only", param=place)
    image = part["image_url"]
    return {"type": "image_url", "image_url": image if isinstance(image, dict) else {"url": image}}


def _tools(body: Body) -> Body:
    functions = functions_of(body)
    if not functions:
        return {}
    choice = tool_choice_of(body)
    if choice is not None and choice.names:
        functions = [function for function in functions if function["name"] in choice.names]
        if not functions:
            raise Untranslatable("names no function of `tools`", param="tool_choice")
    made: Body = {"tools": [_tool(function) for function in functions]}
    if choice is not None and choice.mode != "auto":
        made["tool_choice"] = choice.mode.upper()
    if all(function.get("strict") for function in functions):
        made["strict_tools"] = True
    return made


def _tool(function: Body) -> Body:
    said = given(function, {"name": "name", "description": "description"})
    return {"type": "function", "function": {**said, "parameters": function.get("parameters") or _ANY_PARAMETERS}}


def _tool_call(call: Body) -> Body:
    function = mapping(call.get("function"), "function")
    arguments = string(function.get("arguments"), "arguments") or "{}"
    return tool_call(call.get("id"), string(function.get("name"), "name"), arguments)


def _finish(ended: Body) -> str:
    """Raises `ProviderError` for an answer that failed."""
    reason = string(ended.get("finish_reason"), "finish_reason")
    if reason not in _FINISHES:
        raise ProviderError(f"the provider's answer ended with {reason or 'no reason'}")
    return _FINISHES[reason]


class _CohereToChatEvents:
    """Implements `EventTranslator`."""

    def __init__(self, body: Body, make_head: MakeHead) -> None:
        self._model = body.get("model")
        self._make_head = make_head
        self._head: Head | None = None
        self._calls: dict[int, int] = {}  # Our place of each of Cohere's tool calls.
        self._usage: Body | None = None

    def feed(self, event: Body) -> list[Body]:
        kind = string(event.get("type"), "type")
        if self._head is None:
            self._head = self._make_head(event.get("id"), self._model)
        delta = mapping(event.get("delta") or {}, "delta")
        if kind == "message-end":
            self._usage = chat_usage("cohere", event)
            return [self._head.chunk({}, finish_reason=_finish(delta))]
        said = mapping(delta.get("message") or {}, "message")
        made = self._delta(kind, event, said)
        return [] if made is None else [self._head.chunk(made)]

    def _delta(self, kind: str, event: Body, said: Body) -> Body | None:
        match kind:
            case "message-start":
                return {"role": "assistant", "content": ""}
            case "content-start" | "content-delta":
                content = mapping(said.get("content") or {}, "content")
                if text := string(content.get("text"), "text"):
                    return {"content": text}
                thinking = string(content.get("thinking"), "thinking")
                return {"reasoning_content": thinking} if thinking else None
            case "tool-plan-delta":
                plan = string(said.get("tool_plan"), "tool_plan")
                return {"reasoning_content": plan} if plan else None
            case "tool-call-start":
                return {"tool_calls": [self._started(event, mapping(said.get("tool_calls"), "tool_calls"))]}
            case "tool-call-delta":
                call = mapping(said.get("tool_calls"), "tool_calls")
                function = mapping(call.get("function"), "function")
                arguments = string(function.get("arguments"), "arguments")
                return {"tool_calls": [{"index": self._place(event), "function": {"arguments": arguments}}]}
            case "citation-start":
                return {"citations": [said["citations"]]} if said.get("citations") else None
        return None  # Ends of parts, and what Cohere may add.

    def _started(self, event: Body, call: Body) -> Body:
        place = self._calls[index_of(event, 0)] = len(self._calls)
        function = mapping(call.get("function") or {}, "function")
        name, arguments = string(function.get("name"), "name"), string(function.get("arguments"), "arguments")
        return {"index": place, **tool_call(call.get("id"), name, arguments)}

    def _place(self, event: Body) -> int:
        try:
            return self._calls[index_of(event, 0)]
        except KeyError:
            raise ProviderError("the provider continues a tool call that it did not begin") from None

    def close(self) -> list[Body]:
        if self._head is None or self._usage is None:
            return []
        return [self._head.usage_chunk(self._usage)]
