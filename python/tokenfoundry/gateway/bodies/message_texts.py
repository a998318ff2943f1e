"""The texts of Anthropic's dialect: what is redacted on the way out and restored on the way back.

Everything is text, as `gateway.texts` says, but for what stands in base64 and for *thinking*. The provider signs the
thinking of its models and refuses it when a character was changed, so it stays in placeholder form in the answer, comes
back so with the next call, and passes as it is. Thinking in which personal data is found, because a client or a model
put it there, is left out of the call: changed it would be refused, unchanged it must not leave.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tokenfoundry.gateway.bodies.answers import UNSIGNED
from tokenfoundry.gateway.bodies.texts import redacted, redacted_values, restored
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.privacy import RedactionSession

_MAX_DEPTH = 64
_OPAQUE = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_THINKING = frozenset({"thinking", "redacted_thinking"})
TOOL_USE = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})


def redacted_messages(messages: list[dict[str, Any]], session: RedactionSession) -> list[dict[str, Any]]:
    """A copy with every text redacted. A message of which nothing is left is left out."""
    made = []
    for message in messages:
        content = redacted_content(message["content"], session)
        if content != [] or message["content"] == []:
            rest = {name: value for name, value in message.items() if name != "content"}
            made.append({**redacted(rest, session.redact, session.plain), "content": content})
    return made


def redacted_content(content: Any, session: RedactionSession, depth: int = 0) -> Any:
    """A string, or a list of blocks, with every text redacted."""
    if not isinstance(content, list):
        return redacted(content, session.redact, session.plain)
    if depth > _MAX_DEPTH:
        raise invalid(f"the body is nested over {_MAX_DEPTH} levels")
    made = []
    for block in content:
        if not isinstance(block, dict):
            made.append(redacted(block, session.redact, session.plain))
        elif block.get("type") not in _THINKING:
            made.append(_redacted_block(block, session, depth))
        elif _may_pass(block, session):
            made.append(block)
    return made


def _redacted_block(block: dict[str, Any], session: RedactionSession, depth: int) -> dict[str, Any]:
    rest = dict(block)
    made: dict[str, Any] = {}
    if isinstance(block.get("content"), list):
        made["content"] = redacted_content(rest.pop("content"), session, depth + 1)
    if block.get("type") in TOOL_USE and "input" in block:
        made["input"] = redacted_values(rest.pop("input"), session.redact)
    if isinstance(block.get("source"), dict):
        made["source"] = _redacted_source(rest.pop("source"), session, depth)
    return {**redacted(rest, session.redact, session.plain), **made}


def _redacted_source(source: dict[str, Any], session: RedactionSession, depth: int) -> dict[str, Any]:
    rest = dict(source)
    made: dict[str, Any] = {}
    data = source.get("data")
    if source.get("type") == "base64" and isinstance(data, str) and _OPAQUE.fullmatch(data):
        made["data"] = rest.pop("data")
    if isinstance(source.get("content"), list):
        made["content"] = redacted_content(rest.pop("content"), session, depth + 1)
    return {**redacted(rest, session.redact, session.plain), **made}


def _may_pass(block: dict[str, Any], session: RedactionSession) -> bool:
    """Whether nothing personal is found in thinking, and was not before. What is found is a finding of the call."""
    if block.get("signature") == UNSIGNED:
        return False
    before = session.counts
    for name, value in block.items():
        sealed = name in ("signature", "data") and isinstance(value, str) and _OPAQUE.fullmatch(value)
        if not sealed:
            redacted(value, session.redact_item)
    return session.counts == before


def restored_block(block: dict[str, Any], session: RedactionSession, *, json: bool) -> dict[str, Any]:
    """A block of a reply with the caller's own values; `json` says that the model's text is JSON."""
    kind = block.get("type")
    if kind in _THINKING:
        return block
    made: dict[str, Any] = restored(block, session)
    if kind in TOOL_USE:
        made["input"] = _restored_values(block.get("input"), session)
    elif kind == "text" and json:
        made["text"] = restored(block.get("text"), session, json=True)
    return made


def _restored_values(value: Any, session: RedactionSession, name: str = "") -> Any:
    """Every text and name in the input of a tool, which is decoded already; JSON text in a field called `arguments`, as
    it is redacted, is escaped.
    """
    if isinstance(value, str):
        return session.restore(value, json=(name == "arguments" and _is_json(value)) or None)
    if isinstance(value, list):
        return [_restored_values(item, session) for item in value]
    if isinstance(value, dict):
        return {
            session.restore(field, json=None): _restored_values(item, session, field) for field, item in value.items()
        }
    return value


def _is_json(text: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(text), dict | list)
    except (msgspec.DecodeError, RecursionError):
        return False
