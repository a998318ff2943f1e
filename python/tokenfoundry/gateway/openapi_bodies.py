"""The bodies of the API as JSON schemas (2020-12): as precise as what the endpoints check, and open where they are.

What an administrator sends is described by the very classes that read it.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.prompt_tokens import ENDPOINTS

Schema = dict[str, Any]

_REF = "#/components/schemas/"
_MAX_OUTPUT_TOKENS = 100_000_000
_TEXT: Schema = {"type": "string"}
_YES_NO: Schema = {"type": "boolean"}
_ANY_OBJECT: Schema = {"type": "object"}
_FILE: Schema = {"type": "string", "format": "binary"}


def ref(name: str) -> Schema:
    return {"$ref": _REF + name}


def integer(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def list_of(items: Schema, least: int = 0, most: int | None = None) -> Schema:
    made: Schema = {"type": "array", "items": items, "minItems": least}
    return made if most is None else {**made, "maxItems": most}


def either(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def maybe(schema: Schema) -> Schema:
    return either(schema, {"type": "null"})


def fields(required: str = "", /, **properties: Schema) -> Schema:
    """An object; `required` names fields, separated by spaces."""
    made: Schema = {"type": "object", "properties": properties}
    if required:
        made["required"] = required.split()
    return made


def closed(schema: Schema) -> Schema:
    """An object without other fields."""
    return {**schema, "additionalProperties": False}


_MODEL = {"type": "string", "minLength": 1, "description": "An alias or a target; GET /v1/models lists them."}
_STREAM = {"stream": maybe(_YES_NO), "stream_options": maybe(_ANY_OBJECT)}
_TIER = maybe({"enum": ["auto", "default"]})
_TOKENS = list_of({"type": "integer"}, 1)
_PART = fields("type", type=_TEXT)
_TOOL = fields("type", type=_TEXT)

_CHAT = fields(
    "model messages",
    model=_MODEL,
    messages=list_of(
        fields(
            "role",
            role={"type": "string", "pattern": "^[a-z_]{1,32}$"},
            content=maybe(either(_TEXT, list_of(_ANY_OBJECT))),
        ),
        1,
    ),
    max_tokens=maybe(integer(1, _MAX_OUTPUT_TOKENS)),
    max_completion_tokens=maybe(integer(1, _MAX_OUTPUT_TOKENS)),
    n=maybe(integer(1, 128)),
    service_tier=_TIER,
    **_STREAM,
)
_RESPONSE_ITEM = either(
    fields("role content", type={"const": "message"}, role=_TEXT, content=either(_TEXT, list_of(_PART))),
    fields("type", type={"type": "string", "not": {"enum": ["message", "item_reference", "compaction"]}}),
)
_RESPONSES = fields(
    "model input",
    model=_MODEL,
    input=either(_TEXT, list_of(_RESPONSE_ITEM, 1)),
    instructions=maybe(_TEXT),
    include=maybe(list_of(_TEXT)),
    top_logprobs=maybe(integer(0, 20)),
    tool_choice=either(_TEXT, _TOOL),
    max_output_tokens=maybe(integer(1, _MAX_OUTPUT_TOKENS)),
    tools=maybe(
        list_of(fields("type", type={"enum": ["function", "custom", "local_shell", "apply_patch", "namespace"]}))
    ),
    text=maybe(fields(format=maybe(_ANY_OBJECT))),
    reasoning=maybe(_ANY_OBJECT),
    metadata=maybe(_ANY_OBJECT),
    service_tier=_TIER,
    **_STREAM,
)
_COMPLETIONS = fields(
    "model prompt",
    model=_MODEL,
    prompt=either(_TEXT, _TOKENS, list_of(_TEXT, 1, 2048), list_of(_TOKENS, 1, 2048)),
    max_tokens=maybe(integer(0, _MAX_OUTPUT_TOKENS)),
    n=maybe(integer(1, 128)),
    best_of=maybe(integer(1, 128)),
    logprobs=maybe(integer(0, 20)),
    suffix=maybe(_TEXT),
    echo=maybe(_YES_NO),
    service_tier=_TIER,
    **_STREAM,
)
_EMBEDDINGS = fields(
    "model input", model=_MODEL, input=either(_TEXT, _TOKENS, list_of(_TEXT, 1, 2048), list_of(_TOKENS, 1, 2048))
)
_MESSAGES = fields(
    "model messages max_tokens",
    model=_MODEL,
    messages=list_of(
        fields("role content", role={"enum": ["user", "assistant"]}, content=either(_TEXT, list_of(_PART))), 1
    ),
    max_tokens=integer(1, _MAX_OUTPUT_TOKENS),
    system=either(_TEXT, list_of(_PART)),
    stop_sequences=maybe(list_of(_TEXT)),
    stream=maybe(_YES_NO),
    tools=list_of(_ANY_OBJECT),
)
_IMAGES = fields(
    "model prompt",
    model=_MODEL,
    prompt=_TEXT,
    n=maybe(integer(1, 10)),
    partial_images=maybe(integer(0, 3)),
    **_STREAM,
    **{name: maybe(_TEXT) for name in ("size", "quality", "style", "response_format", "output_format", "background")},
)
_SPEECH = fields(
    "model input voice",
    model=_MODEL,
    input={"type": "string", "minLength": 1, "maxLength": 1_000_000},
    voice=either(_TEXT, fields("id", id=_TEXT)),
    instructions=maybe(_TEXT),
    response_format=maybe(_TEXT),
    stream_format=maybe({"const": "audio"}),
)
_TRANSCRIPTIONS = fields(
    "model file",
    model=_MODEL,
    file=_FILE,
    prompt=_TEXT,
    language=_TEXT,
    temperature=_TEXT,
    response_format={"enum": ["json", "verbose_json", "diarized_json", "text", "srt", "vtt"]},
)
_TRANSLATIONS = fields(
    "model file",
    model=_MODEL,
    file=_FILE,
    prompt=_TEXT,
    temperature=_TEXT,
    response_format={"enum": ["json", "verbose_json", "text", "srt", "vtt"]},
)
_IMAGE_TEXTS = dict.fromkeys(("size", "quality", "response_format", "output_format", "background", "user"), _TEXT)
_IMAGE_EDITS = fields(
    "model image prompt",
    model=_MODEL,
    image=_FILE,
    mask=_FILE,
    prompt=_TEXT,
    n=integer(1, 10),
    **_IMAGE_TEXTS,
)
_IMAGE_VARIATIONS = fields(
    "model image", model=_MODEL, image=_FILE, n=integer(1, 10), size=_TEXT, response_format=_TEXT, user=_TEXT
)
_MODERATIONS = fields("input", model=_MODEL, input=either(_TEXT, list_of(_TEXT, 1, 2048), list_of(_PART, 1, 2048)))
_ESTIMATE = fields(
    model=_MODEL,
    models={**list_of(_TEXT, 1, 32), "description": "Several, side by side, in the place of model."},
    endpoint={"enum": list(ENDPOINTS), "description": "What the rest of the body is for; else its fields tell."},
)

_BATCH_URLS = ["/v1/chat/completions", "/v1/responses", "/v1/completions", "/v1/embeddings", "/v1/moderations"]
_EXPIRY = fields("anchor seconds", anchor={"const": "created_at"}, seconds=integer(3600, 30 * 86_400))
_UPLOAD = fields(
    "file purpose",
    file={"type": "string", "format": "binary", "description": "JSON lines: custom_id, method, url, body."},
    purpose={"const": "batch"},
)
_BATCH = closed(
    fields(
        "input_file_id endpoint completion_window",
        input_file_id=_TEXT,
        endpoint={"enum": _BATCH_URLS},
        completion_window={"const": "24h"},
        metadata=maybe({"type": "object", "additionalProperties": {"type": "string", "maxLength": 512}}),
        output_expires_after=maybe(_EXPIRY),
    )
)
_WHEN = maybe({"type": "integer"})
_FILE_REPLY = fields(
    "id object bytes created_at filename purpose status",
    id=_TEXT,
    object={"const": "file"},
    bytes={"type": "integer"},
    created_at={"type": "integer"},
    expires_at={"type": "integer"},
    filename=_TEXT,
    purpose={"enum": ["batch", "batch_output"]},
    status={"const": "processed"},
)
_STATUSES = "validating failed in_progress finalizing completed expired cancelling cancelled"
_BATCH_REPLY = fields(
    "id object endpoint input_file_id completion_window status created_at request_counts",
    id=_TEXT,
    object={"const": "batch"},
    endpoint=_TEXT,
    model=_TEXT,
    errors=maybe(_ANY_OBJECT),
    input_file_id=_TEXT,
    completion_window=_TEXT,
    status={"enum": _STATUSES.split()},
    output_file_id=maybe(_TEXT),
    error_file_id=maybe(_TEXT),
    created_at={"type": "integer"},
    expires_at=_WHEN,
    in_progress_at=_WHEN,
    finalizing_at=_WHEN,
    completed_at=_WHEN,
    failed_at=_WHEN,
    expired_at=_WHEN,
    cancelling_at=_WHEN,
    cancelled_at=_WHEN,
    request_counts=fields(
        "total completed failed",
        total={"type": "integer"},
        completed={"type": "integer"},
        failed={"type": "integer"},
    ),
    usage=_ANY_OBJECT,
    metadata=maybe(_ANY_OBJECT),
)


def _page(of: str) -> Schema:
    first_and_last = {"first_id": maybe(_TEXT), "last_id": maybe(_TEXT)}
    return fields(
        "object data has_more", object={"const": "list"}, data=list_of(ref(of)), has_more=_YES_NO, **first_and_last
    )


_ERROR = fields(
    "error",
    error=fields("message type", message=_TEXT, type=_TEXT, param=maybe(_TEXT), code=maybe(_TEXT)),
)
_MESSAGES_ERROR = fields("type error", type={"const": "error"}, error=fields("message type", message=_TEXT, type=_TEXT))
_LISTED_MODEL = fields("id object", id=_TEXT, object={"const": "model"}, created={"type": "integer"}, owned_by=_TEXT)
_ANTHROPICS_MODEL = fields("id type", id=_TEXT, type={"const": "model"}, display_name=_TEXT, created_at=_TEXT)

_ESTIMATE_REPLY = fields(
    "object endpoint model route findings currency targets",
    object={"const": "estimate"},
    endpoint={"enum": list(ENDPOINTS)},
    model=_TEXT,
    route=_TEXT,
    findings=_ANY_OBJECT,
    currency=_TEXT,
    targets=list_of(
        fields(
            "target input_tokens input_tokens_most input_tokens_exact counted input_cost worst_cost takes",
            target=_TEXT,
            input_tokens={"type": "integer", "description": "As they are expected; input_cost is theirs."},
            input_tokens_most={"type": "integer", "description": "As they are held; worst_cost begins with them."},
            input_tokens_exact=_YES_NO,
            counted=fields(
                "tokenizer method source",
                tokenizer=_TEXT,
                method={"enum": ["exact", "factor", "stand-in", "stated"]},
                source=_TEXT,
            ),
            input_cost=_TEXT,
            worst_cost=_TEXT,
            takes=_YES_NO,
            budgets=fields("admitted", admitted=_YES_NO),
        )
    ),
)
_ESTIMATE_REFUSED = fields("object model error", object={"const": "error"}, model=_TEXT, error=_ANY_OBJECT)

_ANSWERS: dict[str, Schema] = {
    "ChatReply": fields("choices", choices=list_of(_ANY_OBJECT), tokenfoundry=_ANY_OBJECT),
    "ResponseReply": fields("output", output=list_of(_ANY_OBJECT), tokenfoundry=_ANY_OBJECT),
    "CompletionReply": fields("choices", choices=list_of(fields("text", text=_TEXT)), tokenfoundry=_ANY_OBJECT),
    "EmbeddingsReply": fields("data", data=list_of(_ANY_OBJECT), tokenfoundry=_ANY_OBJECT),
    "MessageReply": fields("content", content=list_of(_ANY_OBJECT)),
    "MessageTokensReply": fields("input_tokens", input_tokens={"type": "integer"}),
    "ImagesReply": fields("data", data=list_of(_ANY_OBJECT), tokenfoundry=_ANY_OBJECT),
    "TranscriptionReply": fields("text", text=_TEXT, tokenfoundry=_ANY_OBJECT),
    "ModerationReply": fields("results", results=list_of(_ANY_OBJECT), tokenfoundry=_ANY_OBJECT),
    "EstimateReply": either(
        _ESTIMATE_REPLY,
        fields("object data", object={"const": "list"}, data=list_of(either(_ESTIMATE_REPLY, _ESTIMATE_REFUSED), 1)),
    ),
    "Model": either(_LISTED_MODEL, _ANTHROPICS_MODEL),
    "Models": either(
        fields("object data", object={"const": "list"}, data=list_of(_LISTED_MODEL)),
        fields("data has_more", data=list_of(_ANTHROPICS_MODEL), has_more=_YES_NO),
    ),
    "File": _FILE_REPLY,
    "Files": _page("File"),
    "FileDeleted": fields("id object deleted", id=_TEXT, object={"const": "file"}, deleted={"const": True}),
    "Batch": _BATCH_REPLY,
    "Batches": _page("Batch"),
    "Health": fields("status version", status={"const": "ok"}, version=_TEXT),
    "Object": _ANY_OBJECT,
    "Error": _ERROR,
    "MessagesError": _MESSAGES_ERROR,
    "EitherError": either(_ERROR, _MESSAGES_ERROR),
}

_QUESTIONS: dict[str, Schema] = {
    "ChatBody": _CHAT,
    "ResponseBody": _RESPONSES,
    "CompletionBody": _COMPLETIONS,
    "EmbeddingsBody": _EMBEDDINGS,
    "MessageBody": _MESSAGES,
    "MessageTokensBody": {**_MESSAGES, "required": ["model", "messages"]},
    "ImagesBody": _IMAGES,
    "SpeechBody": _SPEECH,
    "ImageEditForm": _IMAGE_EDITS,
    "ImageVariationForm": _IMAGE_VARIATIONS,
    "TranscriptionForm": _TRANSCRIPTIONS,
    "TranslationForm": _TRANSLATIONS,
    "ModerationBody": _MODERATIONS,
    "EstimateBody": _ESTIMATE,
    "UploadForm": _UPLOAD,
    "BatchBody": _BATCH,
}


def schemas() -> dict[str, Schema]:
    """The schemas that the endpoints name."""
    return {**_ANSWERS, **_QUESTIONS}


def in_components(schema: Any) -> Any:
    """A schema that stands alone, with what it defines of its own looked for among the document's components."""
    if isinstance(schema, list):
        return [in_components(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: in_components(value) for name, value in schema.items() if name != "$defs"}
    if isinstance(made.get("$ref"), str):
        made["$ref"] = made["$ref"].replace("#/$defs/", _REF)
    return made
