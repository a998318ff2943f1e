"""What Anthropic's families accept, by the names that they have at Anthropic, Bedrock, Vertex and OpenRouter."""

from __future__ import annotations

import pytest

from tokenfoundry.translate.claude import Family, family_of
from tokenfoundry.translate.strict_schemas import anthropic_holds_to, openai_holds_to


@pytest.mark.parametrize(
    ("model", "thinking", "samples", "takes_schema", "cacheable_tokens"),
    [
        ("claude-3-haiku-20240307", "none", True, False, 2048),
        ("claude-3-5-sonnet-20241022", "none", True, False, 1024),
        ("claude-3-7-sonnet-20250219", "budget", True, False, 1024),
        ("claude-sonnet-4-20250514", "budget", True, False, 1024),
        ("claude-sonnet-4@20250514", "budget", True, False, 1024),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", "budget", True, False, 1024),
        ("claude-sonnet-4-5-20250929", "budget", True, True, 1024),
        ("anthropic/claude-sonnet-4.5", "budget", True, True, 1024),
        ("claude-opus-4-5", "budget", True, True, 4096),
        ("claude-haiku-4-5", "budget", True, True, 4096),
        ("claude-opus-4-6", "adaptive", True, True, 4096),
        ("claude-sonnet-4-6", "adaptive", True, True, 2048),
        ("claude-opus-4-7", "adaptive", False, True, 4096),
        ("claude-opus-4-8", "adaptive", False, True, 1024),
        ("claude-opus-5", "adaptive", False, True, 512),
        ("claude-sonnet-5-5", "adaptive", False, True, 1024),
        ("claude-fable-5-2", "always", False, True, 512),
    ],
)
def test_each_family_is_known_by_the_name_of_its_model(
    model: str, thinking: str, samples: bool, takes_schema: bool, cacheable_tokens: int
) -> None:
    family = family_of(model)
    assert (family.thinking, family.samples, family.takes_schema, family.cacheable_tokens) == (
        thinking,
        samples,
        takes_schema,
        cacheable_tokens,
    )


def test_a_name_that_is_not_known_is_taken_for_the_current_generation() -> None:
    assert family_of("fast") == Family()


CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "by_anthropic", "by_openai"),
    [
        (CLOSED, True, True),
        ({**CLOSED, "required": []}, True, False),
        ({**CLOSED, "additionalProperties": True}, False, False),
        ({"type": "array", "items": CLOSED, "minItems": 1}, True, True),
        ({"type": "array", "items": CLOSED, "minItems": 2}, False, True),
        ({"type": "string", "format": "email"}, True, True),
        ({"type": "string", "format": "iban"}, False, True),
        ({"anyOf": [CLOSED, {"type": "object"}]}, False, False),
        ({"$defs": {"x": {"type": "number", "maximum": 3}}, "$ref": "#/$defs/x"}, False, True),
    ],
)
def test_a_schema_is_strict_where_its_provider_can_hold_to_it(
    schema: dict[str, object], by_anthropic: bool, by_openai: bool
) -> None:
    assert anthropic_holds_to(schema) is by_anthropic
    assert openai_holds_to(schema) is by_openai
