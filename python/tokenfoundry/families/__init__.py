"""Families of models: whose vocabulary counts their tokens, exactly or not, and what stands around a prompt's texts.

table     the families, one row each with its source
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from typing import Final


@dataclass(frozen=True, slots=True)
class Template:
    """What a provider puts around the texts of a prompt, in tokens.

    What ends in `_most` is what it can be, where the other number is what is known of it: a hold takes the larger.
    """

    per_message: int = 3
    per_name: int = 1
    priming: int = 3
    hidden: int = 0
    """A prompt of the provider's own that stands before every other."""
    hidden_most: int = 0
    with_tools: int = 0
    """And what it adds where tools are declared."""
    with_tools_most: int = 0
    with_tools_in_chat: int = 0
    """And what it adds to those where chat completions declare them."""
    with_format: int = 0
    """And where the answer has to be JSON of a schema."""
    with_format_most: int = 0
    tools_as_types: bool = False
    """Whether tools are shown to the model as types of TypeScript; else as their JSON."""
    shows_format: bool = False
    """Whether the schema of the answer is shown to the model; else it only bounds what the model may write."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Another vocabulary in the place of one that is not public, or not installed, and how many tokens of the family
    one of its tokens is.
    """

    vocabulary: str
    factor: Fraction
    source: str


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    prefixes: tuple[str, ...]
    """What the names of its models begin with; the longest one of all families decides."""
    source: str
    """Of its vocabulary, or of why it has none that counts exactly."""
    vocabulary: str = ""
    """Its own, whether or not it is installed; empty where it is not public or cannot ship."""
    stand_in: StandIn | None = None
    template: Template = Template()


UNPUBLISHED: Final = StandIn(
    "o200k_base", Fraction(1), "no number is published: o200k_base as it is, which may be too few; the bound is certain"
)
# Recorded bills of models that are of no family show up to 80 tokens that nobody sent.
UNKNOWN: Final = Family(
    "unknown",
    (),
    "no family is known by this name",
    stand_in=UNPUBLISHED,
    template=Template(hidden_most=128, with_tools_most=1024, with_format_most=512),
)


def family_of(model: str) -> Family:
    """The family of a model by its name, as providers, resellers and clouds write it; `UNKNOWN` for any other.

    >>> family_of("gpt-4o-mini-2024-07-18").name
    'GPT-4o and later'
    >>> family_of("us.anthropic.claude-sonnet-4-5-20250929-v1:0").name
    'Claude to 4.6'
    >>> family_of("ft:gpt-3.5-turbo:acme::1").vocabulary
    'cl100k_base'
    """
    if not isinstance(model, str):
        raise TypeError(f"the name of a model is a str, not {type(model).__name__}")
    return _family_of(model[:_LONGEST_NAME])


_LONGEST_NAME = 512  # A name that is longer is no model's, and is not worth remembering.


@functools.lru_cache(maxsize=1024)
def _family_of(model: str) -> Family:
    by_prefix = _by_prefix()
    # From the barest name on, which decides where two prefixes are of one length.
    prefixes = [prefix for name in names_in(model)[::-1] for prefix in by_prefix if _begins_with(name, prefix)]
    return by_prefix[max(prefixes, key=len)] if prefixes else UNKNOWN


def names_in(model: str) -> list[str]:
    """The name itself, and what is left of it without the reseller, the region and the maker before it.

    >>> names_in("bedrock/us.amazon.nova-pro-v1:0")
    ['us.amazon.nova-pro-v1:0', 'amazon.nova-pro-v1:0', 'nova-pro-v1:0']
    """
    bare = model.removeprefix("ft:").rpartition("/")[2].lower()
    parts = bare.split(".")
    return [bare, *(".".join(parts[at:]) for at in range(1, min(len(parts), 4)))]


def _begins_with(name: str, prefix: str) -> bool:
    """Whether it does, and not in the middle of a word: `ada` does not begin `adapter`."""
    return name.startswith(prefix) and not (prefix.isalpha() and name[len(prefix) : len(prefix) + 1].isalpha())


@functools.cache
def _by_prefix() -> dict[str, Family]:
    from tokenfoundry.families.table import FAMILIES  # Here, as its rows are made of the classes above.

    return {prefix: family for family in FAMILIES for prefix in family.prefixes}
