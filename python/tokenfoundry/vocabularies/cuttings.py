"""How a model's file has texts prepared and cut, and how its vocabulary spells bytes."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Final, Protocol

from tokenfoundry.errors import InvalidInput

FIRST_WIDE_BYTE: Final = 0x80


@dataclasses.dataclass
class Cutting:
    """A pretokenizer of the core, and the rules for a text before it (`cpp/tokenfoundry/tokens/terms.h`)."""

    pretokenizer: str
    text_rules: list[str]


class Spelling(Protocol):
    """What the tokens of a vocabulary stand for."""

    def bytes_of(self, token: str) -> bytes | None:
        """The bytes of a token that texts come to; None: none does."""

    def decoded(self, token: str) -> str:
        """The text of one that none comes to."""

    def byte_ids(self, ids: dict[str, int]) -> list[int]:
        """The id of each byte's token; -1: none."""


def parts_of(component: dict[str, Any] | None, inner: str) -> list[dict[str, Any]]:
    """The components of a sequence, which lie in its field `inner`; of any other, itself."""
    if component is None:
        return []
    if component.get("type") != "Sequence":
        return [component]
    listed = component.get(inner)
    if not isinstance(listed, list) or not all(isinstance(part, dict) for part in listed):
        raise InvalidInput(f"a sequence has no `{inner}`: it is damaged")
    return [part for outer in listed for part in parts_of(outer, inner)]


def component_of(content: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The normalizer, pre_tokenizer or decoder of a file, if it has one."""
    component = content.get(name)
    if component is not None and not isinstance(component, dict):
        raise InvalidInput(f"`{name}` is no object: it is damaged")
    return component


def unknown(what: str, component: dict[str, Any]) -> InvalidInput:
    """The error about a component that is not known here."""
    return InvalidInput(f"its {what} is not known here: {json.dumps(component, ensure_ascii=False)[:400]}")
