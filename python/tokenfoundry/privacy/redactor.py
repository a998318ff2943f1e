"""Text made safe to send, and the answer made whole again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tokenfoundry.privacy.carried import with_missed
from tokenfoundry.privacy.detector import Detector, DetectorStream, Finding
from tokenfoundry.privacy.json_in_text import Json
from tokenfoundry.privacy.placeholders import PlaceholderMap
from tokenfoundry.privacy.policy import ActionOrRule, Policy
from tokenfoundry.privacy.protection import Protection
from tokenfoundry.privacy.pseudonyms import PseudonymKey
from tokenfoundry.privacy.restore import StreamRestorer
from tokenfoundry.privacy.session import RedactionSession, Unreadable

_VERSION_CHARACTERS = 16


@dataclass(frozen=True, slots=True, repr=False)
class Redaction:
    """One text after redaction: `text` is safe to send.

    `findings` are what was found and is not allowed by the policy, in code points of the original.
    """

    text: str
    findings: list[Finding]
    session: RedactionSession

    def restore(self, answer: str, *, json: Json = None) -> str:
        """`answer` with the placeholders replaced by their values, with `json` escaped for JSON; where that is None, in
        those parts of it that are JSON.
        """
        return self.session.restore(answer, json=json)

    def stream(self, *, json: Json = None) -> StreamRestorer:
        """A restorer for one streamed answer; `json` as in `restore`."""
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
        r"""One text by itself, numbered from 1; what is found in one place of it is replaced in all (`carried`).

        Where it is JSON, or holds some, the escapes in it hide nothing, and a value is what it says: it comes back
        escaped as JSON where it comes back into JSON. Raises as `RedactionSession.redact` does.

        >>> r = Redactor().redact(r'{"nota": "Sono Niccol\u00f2 Fabbrizi"}')
        >>> print(r.text, r.restore("Caro [PERSON_1],"))
        {"nota": "Sono [PERSON_1]"} Caro Niccolò Fabbrizi,
        """
        session = self.session()
        findings = with_missed(text, self._protection.findings_in_data(text), self.detector.words_of_name)
        return Redaction(session.redact_findings(text, findings, may_be_json=True), findings, session)

    def session(self, *, scope: str | None = None, values: PlaceholderMap | None = None) -> RedactionSession:
        """A new, empty numbering for the texts of one request; or, with `values`, theirs, which goes on.

        Sessions of one `scope`, such as a project, share what was found in their texts, by keyed hashes of them, so
        that a conversation that grows is not looked through from its beginning each time.
        """
        return RedactionSession(self._protection, scope, values, answers=self._answers, unreadable=self._unreadable)

    @property
    def changes_placeholders_alone(self) -> bool:
        """Whether an answer that names no placeholder goes to its caller as it is."""
        return self._answers is None and not self._protection.uses_surrogates

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
        """Whether nothing is found in `text` that the policy protects, as `redact` reads it."""
        return not self._protection.findings_in_data(text)

    def incoming_findings(self) -> DetectorStream:
        """What would be replaced in a text that comes in pieces."""
        return self._protection.detector.stream(entities=self._protection.policy.protected)

    @property
    def entities(self) -> frozenset[str]:
        """All that its placeholders can be of."""
        return self._protection.stood_for

    @property
    def detector(self) -> Detector:
        """What finds the data."""
        return self._protection.detector

    @property
    def policy(self) -> Policy:
        """What is done with it."""
        return self._protection.policy

    @property
    def key_mark(self) -> str:
        """What tells its key from another one without telling it; empty without a key."""
        return "" if self._key is None else self._protection.key.hashed("KEY", "")

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
