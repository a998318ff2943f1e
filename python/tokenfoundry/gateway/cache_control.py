"""What a request says of the cache, in its `Cache-Control` (RFC 9111, section 5.2.1).

`max-stale` is not looked at: nothing stale is ever given. Names are read in any case, unknown ones are left alone, and
an age that is no number asks for the freshest there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

_MAX_AGE_S = 2**31  # RFC 9111, section 1.2.2: what is larger counts as this.


@dataclass(frozen=True, slots=True)
class Directives:
    """What the caller wants of the cache."""

    may_recall: bool = True  # An answer given before will do.
    may_store: bool = True
    only_if_cached: bool = False  # Nothing else will do.
    max_age_ms: int | None = None  # How old the answer may be; None: as old as it is kept.


ANYTHING = Directives()


def directives_of(value: str) -> Directives:
    """The directives in the value of a `Cache-Control` header; "" is none.

    >>> directives_of('max-age="60", no-transform').max_age_ms
    60000
    >>> directives_of("No-Cache").may_recall, directives_of("no-cache").may_store
    (False, True)
    """
    return _parsed(value) if value else ANYTHING


@lru_cache(maxsize=256)
def _parsed(value: str) -> Directives:
    stated: dict[str, str] = {}
    for part in value.split(","):
        name, _, argument = part.partition("=")
        stated.setdefault(name.strip().lower(), argument.strip().strip('"'))
    max_age_s = _seconds(stated["max-age"]) if "max-age" in stated else None
    no_store = "no-store" in stated
    return Directives(
        may_recall=not no_store and "no-cache" not in stated and max_age_s != 0,
        may_store=not no_store,
        only_if_cached="only-if-cached" in stated,
        max_age_ms=None if max_age_s is None else max_age_s * 1000,
    )


def _seconds(argument: str) -> int:
    if not (argument.isascii() and argument.isdecimal()):
        return 0
    return min(int(argument), _MAX_AGE_S) if len(argument) <= 20 else _MAX_AGE_S
