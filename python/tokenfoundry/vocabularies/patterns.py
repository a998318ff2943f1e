"""Which of the published patterns a regular expression is: texts are cut by hand-written scanners, not by an engine."""

from __future__ import annotations

from typing import Final

from tokenfoundry.errors import InvalidInput

PATTERNS: Final = ("o200k", "cl100k", "gpt2", "qwen", "llama3", "tekken")

_ANY_CASE_CONTRACTIONS: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_UPPER: Final = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER: Final = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_WORDS: Final = r"[^\r\n\p{L}\p{N}]?\p{L}+"
_SIGNS: Final = r" ?[^\s\p{L}\p{N}]+[\r\n]*"
_SIGNS_AND_SLASHES: Final = r" ?[^\s\p{L}\p{N}]+[\r\n/]*"
_SPACES: Final = r"\s*[\r\n]+|\s+(?!\S)|\s+"

_PATTERN_OF: Final = {
    # GPT-2 as first published, and as tiktoken writes it now.
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+": "gpt2",
    r"'s|'t|'re|'ve|'m|'ll|'d| ?[\p{L}]+| ?[\p{N}]+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+": "gpt2",
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+": "gpt2",
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s": "gpt2",
    # cl100k_base of tiktoken. What it was before, Llama 3 uses to this day.
    (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]"
        r"|\s+(?!\S)|\s"
    ): "cl100k",
    f"{_ANY_CASE_CONTRACTIONS}|{_WORDS}|\\p{{N}}{{1,3}}|{_SIGNS}|{_SPACES}": "llama3",
    f"{_ANY_CASE_CONTRACTIONS}|{_WORDS}|\\p{{N}}|{_SIGNS}|{_SPACES}": "qwen",
    (
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_ANY_CASE_CONTRACTIONS}?"
        rf"|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_ANY_CASE_CONTRACTIONS}?"
        rf"|\p{{N}}{{1,3}}|{_SIGNS_AND_SLASHES}|{_SPACES}"
    ): "o200k",
    (
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*"
        rf"|\p{{N}}|{_SIGNS_AND_SLASHES}|{_SPACES}"
    ): "tekken",
}


def pattern_of(expression: str) -> str:
    """The pattern that a regular expression is, which may also be named.

    Raises:
        InvalidInput: it is none of the published ones.
    """
    if expression in PATTERNS:
        return expression
    pattern = _PATTERN_OF.get(expression)
    if pattern is None:
        raise InvalidInput(
            f"no scanner is known for the pattern {expression!r}; there are scanners for those of {', '.join(PATTERNS)}"
        )
    return pattern


def expression_of(pattern: str) -> str:
    """A regular expression of a pattern, without possessive quantifiers, which not every engine knows."""
    return next(text for text, name in _PATTERN_OF.items() if name == pattern and "++" not in text)


def published_expression_of(pattern: str) -> str:
    """The regular expression of a pattern as tiktoken has it today."""
    expressions = [text for text, name in _PATTERN_OF.items() if name == pattern]
    return next((text for text in expressions if "++" in text), expressions[0])
