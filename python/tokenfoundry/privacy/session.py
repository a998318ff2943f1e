"""The texts of one request: redacted with one numbering, and the answer made whole again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import copy
from typing import Literal

from tokenfoundry.errors import BlockedContent
from tokenfoundry.privacy.answers import AnswerGuard
from tokenfoundry.privacy.answers_in_json import Guard, JsonGuard
from tokenfoundry.privacy.detector import Finding
from tokenfoundry.privacy.forms import OPENERS, forms_in
from tokenfoundry.privacy.incoming import StreamRedactor
from tokenfoundry.privacy.placeholders import LITERAL, PlaceholderMap
from tokenfoundry.privacy.protection import Protection
from tokenfoundry.privacy.restore import StreamRestorer, restore
from tokenfoundry.privacy.stepwise import Step, StepwiseRestorer
from tokenfoundry.privacy.surrogates.stand_ins import WHOLE, Ends, StandIns, StandInStream, may_stand

# The beginning of a placeholder in JSON text, in any of its forms.
_MAY_STAND_IN = re.compile(
    rb"(?:\[|\xef\xbc\xbb|\xe3\x80\x90)(?:[ \t]|\xc2\xa0)*[A-Za-z\\]|\\u(?:00[25]|[fF][fF]3|30)|&(?:#|l)"
)

Unreadable = Literal["allow", "block", "on_prem"]


class RedactionSession:
    """The texts of one request, with one numbering. Lives as long as the request; not thread-safe.

    Made by `Redactor.session()`. `repr` shows counts, never a value.

    >>> from tokenfoundry.privacy.redactor import Redactor
    >>> session = Redactor().session()
    >>> session.redact("Sono mario@example.it"), session.redact("anna@example.it scrive a mario@example.it")
    ('Sono [EMAIL_ADDRESS_1]', '[EMAIL_ADDRESS_2] scrive a [EMAIL_ADDRESS_1]')
    >>> session.restore("Ciao [EMAIL_ADDRESS_2]!")
    'Ciao anna@example.it!'
    >>> session.counts, session.sensitive, session.on_prem
    ({'EMAIL_ADDRESS': 3}, True, False)
    """

    def __init__(
        self,
        protection: Protection,
        scope: str | None = None,
        values: PlaceholderMap | None = None,
        *,
        answers: Protection | None = None,
        unreadable: Unreadable = "allow",
    ) -> None:
        """`values` are the placeholders that go on; `answers` is what is done with what a model adds of its own."""
        self._protection = protection
        self._answers = answers
        self._unreadable = unreadable
        self._scope = scope
        self._own: set[str] = set()  # What was found and may come back as it is; kept where answers are looked at.
        self._values = PlaceholderMap() if values is None else values
        self._stand_ins = StandIns(protection.key) if protection.uses_surrogates else None
        self._counts: dict[str, int] = {}
        self._on_prem = False

    def expect(self, texts: Iterable[str]) -> None:
        """Names the texts that will be redacted, so that no surrogate is chosen that stands in one of them.

        What is not named is safe too: a surrogate of another's that a user wrote gets a placeholder, and comes back as
        written.
        """
        if self._stand_ins is not None:
            self._stand_ins.see(texts)

    def redact(self, text: str, *, label: str = "", may_be_json: bool = False) -> str:
        """`text` with the policy applied.

        `label` is what the text is called where it stands, such as its field or its column: it may tell what a value
        is (`partita_iva`, `password`) and is itself left alone. With `may_be_json` a value is also found where the
        escapes of JSON hide it.

        Raises `BlockedContent` for an entity that the policy blocks (the session is then as before the call) and
        `InvalidInput` for a lone surrogate.
        """
        find = self._protection.findings_in_json if may_be_json else self._protection.findings
        findings = find(text, label, self._scope)
        # Most texts of a request are its structure: nothing found, nothing that reads as a placeholder.
        if findings or OPENERS.search(text) is not None or self._stand_ins is not None:
            return self.redact_findings(text, findings)
        return text

    def redact_item(self, text: str, *, label: str = "", may_be_json: bool = False) -> str:
        """`text` redacted with a numbering of its own, counted here, never restored.

        For independent items of one request, such as embedding inputs: an item's text then does not depend on its
        neighbours.

        >>> from tokenfoundry.privacy.redactor import Redactor
        >>> session = Redactor().session()
        >>> [session.redact_item(text) for text in ("Sono mario@example.it", "Sono anna@example.it")]
        ['Sono [EMAIL_ADDRESS_1]', 'Sono [EMAIL_ADDRESS_1]']
        """
        item = RedactionSession(self._protection, self._scope)
        redacted = item.redact(text, label=label, may_be_json=may_be_json)
        for entity, count in item._counts.items():
            self._counts[entity] = self._counts.get(entity, 0) + count
        self._on_prem = self._on_prem or item._on_prem
        return redacted

    @property
    def minds_unreadable(self) -> bool:
        """Whether what cannot be read is told of by `pass_unreadable`."""
        return self._unreadable != "allow"

    def pass_unreadable(self, what: str) -> None:
        """Something of the request cannot be read, such as a picture. Raises `BlockedContent` naming it when the policy
        blocks that.
        """
        if self._unreadable == "block":
            raise BlockedContent(what, 0, 0)
        self._on_prem = self._on_prem or self._unreadable == "on_prem"

    def as_written(self) -> RedactionSession:
        """For a call that goes as it was written: nothing is restored, and what was found here is nothing new there."""
        session = RedactionSession(self._protection, answers=self._answers)
        session._own = self._own
        return session

    @property
    def guards(self) -> bool:
        """Whether anything is done with what a model adds of its own."""
        return self._answers is not None

    def guarded(self, text: str, *, label: str = "", json: bool = False) -> str:
        """A text of an answer before it is restored, with the policy of answers applied to what is not this session's.

        With `json` each text inside it. Raises `BlockedContent`.
        """
        if self._answers is None:
            return text
        guard = self.guard(label=label, json=json)
        return guard.feed(text) + guard.close()

    def guard(self, *, label: str = "", json: bool = False) -> Guard:
        """The same for one text that comes in pieces."""
        answers = self._answers
        assert answers is not None, "ask `guards` first"
        if json:
            return JsonGuard(lambda name: AnswerGuard(answers, self._stands_in, self._own, label=name))
        return AnswerGuard(answers, self._stands_in, self._own, label=label)

    def _stands_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Where placeholders and surrogates of this session stand."""
        for start, end, placeholder in forms_in(text):
            if self._values.value_of(placeholder) is not None:
                yield start, end
        if self._stand_ins is not None:
            yield from self._stand_ins.found(text)

    def without_surrogates(self, text: str) -> str:
        """`text` with something that is no personal data in place of each surrogate of this session."""
        return text if self._stand_ins is None else self._stand_ins.hidden(text)

    def resume(self, stand_in: str, value: str) -> None:
        """Takes a placeholder or a surrogate over from an earlier session."""
        if stand_in.startswith("["):
            self._values.hold(stand_in, value)
            return
        if self._stand_ins is None:
            self._stand_ins = StandIns(self._protection.key)
        self._stand_ins.resume(stand_in, value)

    def numbered(self, values: PlaceholderMap) -> RedactionSession:
        """This session with other placeholders for the same values: it restores what is said with these."""
        other = copy(self)
        other._values = values
        return other

    def restore(self, text: str, *, json: bool = False) -> str:
        """`text` with this session's placeholders replaced by their values, with `json` escaped for JSON."""
        if self._stand_ins is not None:
            text = self._stand_ins.restore(text, json=json)
        return restore(text, self._values, json=json)

    def incoming(self) -> StreamRedactor:
        """A redactor for one text that comes in pieces and is never held whole."""
        return StreamRedactor(self._protection, self.redact_findings)

    def stream(self, *, json: bool = False) -> StreamRestorer:
        """A restorer for one stream: one for each choice, and for each tool call's arguments (`json`)."""
        steps: list[Step] = [] if self._answers is None else [self.guard(json=json)]
        if self._stand_ins is not None:
            steps.append(StandInStream(self._stand_ins, json=json))
        return StepwiseRestorer(self._values, steps, json=json) if steps else StreamRestorer(self._values, json=json)

    def may_restore(self, answer: bytes) -> bool:
        """Whether the JSON text of an answer can hold anything that changes before its caller gets it."""
        if self._stand_ins or self._answers is not None:
            return True
        return bool(self._values) and _MAY_STAND_IN.search(answer) is not None

    @property
    def plain(self) -> Collection[str]:
        """Texts in which nothing is found, as they were named when the redactor was made."""
        return self._protection.plain

    @property
    def values(self) -> PlaceholderMap:
        """Placeholder to value, in order of first occurrence."""
        return self._values

    @property
    def restorable(self) -> Mapping[str, str]:
        """Every placeholder and surrogate, and the value of each: what `Redactor.resumed` takes."""
        return self._values if self._stand_ins is None else {**self._values, **self._stand_ins.values}

    @property
    def uses_surrogates(self) -> bool:
        """Whether it is worth while to `expect` texts."""
        return self._stand_ins is not None

    @property
    def counts(self) -> dict[str, int]:
        """Findings by entity, those that the policy allows left out."""
        return dict(self._counts)

    @property
    def sensitive(self) -> bool:
        """Whether anything was found that the policy does not allow."""
        return bool(self._counts)

    @property
    def on_prem(self) -> bool:
        """Whether the policy demands an on-premises target for what was found."""
        return self._on_prem

    def redact_findings(self, text: str, findings: list[Finding], *, ends: Ends = WHOLE) -> str:
        """`text` with the policy applied to what was found in it. Raises `BlockedContent`, as `redact` does.

        `ends` are those of the text that are in it, when it is a piece.
        """
        for finding in findings:
            if self._protection.policy.action(finding.entity) == "block":
                raise BlockedContent(finding.entity, finding.start, finding.end)
        for finding in findings:
            self._counts[finding.entity] = self._counts.get(finding.entity, 0) + 1
        if self._answers is not None:
            self._own.update(text[finding.start : finding.end] for finding in findings)
        stand_ins = self._stand_ins
        if stand_ins is None:
            return self._replaced(text, self._protection.places(text, findings))
        places = list(self._protection.places(text, findings, stand_ins.literals(text)))
        if not places:
            return text
        chosen: list[str] = []
        redacted = self._replaced(text, places, chosen, ends=ends)
        # What stands beside a surrogate may make another one of it.
        is_found = [redacted[start:end] for start, end in stand_ins.found(redacted)] == chosen
        return redacted if is_found else self._replaced(text, places)

    def _replaced(
        self,
        text: str,
        places: Iterable[tuple[str, int, int]],
        chosen: list[str] | None = None,
        *,
        ends: Ends = WHOLE,
    ) -> str:
        """`text` with what is in these places replaced: by surrogates, which go into `chosen`, if that is given."""
        pieces: list[str] = []
        done = 0
        for entity, start, end in places:
            value = text[start:end]
            made = None
            if chosen is not None and entity != LITERAL and may_stand(text, start, end, ends=ends):
                made = self._surrogate(entity, value, chosen)
            pieces += (text[done:start], made or self.stand_in(entity, value))
            done = end
        pieces.append(text[done:])
        return "".join(pieces)

    def _surrogate(self, entity: str, value: str, chosen: list[str]) -> str | None:
        if self._stand_ins is None or self._protection.policy.action(entity) != "surrogate":
            return None
        made = self._stand_ins.assign(entity, value)
        if made is not None:
            chosen += (made[start:end] for start, end in self._stand_ins.found(made))
        return made

    def stand_in(self, entity: str, value: str) -> str:
        """What stands for a value wherever it stands: not a surrogate, which depends on what is beside it."""
        if entity == LITERAL:
            return self._values.assign(LITERAL, value)
        rule = self._protection.policy.rule(entity)
        if rule.action == "mask":
            return rule.masked(value)
        if rule.action == "redact":
            return f"[{entity}]"
        if rule.action == "hash":
            return self._protection.hashed(entity, value)
        self._on_prem = self._on_prem or rule.action == "on_prem"
        return self._values.assign(entity, value)

    def __repr__(self) -> str:
        return f"RedactionSession(counts={self._counts}, on_prem={self._on_prem})"
