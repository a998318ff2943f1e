"""The policy of answers, on what a model wrote: in text, refusals and the arguments of tools, before anything is
restored. What is the protocol's or the caller's own (ids, types, what a reply repeats of its question) is left alone.

Beside its text a reply may say the same text once more, in pieces in which nothing can be found: probabilities of its
tokens, words of a transcript with their times. These are left out.
"""

from __future__ import annotations

import re
from typing import Any

from tokenfoundry.privacy import RedactionSession

# Where a reply has what was produced, in any dialect.
_PRODUCED = frozenset({"choices", "content", "output", "output_text", "text", "segments", "data"})

_NAMES = """
    b64_json call_id created created_at encrypted_content filename finish_reason id index item_id model name object
    output_index response_id role sequence_number server_label service_tier signature status stop_reason
    system_fingerprint tool_call_id tool_use_id type usage
"""
_STRUCTURE = frozenset(_NAMES.split())
_CALLED = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_IN_PLAIN = frozenset({"summary_text", "reasoning_text", "thinking"})  # Texts that no format is asked of.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{256,}={0,2}")
_LONG_NUMBER = 10**8


def guarded_reply(reply: dict[str, Any], session: RedactionSession, *, json: bool = False) -> dict[str, Any]:
    """A copy of a whole reply with the policy applied; the reply itself when there is none. `json` says that its text
    is JSON. Raises `BlockedContent`.
    """
    if not session.guards:
        return reply
    made = {name: guarded(item, session, json=json) if name in _PRODUCED else item for name, item in reply.items()}
    if isinstance(reply.get("text"), str):
        made["text"] = session.guarded(reply["text"], json=json or None)
    return {name: [] if name == "words" else item for name, item in made.items()}


def guarded(value: Any, session: RedactionSession, *, json: bool = False) -> Any:
    """The same for a part of a reply, or an event of a stream."""
    if isinstance(value, str):
        return session.guarded(value, json=None)
    if isinstance(value, list):
        return [guarded(item, session, json=json) for item in value]
    if not isinstance(value, dict) or not session.guards:
        return value
    kind = value.get("type")
    made: dict[str, Any] = {}
    for name, item in value.items():
        if name == "logprobs":
            made[name] = [] if isinstance(item, list) else None
        elif name in _STRUCTURE or (isinstance(item, str) and _BASE64.fullmatch(item)):
            made[name] = item
        elif isinstance(item, str):
            is_json = name == "arguments" or (json and name in ("content", "text") and kind not in _IN_PLAIN)
            made[name] = session.guarded(item, json=is_json or None)
        elif name == "input" and kind in _CALLED:
            made[name] = guarded_values(item, session)
        elif name == "tokens":
            made[name] = []
        else:
            made[name] = guarded(item, session, json=json)
    if kind == "thinking" and made.get("thinking") != value.get("thinking"):
        made["signature"] = UNSIGNED
    return made


UNSIGNED = ""
"""The signature of thinking that was changed: its provider would not take it back, so it is left out of calls."""


def guarded_values(value: Any, session: RedactionSession, label: str = "") -> Any:
    """What a tool is called with, decoded: the names of its fields tell what their values are."""
    if isinstance(value, str):
        return session.guarded(value, label=label, json=None)
    if isinstance(value, list):
        return [guarded_values(item, session, label) for item in value]
    if isinstance(value, dict):
        return {session.guarded(name, json=None): guarded_values(item, session, name) for name, item in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _LONG_NUMBER:
        text = str(int(abs(value)))
        made = session.guarded(text, label=label)
        return value if made == text else made
    return value
