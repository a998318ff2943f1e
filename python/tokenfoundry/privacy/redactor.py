"""Text made safe to send, and the answer made whole again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from tokenfoundry.errors import BlockedContent, InvalidState
from tokenfoundry.privacy.answers import AnswerGuard
from tokenfoundry.privacy.answers_in_json import Guard, JsonGuard
from tokenfoundry.privacy.detector import Detector, DetectorStream, Finding
from tokenfoundry.privacy.forms import OPENERS, forms_in
from tokenfoundry.privacy.placeholders import LITERAL, PlaceholderMap
from tokenfoundry.privacy.policy import ActionOrRule, Policy
from tokenfoundry.privacy.protection import Protection
from tokenfoundry.privacy.pseudonyms import PseudonymKey
from tokenfoundry.privacy.restore import StreamRestorer, restore
from tokenfoundry.privacy.stepwise import Step, StepwiseRestorer
from tokenfoundry.privacy.surrogates.stand_ins import StandIns, StandInStream, may_stand

# The beginning of a placeholder in JSON text, in any of its forms.
_MAY_STAND_IN = re.compile(
    rb"(?:\[|\xef\xbc\xbb|\xe3\x80\x90)(?:[ \t]|\xc2\xa0)*[A-Za-z\\]|\\u(?:00[25]|[fF][fF]3|30)|&(?:#|l)"
)

_VERSION_CHARACTERS = 16

Unreadable = Literal["allow", "block", "on_prem"]


class RedactionSession:
    """The texts of one request, with one numbering. Lives as long as the request; not thread-safe.

    Made by `Redactor.session()`. `repr` shows counts, never a value.

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
        *,
        answers: Protection | None = None,
        unreadable: Unreadable = "allow",
    ) -> None:
        """`answers` is what is done with what a model adds of its own."""
        self._protection = protection
        self._answers = answers
        self._unreadable = unreadable
        self._scope = scope
        self._own: set[str] = set()  # What was found and may come back as it is; kept where answers are looked at.
        self._values = PlaceholderMap()
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

    def redact(self, text: str, *, label: str = "") -> str:
        """`text` with the policy applied.

        `label` is what the text is called where it stands, such as its field or its column: it may tell what a value
        is (`partita_iva`, `password`) and is itself left alone.

        Raises `BlockedContent` for an entity that the policy blocks (the session is then as before the call) and
        `InvalidInput` for a lone surrogate.
        """
        findings = self._protection.findings(text, label, self._scope)
        # Most texts of a request are its structure: nothing found, nothing that reads as a placeholder.
        if findings or OPENERS.search(text) is not None or self._stand_ins is not None:
            return self._redact(text, findings)
        return text

    def redact_item(self, text: str, *, label: str = "") -> str:
        """`text` redacted with a numbering of its own, counted here, never restored.

        For independent items of one request, such as embedding inputs: an item's text then does not depend on its
        neighbours.

        >>> session = Redactor().session()
        >>> [session.redact_item(text) for text in ("Sono mario@example.it", "Sono anna@example.it")]
        ['Sono [EMAIL_ADDRESS_1]', 'Sono [EMAIL_ADDRESS_1]']
        """
        item = RedactionSession(self._protection, self._scope)
        redacted = item.redact(text, label=label)
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
            self._values.assign(stand_in[1:].rpartition("_")[0], value)
            return
        if self._stand_ins is None:
            self._stand_ins = StandIns(self._protection.key)
        self._stand_ins.resume(stand_in, value)

    def restore(self, text: str, *, json: bool = False) -> str:
        """`text` with this session's placeholders replaced by their values, with `json` escaped for JSON."""
        if self._stand_ins is not None:
            text = self._stand_ins.restore(text, json=json)
        return restore(text, self._values, json=json)

    def incoming(self) -> StreamRedactor:
        """A redactor for one text that comes in pieces and is never held whole."""
        return StreamRedactor(self, self._protection)

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

    def _redact(self, text: str, findings: list[Finding], *, is_whole: bool = True) -> str:
        """`is_whole`: no piece before or after it belongs to this text."""
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
        redacted = self._replaced(text, places, chosen, is_whole=is_whole)
        # What stands beside a surrogate may make another one of it.
        is_found = [redacted[start:end] for start, end in stand_ins.found(redacted)] == chosen
        return redacted if is_found else self._replaced(text, places)

    def _replaced(
        self,
        text: str,
        places: Iterable[tuple[str, int, int]],
        chosen: list[str] | None = None,
        *,
        is_whole: bool = True,
    ) -> str:
        """`text` with what is in these places replaced: by surrogates, which go into `chosen`, if that is given."""
        pieces: list[str] = []
        done = 0
        for entity, start, end in places:
            value = text[start:end]
            made = None
            if chosen is not None and entity != LITERAL and may_stand(text, start, end, is_whole=is_whole):
                made = self._surrogate(entity, value, chosen)
            pieces += (text[done:start], made or self._stand_in(entity, value))
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

    def _stand_in(self, entity: str, value: str) -> str:
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


class StreamRedactor:
    """Redacts one text piece by piece, with the numbering of its session. One text, one thread.

    What can still be part of a finding is held back: up to 128 KiB. `feed` and `close` raise as
    `RedactionSession.redact` does; after `BlockedContent` the rest of the text is not to be used.

    >>> session = Redactor().session()
    >>> stream = session.incoming()
    >>> stream.feed("scrivi a mario@exam") + stream.feed("ple.it, grazie") + stream.close()
    'scrivi a [EMAIL_ADDRESS_1], grazie'
    """

    def __init__(self, session: RedactionSession, protection: Protection) -> None:
        self._session = session
        self._stream = protection.detector.stream(entities=protection.policy.protected)
        self._held = ""  # From code point self._done on.
        self._done = 0
        self._ended = ""  # Why nothing more may come.

    def feed(self, text: str) -> str:
        """What can be passed on now: redacted text, possibly empty.

        Raises `InvalidState` after `close` and after an error: what stood there was not passed on.
        """
        self._check()
        self._ended = "an error ended the stream"
        findings = self._stream.feed(text)
        self._held += text
        passed = self._pass_on(findings, self._stream.decided)
        self._ended = ""
        return passed

    def close(self) -> str:
        """The rest. Raises as `feed` does."""
        self._check()
        self._ended = "the stream is closed"
        return self._pass_on(self._stream.close(), self._done + len(self._held))

    def _check(self) -> None:
        if self._ended:
            raise InvalidState(f"{self._ended}; begin another with incoming()")

    def _pass_on(self, findings: list[Finding], decided: int) -> str:
        end = max([decided, *(finding.end for finding in findings)]) - self._done
        here = [
            replace(finding, start=finding.start - self._done, end=finding.end - self._done) for finding in findings
        ]
        text, self._held = self._held[:end], self._held[end:]
        self._done += end
        return self._session._redact(text, here, is_whole=False)


@dataclass(frozen=True, slots=True, repr=False)
class Redaction:
    """One text after redaction: `text` is safe to send.

    `findings` are what was found and is not allowed by the policy, in code points of the original.
    """

    text: str
    findings: list[Finding]
    session: RedactionSession

    def restore(self, answer: str, *, json: bool = False) -> str:
        """`answer` with the placeholders replaced by their values, with `json` escaped for JSON."""
        return self.session.restore(answer, json=json)

    def stream(self, *, json: bool = False) -> StreamRestorer:
        """A restorer for one streamed answer."""
        return self.session.stream(json=json)

    def __repr__(self) -> str:
        return f"Redaction({len(self.findings)} findings)"


class Redactor:
    """A detector and what to do with what it finds. Immutable: build one and share it between threads.

    `policy` maps entities, or `default`, to actions (see `Policy`). Raises `InvalidInput` for an unknown one.

    >>> redactor = Redactor(policy={"IBAN_CODE": "mask"})
    >>> r = redactor.redact("Mario (mario@example.it), IBAN IT60X0542811101000000123456")
    >>> r.text
    '[PERSON_1] ([EMAIL_ADDRESS_1]), IBAN ***********************3456'
    >>> r.restore("Ho scritto a [EMAIL_ADDRESS_1].")
    'Ho scritto a mario@example.it.'
    """

    def __init__(
        self,
        detector: Detector | None = None,
        *,
        policy: Mapping[str, ActionOrRule] | None = None,
        plain: Collection[str] = (),
        key: bytes | None = None,
        answers: Mapping[str, ActionOrRule] | None = None,
        unreadable: Unreadable = "allow",
    ) -> None:
        """`plain` are texts that come again and again, such as the names of fields: those in which nothing is found now
        are not looked at again. `key`, at least 16 bytes that are hard to guess, makes hashes and surrogates what they
        are; without it nothing is hashed, and surrogates are others in each redactor.

        `answers` is the policy of what a model adds of its own (see `RedactionSession.guarded`; `allow` for what it
        does not name), `unreadable` what is done with what cannot be read: `allow`, `block` or `on_prem`.
        """
        detector = detector if detector is not None else Detector()
        self._given = dict(policy or {})
        self._key = key
        self._given_answers = dict(answers or {})
        self._unreadable = unreadable
        pseudonyms = None if key is None else PseudonymKey(key)
        policy_of_answers = Policy(self._given_answers, entities=detector.entities, of_answers=True)
        self._protection = Protection(detector, Policy(self._given, entities=detector.entities), plain, pseudonyms)
        # None costs nothing: a call whose answers nobody looks at is not to notice that others' are.
        is_looked_at = bool(policy_of_answers.protected)
        self._answers = Protection(detector, policy_of_answers, (), pseudonyms) if is_looked_at else None
        said = f"{self._protection.policy!r}{policy_of_answers!r}{unreadable}"
        self._version = hashlib.sha256(said.encode()).hexdigest()[:_VERSION_CHARACTERS]

    def redact(self, text: str) -> Redaction:
        """One text by itself, numbered from 1. Raises as `RedactionSession.redact` does."""
        session = self.session()
        findings = self._protection.findings(text)
        return Redaction(session._redact(text, findings), findings, session)

    def session(self, *, scope: str | None = None) -> RedactionSession:
        """A new, empty numbering for the texts of one request.

        Sessions of one `scope`, such as a project, share what was found in their texts, by keyed hashes of them, so
        that a conversation that grows is not looked through from its beginning each time.
        """
        return RedactionSession(self._protection, scope, answers=self._answers, unreadable=self._unreadable)

    @property
    def version(self) -> str:
        """Tells policies apart: what is kept under one is not for another."""
        return self._version

    def resumed(self, values: Mapping[str, str]) -> RedactionSession:
        """A session with these placeholders, as `RedactionSession.values` had them: it restores what the one before
        redacted.

        >>> redactor = Redactor()
        >>> before = redactor.session()
        >>> said = before.redact("Sono mario@example.it")
        >>> redactor.resumed(dict(before.values)).restore(said)
        'Sono mario@example.it'
        """
        session = self.session()
        for placeholder, value in values.items():
            session.resume(placeholder, value)
        return session

    def is_clean(self, text: str) -> bool:
        """Whether nothing is found in `text` that the policy protects."""
        return not self._protection.findings(text)

    def incoming_findings(self) -> DetectorStream:
        """What would be replaced in a text that comes in pieces."""
        return self._protection.detector.stream(entities=self._protection.policy.protected)

    @property
    def detector(self) -> Detector:
        """What finds the data."""
        return self._protection.detector

    @property
    def policy(self) -> Policy:
        """What is done with it."""
        return self._protection.policy

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (self._protection.detector, self._given, self._key, self._given_answers, self._unreadable)

    def __repr__(self) -> str:
        return f"Redactor({self._protection.policy!r})"


def _rebuilt(
    detector: Detector,
    policy: dict[str, ActionOrRule],
    key: bytes | None,
    answers: dict[str, ActionOrRule],
    unreadable: Unreadable,
) -> Redactor:
    return Redactor(detector, policy=policy, key=key, answers=answers, unreadable=unreadable)
