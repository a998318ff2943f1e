"""Every kind of personal data that is known without patterns of one's own: `cpp/tokenfoundry/pii/catalogue.cc`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput

PROFILES: Final = ("minimal", "default", "strict")  # Each looks for all that the one before does.


@dataclass(frozen=True, slots=True)
class EntityInfo:
    """One entity of the catalogue.

    `countries` are ISO 3166-1 codes (`UK` as its authorities write it), `EU`, or `*`. `validator` says in words what
    proves a value, and is empty where nothing can: then a word beside it must speak for it. `profile` is the smallest
    that looks for it, `action` what a redactor does with it where its policy says nothing, `score` that of a value
    with its best proof, `source` the standard or register that defines it.
    """

    name: str
    countries: str
    validator: str
    profile: str
    action: str
    score: float
    source: str


@cache
def catalogue() -> Mapping[str, EntityInfo]:
    """Every entity by its name, in the order of names.

    >>> catalogue()["IT_FISCAL_CODE"].validator
    'check letter and a date'
    """
    return MappingProxyType({row[0]: EntityInfo(*row) for row in _core.pii_catalogue()})


def entities(profile: str = "strict") -> tuple[str, ...]:
    """The names of the entities that `profile` looks for, sorted; `strict` looks for all.

    The names are Presidio's where it has one. Raises `InvalidInput` for an unknown profile.

    >>> "IBAN_CODE" in entities("minimal"), "UUID" in entities("default")
    (True, False)
    """
    if profile not in PROFILES:
        raise InvalidInput(f"unknown profile {profile!r}; known: {', '.join(PROFILES)}")
    wanted = PROFILES[: PROFILES.index(profile) + 1]
    return tuple(name for name, info in catalogue().items() if info.profile in wanted)
