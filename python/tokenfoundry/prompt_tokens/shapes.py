"""The shape that counting relies on, checked where nobody checked it before. The first fault is named with its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenfoundry.errors import InvalidInput


def check_body(endpoint: str, body: Mapping[str, Any]) -> None:
    """Raises `InvalidInput` for a body that the endpoint called so does not take."""
    try:
        msgspec.json.encode(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"body: is not JSON: {error}") from None
    if endpoint in ("chat", "messages"):
        _check_messages(body.get("messages"))
    if endpoint == "chat":
        _check_kind(body, "response_format", dict, "an object")
    if endpoint == "messages" and body.get("system") is not None:
        _check_content(body["system"], "system")
    if endpoint == "responses":
        _check_input(body.get("input"))
        _check_kind(body, "instructions", str, "a string")
        _check_kind(body, "text", dict, "an object")
    if endpoint == "messages":
        _check_kind(body, "output_config", dict, "an object")
    for field in ("tools", "functions"):
        _check_objects(body, field)
    if endpoint == "completions":
        _check_texts(body.get("prompt"), "prompt")
        _check_kind(body, "suffix", str, "a string")
    if endpoint == "embeddings":
        _check_texts(body.get("input"), "input")


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list):
        raise InvalidInput("messages: needs a list of messages")
    if not messages:
        raise InvalidInput("messages: needs at least one message")
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise InvalidInput(f"{where}: needs an object with role and content")
        _check_content(message.get("content"), f"{where}.content")
        if not isinstance(message.get("tool_calls"), list | None):
            raise InvalidInput(f"{where}.tool_calls: needs a list")


def _check_content(content: Any, where: str) -> None:
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise InvalidInput(f"{where}: needs a string or a list of parts")


def _check_input(given: Any) -> None:
    if isinstance(given, str):
        return
    if not isinstance(given, list) or not given or not all(isinstance(item, dict) for item in given):
        raise InvalidInput("input: needs a string or a list of items")


def _check_texts(given: Any, field: str) -> None:
    if isinstance(given, str):
        return
    kinds = {type(item) for item in given} if isinstance(given, list) else set()
    if kinds == {list}:
        kinds = {type(token) for tokens in given for token in tokens} | {int}
    if kinds not in ({str}, {int}):
        raise InvalidInput(f"{field}: needs a string, or a list of strings or of token ids")


def _check_kind(body: Mapping[str, Any], field: str, kind: type, needed: str) -> None:
    if not isinstance(body.get(field), kind | None):
        raise InvalidInput(f"{field}: needs {needed}")


def _check_objects(body: Mapping[str, Any], field: str) -> None:
    given = body.get(field)
    if given is not None and not (isinstance(given, list) and all(isinstance(item, dict) for item in given)):
        raise InvalidInput(f"{field}: needs a list of objects")
