"""The OpenAPI 3.1 document of the gateway, made from a table of its routes (`GET /openapi.json`, no key needed)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tokenfoundry.analytics.report import AXES
from tokenfoundry.gateway.openapi_bodies import Schema, ref, schemas

_EVENTS = "text/event-stream"
_JSON = "application/json"

_WHY = {
    400: "The request is wrong, or holds what the policy does not let leave; `param` names the field.",
    401: "No key, an unknown one, or one that has expired.",
    403: "The key, its scope or a rule about the data does not allow it.",
    404: "There is no such model, or nothing of that name.",
    405: "The path takes another method.",
    409: "The name or id is taken, or belongs to the configuration file.",
    413: "The body is too large.",
    415: "The provider does not take this media type.",
    422: "The provider does not take these values.",
    429: "A budget or a rate limit does not allow it now; `retry-after` says when it may be worth trying.",
    500: "An internal error, which quotes nothing of the request.",
    502: "The provider could not be reached, or answered wrongly.",
    503: "Overloaded, or the books cannot be written; nothing is served unmetered.",
    504: "The provider did not answer in time.",
}
_OF_CALLS = (400, 401, 403, 404, 413, 415, 422, 429, 500, 502, 503, 504)
_OF_READING = (401, 403, 404, 500, 503)
_OF_ADMINISTRATION = (400, 401, 403, 404, 409, 413, 500, 503)


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
    query: dict[str, Schema] = field(default_factory=dict)
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
        refusals=_OF_CALLS,
        **more,
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
            "refusals": _OF_READING,
            **more,
        }
    )


def _admin(method: str, path: str, name: str, summary: str, body: str = "", **more: Any) -> Operation:
    return Operation(
        method=method,
        path=f"/admin/{path}",
        name=name,
        summary=summary,
        tag="admin",
        body=ref(body) if body else None,
        answers={_JSON: ref("Object")},
        refusals=_OF_ADMINISTRATION,
        **more,
    )


_BINARY: Schema = {"type": "string", "format": "binary"}
_PLAIN: Schema = {"type": "string"}

OPERATIONS: tuple[Operation, ...] = (
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
        error="MessagesError",
    ),
    _call(
        "/v1/messages/count_tokens",
        "count_message_tokens",
        "The tokens of a prompt in Anthropic's dialect. Costs nothing.",
        "MessageTokensBody",
        {_JSON: ref("MessageTokensReply")},
        error="MessagesError",
    ),
    _call("/v1/images/generations", "images", "Images.", "ImagesBody", _streaming("ImagesReply")),
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
        {
            **_streaming("TranscriptionReply"),
            "text/plain": _PLAIN,
            "text/vtt": _PLAIN,
            "application/x-subrip": _PLAIN,
        },
        body_type="multipart/form-data",
    ),
    _call("/v1/moderations", "moderations", "Moderation.", "ModerationBody", {_JSON: ref("ModerationReply")}),
    _call(
        "/v1/estimate",
        "estimate",
        "What a call would take at each target it could go to. Sends and holds nothing.",
        "EstimateBody",
        {_JSON: ref("EstimateReply")},
    ),
    _read("/v1/models", "models", "The models that this key may ask for.", "Models"),
    _read("/v1/models/{name}", "model", "One model.", "Model"),
    _read("/v1/usage/quotas", "quotas", "What is left of the quotas of the key's workspace.", "Object"),
    _read("/health", "health", "Whether it serves.", "Health", tag="state", needs_key=False, refusals=(500, 503)),
    _read("/openapi.json", "openapi", "This document.", "Object", tag="state", needs_key=False, refusals=(500,)),
    _admin("GET", "keys", "list_keys", "All keys, without their texts."),
    _admin("POST", "keys", "create_key", "Makes a key; its text is shown only now.", "Key"),
    _admin("GET", "keys/{key_id}", "get_key", "One key."),
    _admin("PATCH", "keys/{key_id}", "update_key", "Changes a key.", "Key"),
    _admin("POST", "keys/{key_id}/rotate", "rotate_key", "Gives a key a new text.", "Rotation"),
    _admin("GET", "budgets", "list_budgets", "All budgets, with their accounts and changes."),
    _admin("PUT", "budgets/{name}", "set_budget", "Makes or replaces a budget.", "Budget"),
    _admin("DELETE", "budgets/{name}", "remove_budget", "Removes a budget.", "Removal", body_required=False),
    _admin("POST", "budgets/{name}/raise", "raise_budget", "Raises a cap for a while.", "BudgetAct"),
    _admin("POST", "budgets/{name}/reset", "reset_budget", "Forgives what was used.", "BudgetAct"),
    _admin("POST", "budgets/{name}/freeze", "freeze_budget", "Stops a budget.", "BudgetAct"),
    _admin("POST", "budgets/{name}/unfreeze", "unfreeze_budget", "Ends a freeze.", "BudgetAct"),
    _admin("GET", "quotas", "list_quotas", "The quotas of every workspace."),
    _admin("GET", "packages", "list_packages", "All packages of prepaid units."),
    _admin("POST", "packages", "add_package", "Buys a package.", "Package"),
    _admin(
        "GET",
        "events",
        "list_events",
        "Events of budgets, the oldest first.",
        query={
            "after": {"type": "integer", "minimum": -1, "maximum": 2**63 - 1},
            "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
        },
    ),
    _admin("GET", "entries/{name}", "get_entry", "An entry by its number or its request."),
    _admin("POST", "entries/{name}/adjust", "adjust_entry", "Corrects an entry by a linked one.", "Correction"),
    _admin("GET", "limits", "list_limits", "Rate limits, and how they stand."),
    _admin(
        "GET",
        "report",
        "report",
        "Costs and savings by an axis.",
        query={"by": {"enum": list(AXES)}, "start": {"type": "string"}, "until": {"type": "string"}},
    ),
    _admin("GET", "audit/verify", "verify_audit", "Whether the audit log is what was written."),
)


def document(*, version: str) -> dict[str, Any]:
    """The document. Its paths are below wherever it was read from, as the gateway may be mounted anywhere."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "TokenFoundry", "version": version, "description": "One gateway to every model provider."},
        "servers": [{"url": "."}],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "tf_..."}},
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
        "security": [{"key": []}] if operation.needs_key else [],
        "responses": {
            "200": {
                "description": "The answer.",
                "content": {kind: {"schema": schema} for kind, schema in operation.answers.items()},
            },
            **{
                str(status): {"description": _WHY[status], "content": {_JSON: {"schema": ref(operation.error)}}}
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
    if parameters:
        made["parameters"] = parameters
    if operation.body is not None:
        content = {operation.body_type: {"schema": operation.body}}
        made["requestBody"] = {"required": operation.body_required, "content": content}
    return made
