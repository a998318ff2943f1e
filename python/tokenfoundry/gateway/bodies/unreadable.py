"""Pictures, sound and files in a body: nothing is found in them, so what is done with them is a policy of its own.

They are known by what they are called, whether they come in base64, by an address, or by the id of something that lies
with the provider. A document that is text is read like all other text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tokenfoundry.gateway.bodies.message_texts import thoughts_in
from tokenfoundry.gateway.bodies.texts import texts
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.privacy import RedactionSession

# Types of parts and blocks, in any dialect.
_KINDS = {
    "image": "IMAGE",
    "image_url": "IMAGE",
    "input_image": "IMAGE",
    "computer_screenshot": "IMAGE",
    "audio": "AUDIO",
    "audio_url": "AUDIO",
    "input_audio": "AUDIO",
    "video": "VIDEO",
    "video_url": "VIDEO",
    "input_video": "VIDEO",
    "document": "FILE",
    "file": "FILE",
    "input_file": "FILE",
    "container_upload": "FILE",
}
_MOST_CHARACTERS = 16_384  # Of texts that are redacted at once: at worst 500 surrogates, which take 20 ms.
_READABLE_SOURCES = frozenset({"text", "content"})
_MEDIA = {"image": "IMAGE", "audio": "AUDIO", "video": "VIDEO"}


def redacted_body(endpoint: Endpoint, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
    """A copy of a body with its policy applied to all of it. Raises `BlockedContent` and `Refused`."""
    if session.uses_surrogates:
        # What a model thought has the surrogates of a call before in it, which are to be chosen again.
        thought = set(thoughts_in(body))
        session.expect([text for text in texts(body) if text not in thought])
    if session.minds_unreadable:
        for kind in unreadable_in(body):
            session.pass_unreadable(kind)
    return session.whole(lambda: endpoint.redact(body, session))


def takes_long(body: dict[str, Any]) -> bool:
    """Whether a body is better redacted beside the event loop, where values are exchanged for surrogates."""
    return sum(map(len, texts(body))) > _MOST_CHARACTERS


def unreadable_in(value: Any) -> Iterator[str]:
    """What kind of thing each is that cannot be read: `IMAGE`, `AUDIO`, `VIDEO` or `FILE`."""
    if isinstance(value, list):
        for item in value:
            yield from unreadable_in(item)
    elif isinstance(value, dict):
        kind = _kind_of(value)
        if kind:
            yield kind
            return
        for name, item in value.items():
            if name not in ("arguments", "parameters", "input_schema", "schema"):
                yield from unreadable_in(item)


def _kind_of(value: dict[str, Any]) -> str:
    """What a part or the file of a form is; empty for what can be read."""
    if isinstance(value.get("data"), bytes):
        return _MEDIA.get(str(value.get("content_type")).partition("/")[0], "FILE")
    stated = value.get("type")
    kind = _KINDS.get(stated, "") if isinstance(stated, str) else ""
    source = value.get("source")
    if kind and isinstance(source, dict) and source.get("type") in _READABLE_SOURCES:
        return ""
    # What only has the name of a type, such as a field that a schema describes, holds nothing.
    return kind if len(value) > 1 else ""
