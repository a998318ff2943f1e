"""`POST /v1/images/edits` and `/v1/images/variations` (OpenAI API reference, "Create image edit" and "Create image
variation"): a form with pictures in, images out, billed as the images of `images`.

The pictures go as they are: nothing is redacted in them. The prompt and every other text of the form are redacted.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tokenfoundry.gateway.bodies.forms import YES_NO, read_form
from tokenfoundry.gateway.bodies.texts import redacted
from tokenfoundry.gateway.endpoints import at_most_bytes
from tokenfoundry.gateway.endpoints.images import UNMETERED, Images, unmetered
from tokenfoundry.gateway.replies import invalid
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

_MAX_PICTURES = 16
_PICTURES = ("image", "image[]", "mask", "markup")
_INTEGERS = ("n", "partial_images", "output_compression")

# Input tokens of one picture, at most: 4,160 or 6,240 for its details and under 600 for its tiles (OpenAI, "Images and
# vision", "GPT Image 1"), with room for models whose numbers are not published.
_TOKENS_OF_A_PICTURE = 10_000


class ImageEdits(Images):
    name = "image_edits"
    kind = "image_edits"

    def decode(self, content_type: str, raw: bytes) -> dict[str, Any]:
        """The form, with numbers and switches as JSON has them."""
        body = read_form(content_type, raw)
        for field in _INTEGERS:
            if isinstance(body.get(field), str) and re.fullmatch(r"-?\d{1,9}", body[field]):
                body[field] = int(body[field])
        if isinstance(body.get("stream"), str) and body["stream"] in YES_NO:
            body["stream"] = YES_NO[body["stream"]]
        return body

    def check(self, body: dict[str, Any]) -> None:
        pictures = _pictures(body)
        if not any(name in body for name in ("image", "image[]")) or None in pictures:
            raise invalid("image: needs a picture, as a part with a filename", param="image")
        if len(pictures) > _MAX_PICTURES + 2:
            raise invalid(f"image: at most {_MAX_PICTURES} pictures", param="image")
        for name, value in body.items():
            items = value if isinstance(value, list) else [value]
            if name not in _PICTURES and any(isinstance(item, dict) for item in items):
                raise invalid(f"{name}: needs a text, not a file", param=name)
            if name.partition("[")[0] in UNMETERED:
                raise unmetered(name)
        super().check(body)

    def redact(self, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
        kept = {name: body[name] for name in ("model", *_PICTURES) if name in body}
        prompt = {"prompt": redacted(body["prompt"], session.redact)} if "prompt" in body else {}
        rest = {name: value for name, value in body.items() if name not in kept and name != "prompt"}
        return {**kept, **prompt, **redacted(rest, session.redact)}

    def prompt_tokens(self, body: dict[str, Any], target: Target) -> PromptTokens:
        tokens = target.tokenizer.count(body.get("prompt", "")) + len(_pictures(body)) * _TOKENS_OF_A_PICTURE
        return at_most_bytes(tokens, body, target)

    def worst(self, body: dict[str, Any], *, input_tokens: int, output_tokens: int) -> Usage:
        worst = super().worst(body, input_tokens=input_tokens, output_tokens=output_tokens)
        if not output_tokens:
            return worst
        # Not `input_tokens`, which may count the bytes of the pictures.
        inputs = len(body.get("prompt", "").encode()) + len(_pictures(body)) * _TOKENS_OF_A_PICTURE
        return msgspec.structs.replace(worst, input_tokens=inputs)


class ImageVariations(ImageEdits):
    """As an edit that says nothing. OpenAI has retired the models that took these; others speak its API."""

    name = "image_variations"
    kind = "image_variations"
    needs_prompt = False

    def is_stream(self, body: dict[str, Any]) -> bool:
        return False

    def check(self, body: dict[str, Any]) -> None:
        if body.get("stream"):
            raise invalid("stream: variations do not stream", param="stream")
        super().check(body)


def _pictures(body: dict[str, Any]) -> list[dict[str, Any] | None]:
    """The files of the form; None for one that is a text."""
    found: list[dict[str, Any] | None] = []
    for name in _PICTURES:
        value = body.get(name, [])
        found += [each if isinstance(each, dict) else None for each in (value if isinstance(value, list) else [value])]
    return found
