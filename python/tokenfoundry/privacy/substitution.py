"""What stands for the values of one session: chosen, found again in a text, and turned back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import copy

from tokenfoundry.privacy.detector import Finding
from tokenfoundry.privacy.forms import forms_in, may_hold_form, may_hold_form_in_json
from tokenfoundry.privacy.json_in_text import Json, may_hold_json
from tokenfoundry.privacy.json_levels import LevelsOf, json_levels, unescaped
from tokenfoundry.privacy.placeholders import LITERAL, PlaceholderMap
from tokenfoundry.privacy.protection import Protection
from tokenfoundry.privacy.restore import StreamRestorer, restore
from tokenfoundry.privacy.stepwise import LevelsRestorer, Step, StepwiseRestorer
from tokenfoundry.privacy.surrogates.stand_ins import WHOLE, Ends, StandIns, StandInStream, may_stand

_LETTERS = re.compile(r"[A-Za-z]+")


class Substitution:
    """Placeholders and surrogates of one session. Not thread-safe; `repr` shows how many there are, never a value."""

    __slots__ = ("_protection", "on_prem", "stand_ins", "values")

    def __init__(self, protection: Protection, values: PlaceholderMap | None = None) -> None:
        """`values` are the placeholders that go on."""
        self._protection = protection
        self.values = PlaceholderMap() if values is None else values
        self.stand_ins = StandIns(protection.key, self.values.keep_surrogate) if protection.uses_surrogates else None
        self.on_prem = False
        """Whether the policy demands an on-premises target for what was replaced."""

    def expect(self, texts: Iterable[str]) -> None:
        """Names the texts of a request before any of them is redacted. Surrogates of calls before go on."""
        if self.stand_ins is not None:
            for surrogate, value in self.values.surrogates():
                self.stand_ins.resume(surrogate, value)
            self.stand_ins.see(texts)

    # -- choosing ------------------------------------------------------------------------------------------------------

    def replaced(self, text: str, findings: list[Finding], *, ends: Ends = WHOLE, may_be_json: bool = False) -> str:
        """`text` with the policy applied to what was found in it; `ends` are those of the text that are in it, when it
        is a piece. With `may_be_json` it comes back as it was where it is restored as an answer is (`json_in_text`).
        """
        stand_ins = self.stand_ins
        if stand_ins is None:
            return self._replaced(text, self._protection.places(text, findings), may_be_json=may_be_json)
        places = list(self._protection.places(text, findings, stand_ins.literals(text)))
        if not places:
            return text
        chosen: list[str] = []
        redacted = self._replaced(text, places, chosen, ends=ends, may_be_json=may_be_json)
        # What stands beside a surrogate may make another one of it.
        is_found = [redacted[start:end] for start, end in stand_ins.found(redacted)] == chosen
        return redacted if is_found else self._replaced(text, places, may_be_json=may_be_json)

    def _replaced(
        self,
        text: str,
        places: Iterable[tuple[str, int, int]],
        chosen: list[str] | None = None,
        *,
        ends: Ends = WHOLE,
        may_be_json: bool,
    ) -> str:
        """`text` with what is in these places replaced: by surrogates, which go into `chosen`, if that is given."""
        pieces: list[str] = []
        done = 0
        levels_of = LevelsOf(text) if may_be_json else None
        for entity, start, end in places:
            value = text[start:end]
            if levels_of is not None and "\\" in value:
                start, end, value = _as_meant(entity, value, start, levels_of.at(start))
            made = None
            if chosen is not None and entity != LITERAL and may_stand(text, start, end, ends=ends):
                made = self._surrogate(entity, value, chosen)
            pieces += (text[done:start], made or self.stand_in(entity, value))
            done = end
        pieces.append(text[done:])
        return "".join(pieces)

    def _surrogate(self, entity: str, value: str, chosen: list[str]) -> str | None:
        if self.stand_ins is None or self._protection.policy.action(entity) != "surrogate":
            return None
        made = self.stand_ins.assign(entity, value)
        if made is not None:
            chosen += self.stand_ins.pieces(made)
        return made

    def stand_in(self, entity: str, value: str) -> str:
        """What stands for a value wherever it stands: not a surrogate, which depends on what is beside it."""
        if entity == LITERAL:
            return self.values.assign(LITERAL, value)
        rule = self._protection.policy.rule(entity)
        if rule.action == "mask":
            return rule.masked(value)
        if rule.action == "redact":
            return f"[{entity}]"
        if rule.action == "hash":
            return self._protection.hashed(entity, value)
        self.on_prem = self.on_prem or rule.action == "on_prem"
        return self.values.assign(entity, value)

    # -- what is there -------------------------------------------------------------------------------------------------

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where placeholders and surrogates of this session stand."""
        for start, end, placeholder in forms_in(text):
            if self.values.value_of(placeholder) is not None:
                yield start, end
        if self.stand_ins is not None:
            yield from self.stand_ins.found(text)

    def resume(self, stand_in: str, value: str) -> None:
        """Takes a placeholder or a surrogate over from an earlier session."""
        if stand_in.startswith("["):
            self.values.hold(stand_in, value)
            return
        if self.stand_ins is None:
            self.stand_ins = StandIns(self._protection.key)
        self.stand_ins.resume(stand_in, value)

    def numbered(self, values: PlaceholderMap) -> Substitution:
        """The same with other placeholders for the same values."""
        other = copy(self)
        other.values = values
        return other

    @property
    def restorable(self) -> Mapping[str, str]:
        """Every placeholder and surrogate, and the value of each."""
        return self.values if self.stand_ins is None else {**self.values, **self.stand_ins.values}

    # -- turning back --------------------------------------------------------------------------------------------------

    def restore(self, text: str, *, json: Json = False) -> str:
        """`text` with values in place of what stands for them, escaped once for each JSON text that they stand in."""
        if self.stand_ins is None and (not self.values or not may_hold_form(text)):
            return text
        if json is False or (json is None and not may_hold_json(text)):
            return self._restored(0, text)
        if json and "\\" not in text:  # No text in it has a text in it.
            return self._restored(1, text)
        return "".join([self._restored(levels, part) for levels, part in json_levels(text, json)])

    def _restored(self, levels: int, text: str) -> str:
        if self.stand_ins is not None:
            text = self.stand_ins.restore(text, json=levels)
        return restore(text, self.values, json=levels)

    def stream(self, guard: Step | None, *, json: Json) -> StreamRestorer:
        """A restorer for one stream; `guard` is what it goes through before."""
        restorer: StreamRestorer
        if self.stand_ins is None and not self.values:
            restorer = StreamRestorer(self.values)
        elif json is False:
            restorer = self._stream(0)
        else:
            restorer = LevelsRestorer(self.values, self._stream, json=json)
        return restorer if guard is None else StepwiseRestorer(self.values, guard, restorer)

    def _stream(self, levels: int) -> StreamRestorer:
        restorer = StreamRestorer(self.values, json=levels)
        stand_ins = self.stand_ins
        if stand_ins is None:
            return restorer
        return StepwiseRestorer(self.values, StandInStream(stand_ins, json=levels), restorer)

    def may_restore(self, answer: bytes) -> bool:
        """Whether the JSON text of an answer can hold anything that stands for a value."""
        return bool(self.stand_ins) or (bool(self.values) and may_hold_form_in_json(answer))

    def __repr__(self) -> str:
        return f"Substitution({len(self.restorable)} values)"


def _as_meant(entity: str, written: str, start: int, levels: int) -> tuple[int, int, str]:
    """Where a value stands, and what it says where it comes back escaped, as it stands in JSON."""
    meant = unescaped(written, levels)
    if meant is None and entity == LITERAL and (name := _LETTERS.search(written)) is not None:
        # Without its name it is no placeholder.
        return start + name.start(), start + name.end(), name[0]
    return start, start + len(written), written if meant is None else meant
