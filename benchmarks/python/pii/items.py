"""A text with what is to be found in it, and the templates that become one.

A template is text with slots: `<IBAN_CODE>` is filled by the generator of that name, `<PHONE_NUMBER:it>` by the same
with a variant. Positions are code points.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from faker import Faker

LOCALES = {"it": ("it_IT",), "en": ("en_US", "en_GB"), "fr": ("fr_FR",), "de": ("de_DE",), "es": ("es_ES",)}
_SLOT = re.compile(r"<([A-Z][A-Z0-9_]*)(?::([a-z0-9_]+))?>")

Extent = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Value:
    """What fills a slot. `extents` are the spans inside `text` that a detector may report, the one it should first.

    `password=...` has two: the password alone, and the whole. No extent: the value is not personal data.
    `aliases` are entities that may be reported for it without being wrong; they are not what is asked for.
    """

    text: str
    extents: tuple[Extent, ...]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    entity: str
    value: str
    extents: tuple[Extent, ...]
    aliases: tuple[str, ...] = ()

    @property
    def start(self) -> int:
        return self.extents[0][0]

    @property
    def end(self) -> int:
        return self.extents[0][1]


@dataclass(frozen=True, slots=True)
class Item:
    text: str
    truths: tuple[Truth, ...]
    language: str
    family: str


def whole(text: str, *, aliases: tuple[str, ...] = ()) -> Value:
    return Value(text, ((0, len(text)),), aliases)


def nothing(text: str) -> Value:
    return Value(text, ())


def inside(before: str, value: str, after: str = "", *, aliases: tuple[str, ...] = ()) -> Value:
    """`value` is to be found; the whole, with what is around it, is as right."""
    text = before + value + after
    exact = (len(before), len(before) + len(value))
    return Value(text, tuple(dict.fromkeys((exact, (0, len(text)), (0, exact[1])))), aliases)


@dataclass(slots=True)
class Draw:
    """The source of all chance of one set: a seeded generator, and Faker's seeded from it."""

    random: random.Random
    language: str = "en"
    _fakers: dict[str, Faker] = field(default_factory=dict)

    def faker(self, locale: str | None = None) -> Faker:
        locale = locale or self.random.choice(LOCALES[self.language])
        if locale not in self._fakers:
            self._fakers[locale] = Faker(locale)
            self._fakers[locale].seed_instance(self.random.getrandbits(32))
        return self._fakers[locale]

    def digits(self, count: int) -> str:
        return "".join(self.random.choices("0123456789", k=count))

    def letters(self, count: int, alphabet: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ") -> str:
        return "".join(self.random.choices(alphabet, k=count))

    def likely(self, probability: float) -> bool:
        return self.random.random() < probability


Generator = Callable[[Draw, str | None], Value]


def slots(template: str) -> list[str]:
    """The names of a template's slots, in order."""
    return [match[1] for match in _SLOT.finditer(template)]


def render(template: str, draw: Draw, generators: Mapping[str, Generator], *, family: str) -> Item:
    """Fills the slots. Raises `KeyError` for a slot that no generator fills."""
    text: list[str] = []
    truths: list[Truth] = []
    length = 0
    end = 0
    for match in _SLOT.finditer(template):
        value = generators[match[1]](draw, match[2])
        between = template[end : match.start()]
        start = length + len(between)
        text += (between, value.text)
        length = start + len(value.text)
        end = match.end()
        if value.extents:
            extents = tuple((start + first, start + last) for first, last in value.extents)
            first, last = value.extents[0]
            truths.append(Truth(match[1], value.text[first:last], extents, value.aliases))
    text.append(template[end:])
    return Item("".join(text), tuple(truths), draw.language, family)


def joined(items: list[Item], separator: str, *, family: str) -> Item:
    """The items as one text, one after the other."""
    text = ""
    truths: list[Truth] = []
    for item in items:
        if text:
            text += separator
        shift = len(text)
        for truth in item.truths:
            extents = tuple((start + shift, end + shift) for start, end in truth.extents)
            truths.append(Truth(truth.entity, truth.value, extents, truth.aliases))
        text += item.text
    return Item(text, tuple(truths), items[0].language, family)
