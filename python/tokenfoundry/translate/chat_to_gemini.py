"""Chat to Gemini's generateContent, and back.

Source: google-genai 3.4 (`google/genai/types.py` and `models.py`) for all shapes; "OpenAI compatibility" and "Thought
signatures" on ai.google.dev for what corresponds to what.

- All system and developer messages, wherever they stand, become the one system instruction, in their order.
- A level of reasoning is sent as `thinkingLevel`; the format turns it into a budget for models that know no levels.
- The signature of a thought that came with a function call travels in the call's `extra_content.google`, as in Google's
  own OpenAI-compatible API, and goes back from there.
- `strict` of a function is not said: Gemini has no such promise.
- Reasoning of earlier turns is left out: Gemini remembers by signatures.
"""

from __future__ import annotations

import mimetypes
import re
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
    mapping,
    message_of,
    string,
    tool_call,
)
from tokenfoundry.translate.chat_body import (
    Media,
    bound_of,
    carried,
    decoded_object,
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
from tokenfoundry.translate.shapes import check_no_error

_SAMPLING = {
    "frequency_penalty": "frequencyPenalty",
    "n": "candidateCount",
    "presence_penalty": "presencePenalty",
    "seed": "seed",
    "temperature": "temperature",
    "top_k": "topK",
    "top_p": "topP",
}
# Gemini's own fields, which a client may add to a chat body.
_NATIVE = ("safetySettings", "cachedContent", "labels")
_SAID = frozenset(
    {
        *_SAMPLING,
        *_NATIVE,
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "reasoning_effort",
        "response_format",
        "stop",
        "tool_choice",
        "tools",
        "top_logprobs",
    }
)
_LEVELS = ("minimal", "low", "medium", "high", "xhigh")
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_SIGNATURE = re.compile(r"[A-Za-z0-9+/_-]+=*")

_FINISHES = {"STOP": "stop", "MAX_TOKENS": "length", "CONTINUATION": "length"}
# Why Google withheld an answer; any other reason ended it as it is.
_FILTERED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "ESCALATION",
        "MODEL_ARMOR",
    }
)


class ChatToGemini(ToChat):
    """Implements `Translation`."""

    spoken = "gemini"

    def request(self, body: Body) -> Body:
        refuse_others(body, _SAID)
        made = carried(body, _NATIVE)
        made["contents"] = _contents(body)
        if system := [{"text": text} for text in system_texts_of(body)]:
            made["systemInstruction"] = {"parts": system}
        if functions := functions_of(body):
            made["tools"] = [{"functionDeclarations": [_declaration(function) for function in functions]}]
        if (choice := tool_choice_of(body)) is not None and functions:
            # Only VALIDATED may leave calls out and yet be held to some of the functions.
            calling: Body = {"mode": "VALIDATED" if choice.mode == "auto" and choice.names else _MODES[choice.mode]}
            if choice.names:
                calling["allowedFunctionNames"] = list(choice.names)
            made["toolConfig"] = {"functionCallingConfig": calling}
        if config := _generation(body):
            made["generationConfig"] = config
        return made

    def reply(self, reply: Body, body: Body) -> Body:
        head = _head(reply, body, self.head)
        choices = [_choice(candidate, place) for place, candidate in enumerate(_candidates(reply))]
        if not choices:
            refusal = {"refusal": _why_blocked(reply)}
            message = {**message_of(text="", tool_calls=[], **refusal), "content": None}
            choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": "content_filter"}]
        return head.reply(choices, chat_usage("gemini", reply))

    def events(self, body: Body) -> EventTranslator:
        return _GeminiToChatEvents(body, self.head)


def _contents(body: Body) -> list[Body]:
    """The turns of the conversation; the results of one turn's calls stand together."""
    contents: list[Body] = []
    names: dict[str, str] = {}
    answering = False
    for index, message in enumerate(body["messages"]):
        place = f"messages[{index}]"
        role = message["role"]
        if role in ("system", "developer"):
            continue
        if role == "tool":
            part = _result(message, place, names)
            if answering:
                contents[-1]["parts"].append(part)
            else:
                contents.append({"role": "user", "parts": [part]})
            answering = True
            continue
        answering = False
        parts = [_part(part, where) for part, where in parts_of(message, place) if part.get("text") != ""]
        if role == "assistant":
            for call in tool_calls_of(message, place):
                names[call.id] = call.name
                parts.append(
                    {"functionCall": {"id": call.id, "name": call.name, "args": call.arguments}, **_signature(call.raw)}
                )
        elif role != "user":
            raise Untranslatable(f"this provider knows no messages of {role}", param=f"{place}.role")
        if parts:
            contents.append({"role": "model" if role == "assistant" else "user", "parts": parts})
    return contents


def _part(part: Body, place: str) -> Body:
    media = media_of(part, place)
    if media is None:
        return {"text": text_of(part, place)}
    if media.base64 is not None:
        return {"inlineData": {"mimeType": media.mime_type, "data": media.base64}}
    return {"fileData": _file(media)}


def _file(media: Media) -> Body:
    """Files uploaded to Google say themselves what they are; of others their name must."""
    assert media.url is not None, "media without data has an address"
    if "/files/" in media.url and "generativelanguage.googleapis.com" in media.url:
        return {"fileUri": media.url}
    mime_type, _ = mimetypes.guess_type(media.url.partition("?")[0])
    if mime_type is None:
        raise Untranslatable("what is at this address is not known: send it as a data URL", param=media.place)
    return {"fileUri": media.url, "mimeType": mime_type}


def _result(message: Body, place: str, names: dict[str, str]) -> Body:
    """A function's result: as the object that it is, else as Gemini's field for any output."""
    id = message.get("tool_call_id")
    if id not in names:
        raise Untranslatable("answers no call of an earlier message", param=f"{place}.tool_call_id")
    text = "".join(texts_of(message, place))
    response = decoded_object(text)
    return {
        "functionResponse": {
            "id": id,
            "name": names[id],
            "response": {"output": text} if response is None else response,
        }
    }


def _signature(call: Body) -> Body:
    match call:
        case {"extra_content": {"google": {"thought_signature": str(signature)}}} if _SIGNATURE.fullmatch(signature):
            return {"thoughtSignature": signature}
    return {}


def _declaration(function: Body) -> Body:
    return given(function, {"name": "name", "description": "description", "parameters": "parametersJsonSchema"})


def _generation(body: Body) -> Body:
    config = given(body, _SAMPLING)
    if (bound := bound_of(body)) is not None:
        config["maxOutputTokens"] = bound
    if stops := stops_of(body):
        config["stopSequences"] = stops
    if body.get("logprobs"):
        config["responseLogprobs"] = True
        if body.get("top_logprobs"):
            config["logprobs"] = body["top_logprobs"]
    if (wanted := json_format_of(body)) is not None:
        config["responseMimeType"] = "application/json"
        if wanted.schema is not None:
            config["responseJsonSchema"] = wanted.schema
    if (effort := body.get("reasoning_effort")) is not None:
        config["thinkingConfig"] = _thinking(effort)
    return config


def _thinking(effort: Any) -> Body:
    if effort == "none":
        return {"thinkingBudget": 0}
    if effort not in _LEVELS:
        raise Untranslatable(f"should be none, {', '.join(_LEVELS)} for this provider", param="reasoning_effort")
    return {"thinkingLevel": effort.upper()}


def _head(reply: Body, body: Body, make: MakeHead) -> Head:
    check_no_error(reply)
    return make(reply.get("responseId"), reply.get("modelVersion") or body.get("model"))


def _candidates(reply: Body) -> list[Body]:
    return items(reply.get("candidates"), "candidates")


def _why_blocked(reply: Body) -> str:
    """Raises `ProviderError` for a reply that neither answers nor says why not."""
    feedback = mapping(reply.get("promptFeedback") or {}, "promptFeedback")
    reason = feedback.get("blockReason")
    if not reason:
        raise ProviderError("the provider's reply has no candidate")
    return string(feedback.get("blockReasonMessage"), "message") or f"the prompt was blocked: {reason}"


def _finish(candidate: Body, *, called: bool) -> str | None:
    reason = string(candidate.get("finishReason"), "finishReason")
    if not reason:
        return None
    if reason in _FILTERED:
        return "content_filter"
    finish = _FINISHES.get(reason, "stop")
    return "tool_calls" if called and finish == "stop" else finish


class _Parts:
    """The parts of a candidate, by what they are."""

    def __init__(self, candidate: Body) -> None:
        self.text = ""
        self.reasoning = ""
        self.images: list[Body] = []
        self.tool_calls: list[Body] = []
        content = mapping(candidate.get("content") or {}, "content")
        for part in items(content.get("parts"), "parts"):
            self._add(part)

    def _add(self, part: Body) -> None:
        if isinstance(text := part.get("text"), str):
            if part.get("thought"):
                self.reasoning += text
            else:
                self.text += text
        elif "functionCall" in part:
            call = mapping(part["functionCall"], "functionCall")
            arguments = mapping(call.get("args") or {}, "args")
            made = tool_call(call.get("id"), string(call.get("name"), "name"), json_text(arguments))
            if signature := string(part.get("thoughtSignature"), "thoughtSignature"):
                made["extra_content"] = {"google": {"thought_signature": signature}}
            self.tool_calls.append(made)
        elif "inlineData" in part:
            data = mapping(part["inlineData"], "inlineData")
            url = f"data:{string(data.get('mimeType'), 'mimeType')};base64,{string(data.get('data'), 'data')}"
            self.images.append({"type": "image_url", "image_url": {"url": url}})
        elif set(part) - {"thoughtSignature", "thought"}:
            raise ProviderError(f"the provider's answer holds a part that chat cannot say: {', '.join(sorted(part))}")


def _choice(candidate: Body, place: int) -> Body:
    parts = _Parts(candidate)
    more = {"images": parts.images} if parts.images else {}
    return {
        "index": index_of(candidate, place),
        "message": message_of(text=parts.text, tool_calls=parts.tool_calls, reasoning=parts.reasoning, **more),
        "logprobs": _logprobs(candidate),
        "finish_reason": _finish(candidate, called=bool(parts.tool_calls)) or "stop",
    }


def _logprobs(candidate: Body) -> Body | None:
    result = candidate.get("logprobsResult")
    if not result:
        return None
    chosen = items(mapping(result, "logprobsResult").get("chosenCandidates"), "chosenCandidates")
    tops = items(result.get("topCandidates"), "topCandidates")
    content = []
    for index, token in enumerate(chosen):
        others = items(tops[index].get("candidates"), "candidates") if index < len(tops) else []
        content.append({**_logprob(token), "top_logprobs": [_logprob(other) for other in others]})
    return {"content": content, "refusal": None}


def _logprob(token: Body) -> Body:
    text = string(token.get("token"), "token")
    return {"token": text, "logprob": token.get("logProbability", 0.0), "bytes": list(text.encode())}


class _GeminiToChatEvents:
    """Implements `EventTranslator`."""

    def __init__(self, body: Body, make_head: MakeHead) -> None:
        self._body = body
        self._make_head = make_head
        self._head: Head | None = None
        self._calls: dict[int, int] = {}  # Of each candidate that has begun: how many functions it has called.
        self._usage: Body | None = None  # The last event that told it: each tells all of it so far.

    def feed(self, event: Body) -> list[Body]:
        head = _head(event, self._body, self._make_head)
        self._head = head = self._head or head
        if event.get("usageMetadata"):
            self._usage = event
        candidates = _candidates(event)
        if not candidates and event.get("promptFeedback"):
            refusal = {"role": "assistant", "content": None, "refusal": _why_blocked(event)}
            return [head.chunk(refusal), head.chunk({}, finish_reason="content_filter")]
        made: list[Body] = []
        for place, candidate in enumerate(candidates):
            made += self._of(head, candidate, index_of(candidate, place))
        return made

    def _of(self, head: Head, candidate: Body, index: int) -> list[Body]:
        made = []
        if index not in self._calls:
            self._calls[index] = 0
            made.append(head.chunk({"role": "assistant", "content": ""}, index=index))
        parts = _Parts(candidate)
        if parts.reasoning:
            made.append(head.chunk({"reasoning_content": parts.reasoning}, index=index))
        if parts.text or candidate.get("logprobsResult"):
            made.append(head.chunk({"content": parts.text}, index=index, logprobs=_logprobs(candidate)))
        if parts.images:
            made.append(head.chunk({"images": parts.images}, index=index))
        if parts.tool_calls:
            first = self._calls[index]
            self._calls[index] += len(parts.tool_calls)
            calls = [{"index": first + place, **call} for place, call in enumerate(parts.tool_calls)]
            made.append(head.chunk({"tool_calls": calls}, index=index))
        if (finish := _finish(candidate, called=self._calls[index] > 0)) is not None:
            made.append(head.chunk({}, index=index, finish_reason=finish))
        return made

    def close(self) -> list[Body]:
        usage = None if self._usage is None else chat_usage("gemini", self._usage)
        return [] if self._head is None or usage is None else [self._head.usage_chunk(usage)]
