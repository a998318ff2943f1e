"""Chat to Amazon Bedrock's Converse, and back.

Source: the service model of botocore for `bedrock-runtime` (2023-09-30); "Using the Converse API" in the Bedrock user
guide. Events are the API's own union, such as `{"contentBlockDelta": {...}}`.

- Turns alternate: messages of one side that follow each other become one, and results of functions are the user's.
- Bytes are sent as base64, and images only so: Bedrock fetches nothing but from S3.
- An id of a call that Bedrock would refuse is replaced by one that is made from it.
- Converse cannot be told to leave its tools alone: they are then not offered, unless earlier turns used them.
"""

from __future__ import annotations

import hashlib
import re

from tokenfoundry.errors import ProviderError
from tokenfoundry.translate import Body, EventTranslator, Untranslatable
from tokenfoundry.translate.chat_answer import (
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
    Media,
    bound_of,
    carried,
    functions_of,
    given,
    json_format_of,
    json_text,
    media_of,
    parts_of,
    refuse_others,
    stops_of,
    system_texts_of,
    text_of,
    texts_of,
    tool_calls_of,
    tool_choice_of,
)

# Converse's own fields, which a client may add to a chat body.
_NATIVE = (
    "additionalModelRequestFields",
    "additionalModelResponseFieldPaths",
    "guardrailConfig",
    "performanceConfig",
    "requestMetadata",
)
_SAID = frozenset(
    {
        *_NATIVE,
        "max_completion_tokens",
        "max_tokens",
        "reasoning_effort",
        "response_format",
        "stop",
        "temperature",
        "tool_choice",
        "tools",
        "top_p",
    }
)
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_ANY_PARAMETERS = {"type": "object", "properties": {}}
_IMAGES = {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
_SOUNDS = ("mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "webm")
_DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
_FINISHES = {
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}


class ChatToConverse(ToChat):
    """Implements `Translation`."""

    spoken = "converse"

    def request(self, body: Body) -> Body:
        refuse_others(body, _SAID)
        made = carried(body, _NATIVE)
        made["messages"] = _messages(body)
        if system := [{"text": text} for text in system_texts_of(body)]:
            made["system"] = system
        inference = given(body, {"temperature": "temperature", "top_p": "topP"})
        if (bound := bound_of(body)) is not None:
            inference["maxTokens"] = bound
        if stops := stops_of(body):
            inference["stopSequences"] = stops
        if inference:
            made["inferenceConfig"] = inference
        if (tools := _tools(body, made["messages"])) is not None:
            made["toolConfig"] = tools
        if output := _output(body):
            made["outputConfig"] = output
        return made

    def reply(self, reply: Body, body: Body) -> Body:
        message = mapping(mapping(reply.get("output"), "output").get("message"), "message")
        text = reasoning = ""
        calls, images = [], []
        for block in items(message.get("content"), "content"):
            match block:
                case {"text": str(said)}:
                    text += said
                case {"toolUse": {"toolUseId": str(id), "name": str(name), "input": arguments}}:
                    calls.append(tool_call(id, name, json_text(arguments)))
                case {"reasoningContent": dict(thought)}:
                    stated = mapping(thought.get("reasoningText") or {}, "reasoningText")
                    reasoning += string(stated.get("text"), "text")
                case {"citationsContent": dict(cited)}:
                    text += "".join(string(part.get("text"), "text") for part in items(cited.get("content"), "content"))
                case {"image": {"format": str(kind), "source": {"bytes": str(data)}}}:
                    images.append({"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{data}"}})
                case _:
                    raise ProviderError(f"the provider's answer holds what chat cannot say: {', '.join(sorted(block))}")
        choice = {
            "index": 0,
            "message": message_of(
                text=text, tool_calls=calls, reasoning=reasoning, **({"images": images} if images else {})
            ),
            "logprobs": None,
            "finish_reason": _FINISHES.get(string(reply.get("stopReason"), "stopReason"), "stop"),
        }
        return self.head(None, body.get("model")).reply([choice], chat_usage("converse", reply))

    def events(self, body: Body) -> EventTranslator:
        return _ConverseToChatEvents(body, self.head)


def _messages(body: Body) -> list[Body]:
    turns: list[Body] = []
    for index, message in enumerate(body["messages"]):
        place = f"messages[{index}]"
        role = message["role"]
        match role:
            case "system" | "developer":
                continue
            case "user":
                blocks = [block for part, where in parts_of(message, place) if (block := _block(part, where))]
            case "assistant":
                blocks = [{"text": text} for text in texts_of(message, place)]
                for call in tool_calls_of(message, place):
                    used = {"toolUseId": _tool_id(call.id), "name": call.name, "input": call.arguments}
                    blocks.append({"toolUse": used})
            case "tool":
                blocks = [_result(message, place)]
            case _:
                raise Untranslatable(f"this provider knows no messages of {role}", param=f"{place}.role")
        side = "assistant" if role == "assistant" else "user"
        if turns and turns[-1]["role"] == side:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": side, "content": blocks})
    return turns


def _block(part: Body, place: str) -> Body | None:
    """A part of the user's; None for an empty text, which Bedrock refuses."""
    media = media_of(part, place)
    if media is None:
        text = text_of(part, place)
        return {"text": text} if text else None
    source = _source(media)
    if media.mime_type in _IMAGES:
        return {"image": {"format": _IMAGES[media.mime_type], "source": source}}
    if (kind := (media.mime_type or "").removeprefix("audio/")) in _SOUNDS:
        return {"audio": {"format": kind, "source": source}}
    if media.mime_type in _DOCUMENTS:
        name = _document_name(media.name)
        return {"document": {"format": _DOCUMENTS[media.mime_type], "name": name, "source": source}}
    raise Untranslatable(f"this provider takes nothing of type {media.mime_type}", param=place)


def _source(media: Media) -> Body:
    if media.base64 is None:
        raise Untranslatable("this provider fetches nothing: send it as a data URL", param=media.place)
    return {"bytes": media.base64}


def _document_name(name: str | None) -> str:
    """A name of the characters that Bedrock allows."""
    stem = (name or "").rpartition(".")[0] or name or "document"
    allowed = re.sub(r"[^a-zA-Z0-9()\[\]-]+", " ", stem).strip()
    return allowed[:200] or "document"


def _result(message: Body, place: str) -> Body:
    id = message.get("tool_call_id")
    if not isinstance(id, str) or not id:
        raise Untranslatable("names no call", param=f"{place}.tool_call_id")
    content = [{"text": text} for text in texts_of(message, place)]
    return {"toolResult": {"toolUseId": _tool_id(id), "content": content}}


def _tool_id(id: str) -> str:
    return id if _ID.fullmatch(id) else hashlib.sha256(id.encode()).hexdigest()


def _tools(body: Body, messages: list[Body]) -> Body | None:
    functions = functions_of(body)
    choice = tool_choice_of(body)
    if not functions:
        return None
    if choice is not None and choice.mode == "none":
        if any("toolUse" in block for message in messages for block in message["content"]):
            raise Untranslatable("this provider cannot leave tools alone that were used before", param="tool_choice")
        return None
    if choice is not None and len(choice.names) > 1:
        functions = [function for function in functions if function["name"] in choice.names]
    made: Body = {"tools": [{"toolSpec": _tool(function)} for function in functions]}
    if choice is not None and choice.mode == "required":
        made["toolChoice"] = {"tool": {"name": choice.names[0]}} if len(choice.names) == 1 else {"any": {}}
    elif choice is not None:
        if len(choice.names) == 1:
            made["tools"] = [tool for tool in made["tools"] if tool["toolSpec"]["name"] in choice.names]
        made["toolChoice"] = {"auto": {}}
    return made


def _tool(function: Body) -> Body:
    schema = function.get("parameters") or _ANY_PARAMETERS
    said = given(function, {"name": "name", "description": "description"})
    strict = {"strict": True} if function.get("strict") else {}
    return {**said, "inputSchema": {"json": schema}, **strict}


def _output(body: Body) -> Body:
    made: Body = {}
    wanted = json_format_of(body)
    if wanted is not None:
        if wanted.schema is None:
            raise Untranslatable("this provider needs a schema: use json_schema", param="response_format")
        stated = {"schema": json_text(wanted.schema), "name": wanted.name, "description": wanted.description}
        structure = {"jsonSchema": {name: value for name, value in stated.items() if value is not None}}
        made["textFormat"] = {"type": "json_schema", "structure": structure}
    if (effort := body.get("reasoning_effort")) is not None:
        if effort not in _EFFORTS:
            raise Untranslatable(f"should be {', '.join(_EFFORTS)} for this provider", param="reasoning_effort")
        made["effort"] = effort
    return made


class _ConverseToChatEvents:
    """Implements `EventTranslator`."""

    def __init__(self, body: Body, make_head: MakeHead) -> None:
        self._head = make_head(None, body.get("model"))
        self._calls: dict[int, int] = {}  # Our place of the tool call in each of Bedrock's blocks.
        self._usage: Body | None = None

    def feed(self, event: Body) -> list[Body]:
        if isinstance(said := event.get("contentBlockDelta"), dict):  # Nearly every event is one.
            return self._delta(said)
        match event:
            case {"messageStart": dict()}:
                return [self._head.chunk({"role": "assistant", "content": ""})]
            case {"contentBlockStart": dict(begun)}:
                return self._start(begun)
            case {"messageStop": dict(stopped)}:
                reason = string(stopped.get("stopReason"), "stopReason")
                return [self._head.chunk({}, finish_reason=_FINISHES.get(reason, "stop"))]
            case {"metadata": dict()}:
                self._usage = chat_usage("converse", event)
                return []
            case {"contentBlockStop": dict()}:
                return []
        name = next(iter(event), "nothing")
        if name.endswith("Exception"):
            raise ProviderError(f"the provider reported an error in mid-stream: {name}")
        raise ProviderError("the provider sent an event of another shape")

    def _start(self, begun: Body) -> list[Body]:
        match begun.get("start"):
            case {"toolUse": {"toolUseId": str(id), "name": str(name)}}:
                place = self._calls[index_of(begun, 0, "contentBlockIndex")] = len(self._calls)
                return [self._head.chunk({"tool_calls": [{"index": place, **tool_call(id, name, "")}]})]
            case {} | None:
                return []
        raise ProviderError("the provider's answer begins what chat cannot say")

    def _delta(self, said: Body) -> list[Body]:
        match said.get("delta"):
            case {"text": str(text)}:
                return [self._head.chunk({"content": text})]
            case {"toolUse": {"input": str(arguments)}}:
                place = self._calls.get(index_of(said, 0, "contentBlockIndex"))
                if place is None:
                    raise ProviderError("the provider continues a tool call that it did not begin")
                return [self._head.chunk({"tool_calls": [{"index": place, "function": {"arguments": arguments}}]})]
            case {"reasoningContent": dict(thought)}:
                text = string(thought.get("text"), "text")
                return [self._head.chunk({"reasoning_content": text})] if text else []
            case {"citation": dict()}:
                return []
        raise ProviderError("the provider's answer holds what chat cannot say")

    def close(self) -> list[Body]:
        return [] if self._usage is None else [self._head.usage_chunk(self._usage)]
