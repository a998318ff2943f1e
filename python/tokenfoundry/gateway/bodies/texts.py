"""The one answer to "what is text in a body": all of it.

Redacting, restoring, counting and scanning walk the same way, so nothing is redacted in one place and forgotten in
another. No field is exempt by its name: structure (`"type": "text"`, ids, roles) holds no personal data, and if it
does it is replaced. Only what cannot be read is left alone: strict base64 where a picture, a sound or a file stands.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection
from typing import Any, Protocol

import msgspec

from tokenfoundry.gateway.replies import Refused, invalid
from tokenfoundry.privacy import RedactionSession

_MAX_DEPTH = 64

# What requests are made of besides what their callers say. Each is looked at once, when a gateway is made: a pattern of
# the configuration may well be about one of them.
_STRUCTURE = """
    arguments array assistant audio auto base64 boolean budget_tokens cache_control content content_block data
    description detail developer dimensions disabled document effort enabled encoding_format enum ephemeral file
    file_data file_id filename float format frequency_penalty function function_call function_call_output functions
    high id image image_url include_usage index input input_audio input_image input_schema input_text instructions
    integer items json_object json_schema logit_bias logprobs low max_completion_tokens max_output_tokens max_tokens
    media_type medium message messages metadata minimal model n name none null number object output output_text
    parallel_tool_calls parameters presence_penalty properties reasoning reasoning_effort refusal required
    response_format role schema seed service_tier source stop stop_sequences store stream stream_options strict string
    summary system temperature text thinking tool tool_call_id tool_calls tool_choice tool_result tool_use tool_use_id
    tools top_k top_logprobs top_p type url user verbosity additionalProperties
"""
STRUCTURE = frozenset(_STRUCTURE.split())

# A number this long may be a phone or card number; replaced, it becomes a string.
_LONG_NUMBER = 10**8

# Where a request describes a form (JSON Schema, draft 2020-12), and the keywords whose numbers are part of that form: a
# bound that became a text would be none. They are its author's, not a caller's.
_SCHEMAS = frozenset({"parameters", "input_schema", "output_schema", "schema"})
_BOUNDS = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "const", "enum"),
        *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
        *("minContains", "maxContains"),
    }
)

# What in a schema are identifiers, besides the names of its fields. Those of `enum` are values: a model writes the
# placeholder of one, and its caller gets the value.
_IDENTIFIERS = frozenset({"$ref", "$dynamicRef", "$id", "$anchor", "pattern", "required"})

# Objects whose `name` is one that a program gave, of a tool or a form: known by where they stand in any dialect, or by
# what they say they are.
_NAMED_PLACES = frozenset(
    {"function", "function_call", "functions", "tool", "tools", "tool_calls", "tool_choice", "json_schema", "format"}
)
_NAMED_TYPES = frozenset(
    {
        *("function", "custom", "tool", "json_schema", "tool_use", "server_tool_use", "mcp_tool_use"),
        *("function_call", "custom_tool_call", "mcp_call", "mcp_approval_request"),
    }
)
_NAMED_ROLES = frozenset({"function", "tool"})
_LISTS_OF_TOOLS = frozenset({"allowed_tools", "tool_names"})

_JSON_BEGINS = ("{", "[")

# Shorter than any sound, longer than any personal datum: what is shorter is looked into like all else.
_LEAST_BASE64 = 256

_DATA_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,[A-Za-z0-9+/]*={0,2}")
_BASE64 = re.compile(rf"[A-Za-z0-9+/]{{{_LEAST_BASE64},}}={{0,2}}")
_OPAQUE = re.compile(rf"[A-Za-z0-9+/_-]{{{_LEAST_BASE64},}}={{0,2}}")
_BINARY_PLACES = {
    ("image_url", "url"): _DATA_URL,
    ("file", "file_data"): _DATA_URL,
    ("input_audio", "data"): _BASE64,
    # As the items of a response name them.
    ("content", "image_url"): _DATA_URL,
    ("output", "image_url"): _DATA_URL,
    ("content", "file_data"): _DATA_URL,
    ("output", "file_data"): _DATA_URL,
    ("input", "encrypted_content"): _OPAQUE,
}


def is_binary(parent: str, name: str, value: str) -> bool:
    """Whether `value`, in field `name` of an object called `parent`, is a picture, a sound or a file in base64."""
    form = _BINARY_PLACES.get((parent, name))
    return form is not None and form.fullmatch(value) is not None


class Redact(Protocol):
    """Redacts a text; `label` is the name of the field where it stands, which may tell what it is, `may_be_json` that
    it may have to be read as JSON, and `is_json` that it has to, and that nothing was found in its texts one by one.
    `names` says that it is an identifier, such as the name of a tool.
    """

    def __call__(
        self, text: str, *, label: str = "", may_be_json: bool = False, is_json: bool = False, names: bool = False
    ) -> str: ...


def redacted(value: Any, redact: Redact, plain: Collection[str] = ()) -> Any:
    """A copy with every text, long number and field name redacted. Nothing is found in the texts of `plain`, which
    names need not be asked about.

    The JSON inside a function call's `arguments`, and any other text that is JSON with escapes in it, is redacted leaf
    by leaf: it stays JSON, and its escapes hide nothing. Raises `Refused` for
    nesting over 64 levels, and for two names of one object that redaction makes the same.
    """
    return _redacted(value, redact, plain, "", 0)


def redacted_values(value: Any, redact: Redact) -> Any:
    """The same for what a tool is called with: the names of its fields are the caller's own, and tell what their values
    are.
    """
    return _redacted(value, redact, (), "", 0, named=True)


def _redacted(
    value: Any,
    redact: Redact,
    plain: Collection[str],
    parent: str,
    depth: int,
    *,
    named: bool = False,
    in_schema: bool = False,
) -> Any:
    """`named` says that the names of fields are the caller's own, so that they tell what their values are; `in_schema`
    that the value is part of a schema.
    """
    if isinstance(value, str):
        if named:
            return _redacted_text(value, redact, depth, label=parent)
        names = parent in (_IDENTIFIERS if in_schema else _LISTS_OF_TOOLS)
        return _redacted_text(value, redact, depth, label="", names=names)
    if isinstance(value, dict):
        if depth >= _MAX_DEPTH:
            raise invalid(f"the body is nested over {_MAX_DEPTH} levels")
        made: dict[str, Any] = {}
        for name, item in value.items():
            said = name if name in plain else _redacted_text(name, redact, depth, label="", names=in_schema)
            if isinstance(item, str):
                if not named and is_binary(parent, name, item):
                    made[said] = item
                elif name == "arguments":
                    made[said] = _redacted_json(item, redact, depth)
                elif named:
                    made[said] = _redacted_text(item, redact, depth, label=name)
                else:
                    names = name in _IDENTIFIERS if in_schema else name == "name" and _is_named(value, parent)
                    made[said] = _redacted_text(item, redact, depth, label="", names=names)
            elif item is None or item is True or item is False:
                made[said] = item
            else:
                described = not named and (in_schema or (name in _SCHEMAS and isinstance(item, dict)))
                made[said] = _redacted(item, redact, plain, name, depth + 1, named=named, in_schema=described)
        if len(made) < len(value):
            raise invalid("two fields of one object have the same name once they are redacted")
        return made
    if isinstance(value, list):
        if depth >= _MAX_DEPTH:
            raise invalid(f"the body is nested over {_MAX_DEPTH} levels")
        return [_redacted(item, redact, plain, parent, depth + 1, named=named, in_schema=in_schema) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _LONG_NUMBER:
        if in_schema and parent in _BOUNDS:
            return value
        text = str(int(value))
        changed = redact(text, label=parent if named else "")
        if changed == text:
            return value
        # Providers take a number alone for a seed: one that says no more than what stands in for it.
        return zlib.crc32(changed.encode()) if parent == "seed" and depth == 1 else changed
    if value is None or isinstance(value, bool | int | float):
        return value
    raise TypeError(f"{type(value).__name__} is nothing that JSON decodes to, so nobody looked into it")


def _is_named(value: dict[str, Any], parent: str) -> bool:
    """Whether the name of an object is an identifier: nobody's, as that of a message may be."""
    stated = (value.get("type"), value.get("role"))
    return (
        parent in _NAMED_PLACES
        or "input_schema" in value
        or (isinstance(stated[0], str) and stated[0] in _NAMED_TYPES)
        or (isinstance(stated[1], str) and stated[1] in _NAMED_ROLES)
    )


def _redacted_text(text: str, redact: Redact, depth: int, *, label: str, names: bool = False) -> str:
    if "\\" not in text:
        return redact(text, label=label, names=names)
    if text.lstrip()[:1] in _JSON_BEGINS:
        try:
            return _redacted_json(text, redact, depth, label=label)
        except Refused:  # As JSON it is no good, but nobody said that it is to be JSON.
            pass
    return redact(text, label=label, may_be_json=True, names=names)


def _redacted_json(text: str, redact: Redact, depth: int, *, label: str = "") -> str:
    try:
        decoded = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return redact(text, label=label, may_be_json=True)
    changed = _redacted(decoded, redact, (), "", depth + 1, named=True)
    # The text as it was written may say more than it decodes to: a repeated name, say.
    if changed == decoded:
        return redact(text, label=label, may_be_json=True, is_json=True)
    return msgspec.json.encode(changed).decode()


def restored(value: Any, session: RedactionSession, *, json: bool = False) -> Any:
    """A copy with the caller's own values in every text and field name; inside JSON text (`arguments`, all of it with
    `json`, and what reads as JSON) they are escaped.
    """
    if isinstance(value, str):
        return session.restore(value, json=json or None)
    if isinstance(value, list):
        return [restored(item, session, json=json) for item in value]
    if isinstance(value, dict):
        return {
            session.restore(name, json=None): restored(item, session, json=json or name == "arguments")
            for name, item in value.items()
        }
    return value


def texts(value: Any) -> list[str]:
    """Every text in it, field names left out."""
    found: list[str] = []
    _find_texts(value, found)
    return found


def _find_texts(value: Any, found: list[str]) -> None:
    if isinstance(value, str):
        found.append(value)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, str):
                found.append(item)
            elif item is not None:
                _find_texts(item, found)
