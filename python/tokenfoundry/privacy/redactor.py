"""Text made safe to send, and the answer made whole again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from tokenfoundry.errors import BlockedContent, InvalidState
from tokenfoundry.memo import Memo
from tokenfoundry.privacy.detector import Detector, DetectorStream, Finding
from tokenfoundry.privacy.placeholders import LITERAL, NUMBERED, PlaceholderMap
from tokenfoundry.privacy.policy import Policy
from tokenfoundry.privacy.restore import StreamRestorer, restore

_KEPT_CHARACTERS = 4  # Of a masked value, at its end.
_REMEMBERED_TEXTS = 8192
_REMEMBERED_FINDINGS = 64  # Of one text; more are looked for again.

# The beginning of a placeholder in JSON text, where a bracket may be written as an escape too.
_MAY_STAND_IN = re.compile(rb"\[[A-Z]")
_ESCAPED = rb"\u005"

NO_FINDINGS: list[Finding] = []


class Protection:
    """What is looked for and what is done with it: a detector narrowed to what its policy protects.

    What is allowed is not looked for, so that it can never stand before something that is protected: an address of
    the web that is allowed does not hide the e-mail address inside it.
    """

    __slots__ = ("_memo", "_wanted", "detector", "plain", "policy")

    def __init__(self, detector: Detector, policy: Policy, plain: Collection[str]) -> None:
        """Texts among `plain` in which nothing is found are never looked at again."""
        self.detector = detector
        self.policy = policy
        protected = policy.protected
        self._wanted = None if protected == detector.entities else detector.wanted(protected)
        self._memo = Memo[list[Finding]](capacity=_REMEMBERED_TEXTS)
        self.plain = frozenset(text for text in plain if not detector.detect_wanted(text, self._wanted))

    def findings(self, text: str, label: str = "", scope: str | None = None) -> list[Finding]:
        """The findings in `text` that the policy does not allow, in order; `label` stands before it.

        With a `scope`, what was found in the same text of the same scope is remembered; its reasons are not, as they
        may quote it.
        """
        if not label:
            if text in self.plain:
                return NO_FINDINGS
            if scope is not None and (place := self._memo.place(scope, text)) is not None:
                return self._remembered(text, place)
            return self.detector.detect_wanted(text, self._wanted)
        before = f"{label}: "
        findings = self.detector.detect_wanted(before + text, self._wanted)
        size = len(before)
        return [replace(f, start=max(f.start, size) - size, end=f.end - size) for f in findings if f.end > size]

    def _remembered(self, text: str, place: bytes) -> list[Finding]:
        known = self._memo.get(place)
        if known is None:
            known = self.detector.detect_wanted(text, self._wanted)
            if len(known) <= _REMEMBERED_FINDINGS:
                self._memo.put(place, [replace(finding, reason="") for finding in known])
        return known


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

    def __init__(self, protection: Protection, scope: str | None = None) -> None:
        self._protection = protection
        self._scope = scope
        self._values = PlaceholderMap()
        self._counts: dict[str, int] = {}
        self._on_prem = False

    def redact(self, text: str, *, label: str = "") -> str:
        """`text` with the policy applied.

        `label` is what the text is called where it stands, such as its field or its column: it may tell what a value
        is (`partita_iva`, `password`) and is itself left alone.

        Raises `BlockedContent` for an entity that the policy blocks (the session is then as before the call) and
        `InvalidInput` for a lone surrogate.
        """
        # Most texts of a request are its structure: nothing found, nothing that reads as a placeholder.
        return self.redact_found(text, self._protection.findings(text, label, self._scope))

    def redact_found(self, text: str, findings: list[Finding]) -> str:
        """`text` with the policy applied to `findings`, which somebody else found: disjoint, in order, of entities that
        the policy does not allow. Raises as `redact` does.
        """
        return self._redact(text, findings) if findings or "[" in text else text

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

    def restore(self, text: str, *, json: bool = False) -> str:
        """`text` with this session's placeholders replaced by their values, with `json` escaped for JSON."""
        return restore(text, self._values, json=json)

    def incoming(self) -> StreamRedactor:
        """A redactor for one text that comes in pieces and is never held whole."""
        return StreamRedactor(self, self._protection)

    def stream(self, *, json: bool = False) -> StreamRestorer:
        """A restorer for one stream: one for each choice, and for each tool call's arguments (`json`)."""
        return StreamRestorer(self._values, json=json)

    def may_restore(self, answer: bytes) -> bool:
        """Whether the JSON text of an answer can hold a placeholder of this session."""
        return bool(self._values) and (_MAY_STAND_IN.search(answer) is not None or _ESCAPED in answer)

    @property
    def plain(self) -> Collection[str]:
        """Texts in which nothing is found, as they were named when the redactor was made."""
        return self._protection.plain

    @property
    def values(self) -> PlaceholderMap:
        """Placeholder to value, in order of first occurrence."""
        return self._values

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

    def _redact(self, text: str, findings: list[Finding]) -> str:
        for finding in findings:
            if self._protection.policy.action(finding.entity) == "block":
                raise BlockedContent(finding.entity, finding.start, finding.end)
        pieces: list[str] = []
        done = 0
        for entity, start, end in _with_literals(text, findings):
            pieces += (text[done:start], self._stand_in(entity, text[start:end]))
            done = end
        pieces.append(text[done:])
        return "".join(pieces)

    def stand_in(self, entity: str, value: str) -> str:
        """What stands for a value that was found as `entity`, counted, for those who look for themselves."""
        return self._stand_in(entity, value)

    def _stand_in(self, entity: str, value: str) -> str:
        if entity == LITERAL:
            return self._values.assign(LITERAL, value)
        self._counts[entity] = self._counts.get(entity, 0) + 1
        action = self._protection.policy.action(entity)
        if action == "mask":
            return _masked(value)
        if action == "redact":
            return f"[{entity}]"
        self._on_prem = self._on_prem or action == "on_prem"
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
        return self._session._redact(text, here)


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
        policy: Mapping[str, str] | None = None,
        plain: Collection[str] = (),
    ) -> None:
        """`plain` are texts that come again and again, such as the names of fields: those in which nothing is found now
        are not looked at again.
        """
        detector = detector if detector is not None else Detector()
        self._given = dict(policy or {})
        self._protection = Protection(detector, Policy(self._given, entities=detector.entities), plain)

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
        return RedactionSession(self._protection, scope)

    def resumed(self, values: Mapping[str, str]) -> RedactionSession:
        """A session with these placeholders, as `RedactionSession.values` had them: it restores what the one before
        redacted.

        >>> redactor = Redactor()
        >>> before = redactor.session()
        >>> said = before.redact("Sono mario@example.it")
        >>> redactor.resumed(dict(before.values)).restore(said)
        'Sono mario@example.it'
        """
        session = RedactionSession(self._protection)
        for placeholder, value in values.items():
            session.values.assign(placeholder[1:].rpartition("_")[0], value)
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
        return _rebuilt, (self._protection.detector, self._given)

    def __repr__(self) -> str:
        return f"Redactor({self._protection.policy!r})"


def _rebuilt(detector: Detector, policy: dict[str, str]) -> Redactor:
    return Redactor(detector, policy=policy)


def _with_literals(text: str, findings: list[Finding]) -> Iterator[tuple[str, int, int]]:
    """The findings, and between them the user's own text that looks like a placeholder; in order, disjoint."""
    literals = NUMBERED.finditer(text)
    literal = next(literals, None)
    for finding in findings:
        while literal is not None and literal.start() < finding.end:
            if literal.end() <= finding.start:
                yield LITERAL, literal.start(), literal.end()
            literal = next(literals, None)  # One that a finding cuts into is broken up with it.
        yield finding.entity, finding.start, finding.end
    while literal is not None:
        yield LITERAL, literal.start(), literal.end()
        literal = next(literals, None)


def _masked(value: str) -> str:
    """Stars but for the last four characters; all stars for four or fewer.

    Brackets go too: what is left, and the text after it, must not read as a placeholder.
    """
    kept = value[-_KEPT_CHARACTERS:] if len(value) > _KEPT_CHARACTERS else ""
    kept = kept.replace("[", "*").replace("]", "*")
    return "*" * (len(value) - len(kept)) + kept
