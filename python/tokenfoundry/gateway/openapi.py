"""The OpenAPI 3.1 document of the gateway, made from a table of its routes (`GET /openapi.json`, no key needed)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec

from tokenfoundry.gateway.admin.route import AdminRoute
from tokenfoundry.gateway.admin.table import ROUTES
from tokenfoundry.gateway.headers import (
    ANSWERED,
    ANTHROPIC_BETA,
    ANTHROPIC_VERSION,
    AUTHORIZATION,
    AXES,
    CACHE_CONTROL,
    FORWARDED_FOR,
    KEYS,
    LIMITED,
    OF_ANTHROPIC,
    READ,
    REFUSED,
    REQUEST_ID,
    WRITTEN,
)
from tokenfoundry.gateway.openapi_bodies import Schema, in_components, ref, schemas

_EVENTS = "text/event-stream"
_JSON = "application/json"
_FORM = "multipart/form-data"

_WHY = {
    400: "The request is wrong, or holds what the policy does not let leave; `param` names the field.",
    401: "No key, an unknown one, or one that has expired.",
    403: "The key, its scope or a rule about the data does not allow it.",
    404: "There is no such model, or nothing of that name in the key's project.",
    405: "The path takes another method; `allow` names those that it takes.",
    409: "The name or id is taken, or belongs to the configuration file; or it is in use, or has ended.",
    413: "The body is too large.",
    415: "The provider does not take this media type.",
    422: "The provider does not take these values.",
    429: "A budget or a rate limit does not allow it now; `retry-after` says when it may be worth trying.",
    500: "An internal error, which quotes nothing of the request.",
    502: "The provider could not be reached, or answered wrongly.",
    503: "Overloaded, or the books cannot be written; nothing is served unmetered.",
    504: "The provider did not answer in time.",
}
_CALL_HEADERS = (*AXES, CACHE_CONTROL, FORWARDED_FOR)
_MESSAGE_HEADERS = (*_CALL_HEADERS, ANTHROPIC_VERSION, ANTHROPIC_BETA)
_OF_CALLS = (400, 401, 403, 404, 413, 415, 422, 429, 500, 502, 503, 504)
_OF_READING = (401, 403, 404, 500, 503)
_OF_ORDERING = (400, 401, 403, 404, 413, 429, 500, 503)
_OF_ADMINISTRATION = (400, 401, 403, 404, 405, 409, 413, 500, 503)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route. `path` has its parameters in braces."""

    method: str
    path: str
    name: str
    summary: str
    tag: str
    answers: dict[str, Schema]  # by media type
    body: Schema | None = None
    body_type: str = _JSON
    body_required: bool = True
    shared: Mapping[str, Schema] = field(default_factory=dict)  # what the body refers to, by name
    query: dict[str, Schema] = field(default_factory=dict)
    headers: tuple[str, ...] = ()  # that it reads beside the key
    refusals: tuple[int, ...] = ()
    error: str = "Error"
    needs_key: bool = True


def _call(path: str, name: str, summary: str, body: str, answers: dict[str, Schema], **more: Any) -> Operation:
    """An inference endpoint."""
    return Operation(
        method="POST",
        path=path,
        name=name,
        summary=summary,
        tag="inference",
        body=ref(body),
        answers=answers,
        **{"headers": _CALL_HEADERS, "refusals": _OF_CALLS, **more},
    )


def _streaming(reply: str) -> dict[str, Schema]:
    """A whole reply, or the events of a stream: each has data, and in some dialects a name."""
    event = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
    return {_JSON: ref(reply), _EVENTS: event}


def _read(path: str, name: str, summary: str, reply: str, **more: Any) -> Operation:
    return Operation(
        **{
            "method": "GET",
            "path": path,
            "name": name,
            "summary": summary,
            "tag": "inference",
            "answers": {_JSON: ref(reply)},
            "headers": (FORWARDED_FOR,),
            "refusals": _OF_READING,
            **more,
        }
    )


_BINARY: Schema = {"type": "string", "format": "binary"}
_PLAIN: Schema = {"type": "string"}
_SUBTITLES = {"text/plain": _PLAIN, "text/vtt": _PLAIN, "application/x-subrip": _PLAIN}

# Told in either dialect, as the client's headers say.
_OF_LISTS: dict[str, Any] = {"headers": (FORWARDED_FOR, ANTHROPIC_VERSION), "error": "EitherError"}
_OPEN: dict[str, Any] = {"tag": "state", "needs_key": False, "headers": ()}

_INFERENCE: tuple[Operation, ...] = (
    _call("/v1/chat/completions", "chat", "A chat completion.", "ChatBody", _streaming("ChatReply")),
    _call("/v1/responses", "responses", "A response.", "ResponseBody", _streaming("ResponseReply")),
    _call("/v1/completions", "completions", "A completion of text.", "CompletionBody", _streaming("CompletionReply")),
    _call("/v1/embeddings", "embeddings", "Embeddings.", "EmbeddingsBody", {_JSON: ref("EmbeddingsReply")}),
    _call(
        "/v1/messages",
        "messages",
        "A message, in Anthropic's dialect.",
        "MessageBody",
        _streaming("MessageReply"),
        headers=_MESSAGE_HEADERS,
        error="MessagesError",
    ),
    _call(
        "/v1/messages/count_tokens",
        "count_message_tokens",
        "The tokens of a prompt in Anthropic's dialect. Costs nothing.",
        "MessageTokensBody",
        {_JSON: ref("MessageTokensReply")},
        headers=_MESSAGE_HEADERS,
        error="MessagesError",
    ),
    _call("/v1/images/generations", "images", "Images.", "ImagesBody", _streaming("ImagesReply")),
    _call(
        "/v1/images/edits",
        "image_edits",
        "Images made of pictures and a text.",
        "ImageEditForm",
        _streaming("ImagesReply"),
        body_type=_FORM,
    ),
    _call(
        "/v1/images/variations",
        "image_variations",
        "Images made of a picture.",
        "ImageVariationForm",
        {_JSON: ref("ImagesReply")},
        body_type=_FORM,
    ),
    _call(
        "/v1/audio/speech",
        "speech",
        "Speech, sent as it is made.",
        "SpeechBody",
        {"audio/*": _BINARY, "application/octet-stream": _BINARY},
    ),
    _call(
        "/v1/audio/transcriptions",
        "transcriptions",
        "What is said in a file of sound.",
        "TranscriptionForm",
        {**_streaming("TranscriptionReply"), **_SUBTITLES},
        body_type=_FORM,
    ),
    _call(
        "/v1/audio/translations",
        "translations",
        "What is said in a file of sound, in English.",
        "TranslationForm",
        {_JSON: ref("TranscriptionReply"), **_SUBTITLES},
        body_type=_FORM,
    ),
    _call("/v1/moderations", "moderations", "Moderation.", "ModerationBody", {_JSON: ref("ModerationReply")}),
    _call(
        "/v1/estimate",
        "estimate",
        "What a call would take at each target it could go to, for one model or several. Sends and holds nothing.",
        "EstimateBody",
        {_JSON: ref("EstimateReply")},
    ),
    _read("/v1/models", "models", "The models that this key may ask for.", "Models", **_OF_LISTS),
    _read("/v1/models/{name}", "model", "One model.", "Model", **_OF_LISTS),
    _read("/v1/usage/quotas", "quotas", "What is left of the quotas of the key's workspace.", "Object"),
    _read("/health", "health", "Whether it serves.", "Health", **_OPEN, refusals=(500, 503)),
    _read("/openapi.json", "openapi", "This document.", "Object", **_OPEN, refusals=(500,)),
)

_AFTER = {"type": "string", "description": "The id of the last one of the page before."}


def _listed(most: int) -> dict[str, Schema]:
    return {"after": _AFTER, "limit": {"type": "integer", "minimum": 1, "maximum": most}}


_BATCHING: tuple[Operation, ...] = (
    _read(
        "/v1/files",
        "upload_file",
        "A file of calls for a batch, one JSON object a line. Checked and redacted as it comes.",
        "File",
        method="POST",
        tag="batches",
        body=ref("UploadForm"),
        body_type="multipart/form-data",
        refusals=_OF_ORDERING,
    ),
    _read(
        "/v1/files",
        "list_files",
        "The files of the key's project.",
        "Files",
        tag="batches",
        query={**_listed(10_000), "order": {"enum": ["asc", "desc"]}, "purpose": {"type": "string"}},
        refusals=(400, *_OF_READING),
    ),
    _read("/v1/files/{file_id}", "file", "One file.", "File", tag="batches"),
    _read(
        "/v1/files/{file_id}",
        "delete_file",
        "Erases a file and its content.",
        "FileDeleted",
        method="DELETE",
        tag="batches",
        refusals=(*_OF_READING, 409),
    ),
    _read(
        "/v1/files/{file_id}/content",
        "file_content",
        "The content of a file: results with the caller's own values back in place.",
        "File",
        tag="batches",
        answers={"application/octet-stream": _BINARY},
    ),
    _read(
        "/v1/batches",
        "create_batch",
        "A batch of the calls in a file, held on every budget before the first is sent.",
        "Batch",
        method="POST",
        tag="batches",
        body=ref("BatchBody"),
        refusals=_OF_ORDERING,
    ),
    _read(
        "/v1/batches",
        "list_batches",
        "The batches of the key's project, the newest first.",
        "Batches",
        tag="batches",
        query=_listed(100),
        refusals=(400, *_OF_READING),
    ),
    _read("/v1/batches/{batch_id}", "batch", "One batch.", "Batch", tag="batches"),
    _read(
        "/v1/batches/{batch_id}/cancel",
        "cancel_batch",
        "Sends nothing more of a batch; what was answered is kept.",
        "Batch",
        method="POST",
        tag="batches",
        refusals=(*_OF_READING, 409),
    ),
)


@cache
def operations() -> tuple[Operation, ...]:
    """Every route. Made when it is first asked for: the schemas of the admin API take their time."""
    return (*_INFERENCE, *_BATCHING, *(_of_administration(route) for route in ROUTES))


def _of_administration(route: AdminRoute) -> Operation:
    body = None if route.body is None else route.body()
    return Operation(
        method=route.method,
        path=route.template,
        name="_".join([route.method.lower(), *re.findall(r"[a-z]+", route.template)]),
        summary=f"{route.summary}. Needs the scope {route.scope}.",
        tag="admin",
        body=None if body is None else in_components(body),
        body_required=body is not None and bool(body.get("required")),
        shared={} if body is None else body.get("$defs", {}),
        query={name: {"type": "string", "description": what} for name, what in route.query.items()},
        answers={_JSON: ref("Object")},
        headers=(FORWARDED_FOR,),
        refusals=_OF_ADMINISTRATION,
    )


def document(*, version: str) -> dict[str, Any]:
    """The document. Its paths are below wherever it was read from, as the gateway may be mounted anywhere."""
    paths: dict[str, dict[str, Any]] = {}
    shared: dict[str, Schema] = {}
    for operation in operations():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
        shared |= {name: in_components(schema) for name, schema in operation.shared.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "TokenFoundry", "version": version, "description": "One gateway to every model provider."},
        "servers": [{"url": "."}],
        "paths": paths,
        "components": {
            "schemas": {**schemas(), **shared},
            "parameters": {
                name: {
                    "name": name,
                    "in": "header",
                    "required": False,
                    "description": header.said,
                    "schema": header.schema,
                }
                for name, header in READ.items()
            },
            "headers": {
                name: {"description": header.said, "schema": header.schema} for name, header in WRITTEN.items()
            },
            "securitySchemes": {
                name: {"type": "http", "scheme": "bearer", "description": said}
                if name == AUTHORIZATION
                else {"type": "apiKey", "in": "header", "name": name, "description": said}
                for name, said in KEYS.items()
            },
        },
    }


def document_bytes(*, version: str) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document(version=version))


def _described(operation: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": [{name: []} for name in KEYS] if operation.needs_key else [],
        "responses": {
            "200": {
                "description": "The answer.",
                "headers": _written(operation, 200),
                "content": {kind: {"schema": schema} for kind, schema in operation.answers.items()},
            },
            **{
                str(status): {
                    "description": _WHY[status],
                    "headers": _written(operation, status),
                    "content": {_JSON: {"schema": ref(operation.error)}},
                }
                for status in operation.refusals
            },
        },
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": schema} for name, schema in operation.query.items()
    ]
    parameters += [{"$ref": f"#/components/parameters/{name}"} for name in operation.headers]
    if parameters:
        made["parameters"] = parameters
    if operation.body is not None:
        content = {operation.body_type: {"schema": operation.body}}
        made["requestBody"] = {"required": operation.body_required, "content": content}
    return made


def _written(operation: Operation, status: int) -> dict[str, Any]:
    """The headers that an answer of this status may have."""
    is_call = operation.headers in (_CALL_HEADERS, _MESSAGE_HEADERS)
    found: dict[str, Any] = {}
    if is_call:
        found |= ANSWERED if status == 200 else {REQUEST_ID: ANSWERED[REQUEST_ID]}
        found |= LIMITED if status in (200, 429) else {}
    if status in (429, 503):
        found |= REFUSED
    if ANTHROPIC_VERSION in operation.headers:
        found |= OF_ANTHROPIC
    return {name: {"$ref": f"#/components/headers/{name}"} for name in found}
