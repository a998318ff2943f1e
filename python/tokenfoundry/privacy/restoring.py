"""What answers are made whole with: the values of a session, and what is done with what a model adds of its own."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Self

from tokenfoundry.privacy.answers import AnswerGuard
from tokenfoundry.privacy.answers_in_json import Guard, GuardInParts, JsonGuard
from tokenfoundry.privacy.json_in_text import Json
from tokenfoundry.privacy.placeholders import PlaceholderMap
from tokenfoundry.privacy.protection import Protection
from tokenfoundry.privacy.restore import StreamRestorer
from tokenfoundry.privacy.substitution import Substitution


class RestoringSession:
    """What stands for the values of a session, and back. Not thread-safe."""

    def __init__(self, protection: Protection, values: PlaceholderMap | None, answers: Protection | None) -> None:
        """`values` are the placeholders that go on; `answers` is what is done with what a model adds of its own."""
        self._answers = answers
        self._own: set[str] = set()  # What was found and may come back as it is; kept where answers are looked at.
        self._substitution = Substitution(protection, values)

    @property
    def guards(self) -> bool:
        """Whether anything is done with what a model adds of its own."""
        return self._answers is not None

    def guarded(self, text: str, *, label: str = "", json: Json = False) -> str:
        """A text of an answer before it is restored, with the policy of answers applied to what is not this session's.

        With `json` each text inside it; where that is None, inside those parts that are JSON (`json_in_text`). Raises
        `BlockedContent`.
        """
        if self._answers is None:
            return text
        guard = self.guard(label=label, json=json)
        return guard.feed(text) + guard.close()

    def guard(self, *, label: str = "", json: Json = False) -> Guard:
        """The same for one text that comes in pieces."""
        before = f"{label}: " if label else ""
        return GuardInParts(self._guard, before) if json is None else self._guard(json, before)

    def _guard(self, json: bool, before: str) -> Guard:
        answers, known = self._answers, self._substitution.places
        assert answers is not None, "ask `guards` first"
        if json:
            # A text inside JSON may be JSON once more.
            return JsonGuard(lambda name: self.guard(label=name, json=None))
        return AnswerGuard(answers, known, self._own, before)

    def restore(self, text: str, *, json: Json = False) -> str:
        """`text` with this session's placeholders replaced by their values, with `json` escaped for JSON; where that is
        None, in those parts that are JSON (`json_in_text`).

        >>> from tokenfoundry.privacy.redactor import Redactor
        >>> session = Redactor().resumed({"[PERSON_1]": 'Mario "il Duro"'})
        >>> print(session.restore('{"a": "[PERSON_1]"} [PERSON_1]', json=None))
        {"a": "Mario \\"il Duro\\""} Mario "il Duro"
        """
        return self._substitution.restore(text, json=json)

    def stream(self, *, json: Json = False) -> StreamRestorer:
        """A restorer for one stream: of a choice, or of a tool call's arguments. `json` as in `restore`."""
        return self._substitution.stream(None if self._answers is None else self.guard(json=json), json=json)

    def may_restore(self, answer: bytes) -> bool:
        """Whether the JSON text of an answer can hold anything that changes before its caller gets it."""
        return self._answers is not None or self._substitution.may_restore(answer)

    # -- what it knows -------------------------------------------------------------------------------------------------

    def resume(self, stand_in: str, value: str) -> None:
        """Takes a placeholder or a surrogate over from an earlier session."""
        self._substitution.resume(stand_in, value)

    def numbered(self, values: PlaceholderMap) -> Self:
        """This session with other placeholders for the same values: it restores what is said with these."""
        other = copy(self)
        other._substitution = self._substitution.numbered(values)
        return other

    def without_surrogates(self, text: str) -> str:
        """`text` with something that is no personal data in place of each surrogate of this session."""
        return text if self._substitution.stand_ins is None else self._substitution.stand_ins.hidden(text)

    @property
    def values(self) -> PlaceholderMap:
        """Placeholder to value, in order of first occurrence."""
        return self._substitution.values

    @property
    def restorable(self) -> Mapping[str, str]:
        """Every placeholder and surrogate, and the value of each: what `Redactor.resumed` takes."""
        return self._substitution.restorable

    @property
    def uses_surrogates(self) -> bool:
        """Whether it is worth while to `expect` texts."""
        return self._substitution.stand_ins is not None

    @property
    def on_prem(self) -> bool:
        """Whether the policy demands an on-premises target for what was found."""
        return self._substitution.on_prem
