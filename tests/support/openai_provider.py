"""A provider that answers every endpoint of OpenAI's API with what it was asked, in the shapes of the published API."""

from __future__ import annotations

import json
from typing import Any

from support.upstream import Exchange, answer_with
from tokenfoundry.translate.responses_events import sequence

Body = dict[str, Any]
SECONDS = 7.2
SOUND = bytes(range(256)) * 64


async def echo_everything(exchange: Exchange) -> None:
    """Answers with the texts that were received, streamed a character at a time where a stream is asked for."""
    match exchange.path.removeprefix("/v1"):
        case "/chat/completions":
            await answer_with(_last_text(exchange.body["messages"]))(exchange)
        case "/responses":
            await _respond(exchange)
        case "/completions":
            await _complete(exchange)
        case "/embeddings":
            await exchange.answer(embeddings(exchange.body))
        case "/images/generations":
            await _paint(exchange, exchange.body, "image_generation")
        case "/images/edits" | "/images/variations":
            await _paint(exchange, _asked_of_image(exchange), "image_edit")
        case "/moderations":
            await exchange.answer(moderation(exchange.body))
        case "/audio/speech":
            await exchange.answer(SOUND, content_type="audio/mpeg")
        case "/audio/transcriptions" | "/audio/translations":
            await _transcribe(exchange)
        case path:
            await exchange.answer({"error": {"message": f"nothing at {path}"}}, status=404)


def response(text: str, arguments: str = "", **fields: Any) -> Body:
    """A response with a reasoning summary, a message and, with `arguments`, a function call."""
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    output: list[Body] = [
        {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": f"su {text}"}]},
        {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]},
    ]
    if arguments:
        call = {"name": "f", "arguments": arguments, "status": "completed"}
        output.append({"id": "fc_1", "type": "function_call", "call_id": "c1", **call})
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1700000000,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "served-1",
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": {
            "input_tokens": 20,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 5,
            "output_tokens_details": {"reasoning_tokens": 1},
            "total_tokens": 25,
        },
        **fields,
    }


async def _respond(exchange: Exchange) -> None:
    given = exchange.body["input"]
    text = given if isinstance(given, str) else _last_text(given)
    arguments = json.dumps({"testo": text}) if exchange.body.get("tools") else ""
    made = response(text, arguments, instructions=exchange.body.get("instructions"))
    if not exchange.body.get("stream"):
        await exchange.answer(made)
        return
    await exchange.start_stream()
    number = 0
    for event in sequence(made):
        pieces = list(event["delta"]) if event["type"].endswith(".delta") else [None]
        for piece in pieces:
            told = {**event, "sequence_number": number} | ({} if piece is None else {"delta": piece})
            await exchange.piece(f"event: {event['type']}\ndata: {json.dumps(told)}\n\n".encode())
            number += 1
    await exchange.end_stream()


async def _complete(exchange: Exchange) -> None:
    prompt = exchange.body["prompt"]
    prompts = [prompt] if isinstance(prompt, str) else prompt
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": "served-1"}
    texts = [text for text in prompts for _ in range(exchange.body.get("n") or 1)]
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
    if not exchange.body.get("stream"):
        choices = [_text_choice(index, text, "stop") for index, text in enumerate(texts)]
        await exchange.answer({**head, "choices": choices, "usage": usage})
        return
    await exchange.start_stream()
    for at in range(max(map(len, texts))):
        for index, text in enumerate(texts):  # interleaved
            if at < len(text):
                await exchange.event({**head, "choices": [_text_choice(index, text[at], None)]})
    for index in range(len(texts)):
        await exchange.event({**head, "choices": [_text_choice(index, "", "stop")]})
    await exchange.event({**head, "choices": [], "usage": usage})
    await exchange.event(b"[DONE]")
    await exchange.end_stream()


def _text_choice(index: int, text: str, finish: str | None) -> Body:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": finish}


def _last_text(items: list[Body]) -> str:
    """What the last item says, if it is text."""
    content = items[-1].get("content") if items else None
    return content if isinstance(content, str) else "Ricevuto."


def embeddings(body: Body) -> Body:
    inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
    data = [{"object": "embedding", "index": index, "embedding": [0.0]} for index in range(len(inputs))]
    usage = {"prompt_tokens": 3, "total_tokens": 3}
    return {"object": "list", "model": body["model"], "data": data, "usage": usage}


def _asked_of_image(exchange: Exchange) -> Body:
    """The texts of a form as the body of a generation has them."""
    form = exchange.raw.decode("latin-1")
    number, partial = _field(form, "n"), _field(form, "partial_images")
    return {
        "prompt": _field(form, "prompt"),
        "n": int(number) if number else None,
        "partial_images": int(partial) if partial else None,
        "stream": _field(form, "stream") == "true",
    }


async def _paint(exchange: Exchange, body: Body, kind: str) -> None:
    if not body.get("stream"):
        await exchange.answer(images(body))
        return
    about = {"b64_json": "iVBORw0KGgo=", "background": "opaque", "created_at": 1, "output_format": "png"}
    about |= {"quality": "low", "size": "1024x1024"}
    await exchange.start_stream()
    for index in range(body.get("partial_images") or 0):
        await exchange.event({"type": f"{kind}.partial_image", "partial_image_index": index, **about})
    usage = {"input_tokens": 10, "output_tokens": 300, "total_tokens": 310}
    usage["input_tokens_details"] = {"text_tokens": 10, "image_tokens": 0}  # type: ignore[assignment]
    await exchange.event({"type": f"{kind}.completed", "usage": usage, **about})
    await exchange.end_stream()


def images(body: Body) -> Body:
    one = {"b64_json": "iVBORw0KGgo=", "revised_prompt": body["prompt"]}
    return {"created": 1700000000, "data": [one] * (body.get("n") or 1)}


def moderation(body: Body) -> Body:
    inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
    result: Body = {"flagged": False, "categories": {}, "category_scores": {}, "category_applied_input_types": {}}
    return {"id": "modr-1", "model": body["model"], "results": [result] * len(inputs)}


async def _transcribe(exchange: Exchange) -> None:
    form = exchange.raw.decode("latin-1")
    if _field(form, "stream") != "true":
        await exchange.answer(transcription(exchange))
        return
    said = _field(form, "prompt") or "Ciao."
    await exchange.start_stream()
    for character in said:
        await exchange.event({"type": "transcript.text.delta", "delta": character})
    usage = {"type": "tokens", "input_tokens": 40, "output_tokens": 20, "total_tokens": 60}
    await exchange.event({"type": "transcript.text.done", "text": said, "usage": usage})
    await exchange.end_stream()


def transcription(exchange: Exchange) -> Body:
    """Says the prompt of the form, as if that had been spoken."""
    form = exchange.raw.decode("latin-1")
    said = _field(form, "prompt") or "Ciao."
    if _field(form, "response_format") != "verbose_json":
        return {"text": said, "usage": {"type": "duration", "seconds": SECONDS}}
    segment = {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": 3.5,
        "text": f" {said}",
        "tokens": [1],
        "temperature": 0.0,
        "avg_logprob": -0.1,
        "compression_ratio": 1.0,
        "no_speech_prob": 0.0,
    }
    return {"task": "transcribe", "language": "italian", "duration": SECONDS, "text": said, "segments": [segment]}


def _field(form: str, name: str) -> str:
    """A text field of a form that the gateway wrote."""
    _, found, rest = form.partition(f'name="{name}"\r\n\r\n')
    return rest.partition("\r\n")[0] if found else ""
