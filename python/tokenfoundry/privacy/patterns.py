"""Kinds of data of your own, by regular expression."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_ENDS_LIKE_A_PLACEHOLDER = re.compile(r".*_[0-9]+")
_RESERVED_NAME = "LITERAL"  # Stands for a user's own text that looks like a placeholder.


@dataclass(frozen=True, slots=True)
class Pattern:
    """A kind of data of your own, by regular expression.

    The syntax is Hyperscan's subset of PCRE, over code points: no look-around and no back-references; `\\d`,
    `\\w`, `\\s` and `\\b` are ASCII. The longest match from the leftmost start is found. A name of the
    catalogue adds to that entity.

    `context` are phrases of up to three words; one beside a match adds 0.35 to its `score`. `validator` names one of
    `validators()`, which judges the letters and digits of a match, or is a function of the matched text that says
    whether it is one. A function is called for every match, one at a time: expect microseconds for each, where a
    named validator takes nanoseconds. A match that fails is dropped; one that passes a named validator is proved.

    Raises `InvalidInput` for a name that is not like `BADGE` or `STAFF_ID`, that ends in a number (`BADGE_2`
    would read like the placeholder of `BADGE`), or that is `LITERAL`. The expression is judged when the detector
    is built.

    >>> Pattern("BADGE", r"EMP-\\d+", context=["matricola"]).score
    0.8
    """

    name: str
    regex: str
    score: float = 0.8
    context: tuple[str, ...] | list[str] = ()
    validator: str | Callable[[str], bool] | None = None

    def __post_init__(self) -> None:
        checked_name("pattern", self.name)
        if not (self.validator is None or isinstance(self.validator, str) or callable(self.validator)):
            raise InvalidInput(f"pattern {self.name}: validator must be a name or a function, not {self.validator!r}")
        if isinstance(self.context, str):
            raise InvalidInput(f"pattern {self.name}: context must be a list of phrases, not the text {self.context!r}")

    def fields(self) -> tuple[str, str, float, list[str], str]:
        """What the core takes."""
        validator = self.validator if isinstance(self.validator, str) else ""
        return self.name, self.regex, self.score, list(self.context), validator


def checked_name(what: str, name: str) -> str:
    """`name`, if an entity of one's own may have it; `InvalidInput` otherwise."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{what} name {name!r} must be like BADGE or STAFF_ID: A-Z, 0-9 and _, starting with a letter"
        )
    if _ENDS_LIKE_A_PLACEHOLDER.fullmatch(name):
        raise InvalidInput(f"{what} name {name!r} must not end in a number: placeholders are numbered")
    if name == _RESERVED_NAME:
        raise InvalidInput(f"{what} name {name!r} is reserved")
    return name


def validators() -> tuple[str, ...]:
    """The names of the validators that a `Pattern` may use, sorted.

    >>> "luhn" in validators()
    True
    """
    return _core.pii_validators()
