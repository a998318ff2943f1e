"""`POST /v1/images/generations` (OpenAI API reference, "Create image").

The worst case is every image that is asked for, at the target's price for its quality and size, or at the most tokens
that one takes there (`max_output_tokens` of the target: an image has no bound that a caller could state), and for each
image on the way what the API says that one adds.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tokenfoundry.gateway.bodies.answers import guarded_reply
from tokenfoundry.gateway.bodies.texts import redacted, restored
from tokenfoundry.gateway.endpoints import JsonEndpoint, at_most_bytes
from tokenfoundry.gateway.endpoints.checks import check_integer, check_stream, check_text
from tokenfoundry.gateway.replies import Refused, invalid
from tokenfoundry.gateway.streams import ReplyStream
from tokenfoundry.gateway.streams.images import ImageStream
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens
from tokenfoundry.routing.targets import Target
from tokenfoundry.usage import Usage

_MAX_IMAGES = 10
_MAX_PARTIAL_IMAGES = 3
_PER_PARTIAL_IMAGE = 100  # output tokens (OpenAI, "Image generation", "Partial images cost")

# Fields that make a provider bill what no hold was made for: films, drawings by another model.
UNMETERED = ("frame_count", "frame_duration_ms", "svg", "complexity")


class Images(JsonEndpoint):
    name = "images"
    kind = "images"
    needs_prompt = True
    produces_output = False
    unbounded_output = True
    may_keep = False  # Whoever asks again wants another picture, and an address of one expires.

    def check(self, body: dict[str, Any]) -> None:
        check_text(body, "prompt", required=self.needs_prompt)
        check_integer(body, "n", most=_MAX_IMAGES)
        for field in ("size", "quality", "style", "response_format", "output_format", "background"):
            check_text(body, field)
        check_stream(body)
        check_integer(body, "partial_images", least=0, most=_MAX_PARTIAL_IMAGES)
        if body.get("stream") and self.choices(body) > 1:
            raise invalid("n: a stream shows one image", param="n")
        if body.get("partial_images") and not body.get("stream"):
            raise invalid("partial_images: needs stream: true", param="partial_images")
        for field in UNMETERED:
            if body.get(field):
                raise unmetered(field)

    def redact(self, body: dict[str, Any], session: RedactionSession) -> dict[str, Any]:
        prompt = redacted(body["prompt"], session.redact, session.plain)
        rest = {name: value for name, value in body.items() if name not in ("prompt", "model")}
        return {"model": body["model"], "prompt": prompt, **redacted(rest, session.redact, session.plain)}

    def prompt_tokens(self, body: dict[str, Any], target: Target) -> PromptTokens:
        return at_most_bytes(target.tokenizer.count(body["prompt"]), body, target)

    def max_output_tokens(self, body: dict[str, Any]) -> int | None:
        return 0

    def bounded(self, body: dict[str, Any], max_output_tokens: int) -> dict[str, Any]:
        return body

    def choices(self, body: dict[str, Any]) -> int:
        return body.get("n") or 1

    def worst(self, body: dict[str, Any], *, input_tokens: int, output_tokens: int) -> Usage:
        # A target without a maximum bills no tokens.
        partial = self.choices(body) * (body.get("partial_images") or 0) * _PER_PARTIAL_IMAGE
        return Usage(
            input_tokens=input_tokens if output_tokens else 0,
            output_tokens=output_tokens + partial if output_tokens else 0,
            images=self.choices(body),
            image_kind=_kind(body),
            estimated=True,
        )

    def is_reply(self, reply: Any) -> bool:
        data = reply.get("data") if isinstance(reply, dict) else None
        return isinstance(data, list) and all(isinstance(image, dict) for image in data)

    def settled(
        self, body: dict[str, Any], reply: dict[str, Any], reported: Usage | None, worst: Usage
    ) -> tuple[dict[str, Any], Usage | None]:
        # A stream has told its images without a reply around them.
        made, kind = len(reply["data"]) if reply else worst.images, _kind({**body, **_stated(reply)})
        if reported is None and worst.output_tokens:
            return reply, msgspec.structs.replace(worst, images=made, image_kind=kind)
        return reply, msgspec.structs.replace(reported or Usage(), images=made, image_kind=kind)

    def restore(self, reply: dict[str, Any], session: RedactionSession, body: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = restored(guarded_reply(reply, session), session)
        return made

    def output_text(self, reply: dict[str, Any]) -> str:
        return ""

    def stream(self, body: dict[str, Any], session: RedactionSession) -> ReplyStream:
        return ImageStream(session)


def unmetered(field: str) -> Refused:
    return invalid(f"{field}: is not passed on, because what it costs is not metered", param=field)


def _kind(body: dict[str, Any]) -> str:
    """What decides the price: quality and size, `auto` and missing ones left out."""
    stated = (body.get("quality"), body.get("size"))
    return " ".join(each for each in stated if each and each != "auto")


def _stated(reply: dict[str, Any]) -> dict[str, Any]:
    """What the reply says of its images: it knows what `auto` became."""
    return {name: reply[name] for name in ("quality", "size") if isinstance(reply.get(name), str)}
