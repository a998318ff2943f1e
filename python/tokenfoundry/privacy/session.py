"""The texts of one request: redacted with one numbering, and the answer made whole again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Literal, TypeVar

from msgspec.structs import replace

from tokenfoundry.errors import BlockedContent
from tokenfoundry.privacy.answers import new_in
from tokenfoundry.privacy.carried import Carried
from tokenfoundry.privacy.detector import Finding
from tokenfoundry.privacy.forms import may_hold_form
from tokenfoundry.privacy.incoming import StreamRedactor
from tokenfoundry.privacy.placeholders import PlaceholderMap
from tokenfoundry.privacy.protection import NO_FINDINGS, Protection
from tokenfoundry.privacy.restoring import RestoringSession
from tokenfoundry.privacy.surrogates.stand_ins import WHOLE, Ends

Unreadable = Literal["allow", "block", "on_prem"]
Made = TypeVar("Made")


class RedactionSession(RestoringSession):
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
        super().__init__(protection, values, answers)
        self._protection = protection
        self._unreadable = unreadable
        self._scope = scope
        self._carried: Carried | None = None  # While the texts of one request are redacted as a whole.
        self._counts: dict[str, int] = {}

    def whole(self, redact: Callable[[], Made]) -> Made:
        """What `redact` makes of all texts of a request with this session, in which no value stands that was found in
        any of them: it is called again when one was missed in another (`carried`). Raises what it raises.

        >>> from tokenfoundry.privacy.redactor import Redactor
        >>> session = Redactor().session()
        >>> texts = ["Foglio 7 Abu", "Abu 0 Abu"]
        >>> session.whole(lambda: [session.redact(text) for text in texts])
        ['Foglio 7 [PERSON_1]', '[PERSON_1] 0 [PERSON_1]']
        """
        self._carried = carried = Carried(self._protection.detector.words_of_name)
        values = self._substitution.values
        values.collect()
        try:
            made = redact()
            if not self.on_prem and carried.seek(values.known(), self._protection.protected):
                self._counts.clear()
                made = redact()
            values.keep()
        finally:
            self._carried = None
        return made

    def expect(self, texts: Iterable[str]) -> None:
        """Names the texts that will be redacted, so that no surrogate is chosen that stands in one of them.

        What is not named is safe too: a surrogate of another's that a user wrote gets a placeholder, and comes back as
        written.
        """
        self._substitution.expect(texts)

    def redact(
        self, text: str, *, label: str = "", may_be_json: bool = False, is_json: bool = False, names: bool = False
    ) -> str:
        """`text` with the policy applied.

        `label` is what the text is called where it stands, such as its field or its column: it may tell what a value
        is (`partita_iva`, `password`) and is itself left alone. With `may_be_json` a value is also found where the
        escapes of JSON hide it, and comes back as it was where `restore` is asked with `json=None`; `is_json` too says
        that it is JSON, and that nothing was found in each of its texts. `names` says that it is an identifier, such as
        the name of a tool: no word of a name is sought in it, nor in a text that is the same.

        Raises `BlockedContent` for an entity that the policy blocks (the session is then as before the call) and
        `InvalidInput` for a lone surrogate.
        """
        findings = self._findings(text, label, may_be_json, is_json, names)
        # Most texts of a request are its structure: nothing found, nothing that reads as a placeholder.
        if findings or may_hold_form(text) or self._substitution.stand_ins is not None:
            return self.redact_findings(text, findings, may_be_json=may_be_json)
        return text

    def _findings(self, text: str, label: str, may_be_json: bool, is_json: bool, names: bool) -> list[Finding]:
        carried = self._carried
        if names and carried is not None:
            carried.identifiers.add(text)
        if carried is not None and (known := carried.findings((text, label, may_be_json))) is not None:
            return known
        if may_be_json:
            findings = self._protection.findings_in_json(text, label, self._scope, is_json=is_json)
        else:
            findings = self._protection.findings(text, label, self._scope)
        if carried is not None and findings is not NO_FINDINGS:
            carried.add((text, label, may_be_json), findings)
        return findings

    def redact_data(self, text: str, *, label: str = "") -> str:
        r"""`text`, which is one of a data set, redacted as `redact` does; the rest stays as it is written.

        Where it may be JSON, the escapes in it hide nothing. A value is kept as it is written there, so that `restore`
        gives back what was there, character for character.

        >>> from tokenfoundry.privacy.redactor import Redactor
        >>> session = Redactor().session()
        >>> print(said := session.redact_data(r'{"nota": "Sono Niccol\u00f2 Fabbrizi"}'))
        {"nota": "Sono [PERSON_1]"}
        >>> print(session.restore(said))
        {"nota": "Sono Niccol\u00f2 Fabbrizi"}
        """
        return self.redact_findings(text, self.findings_in_data(text, label=label))

    def findings_in_data(self, text: str, *, label: str = "") -> list[Finding]:
        """What `redact_data` replaces in a text."""
        return self._protection.findings_in_data(text, label)

    def redact_findings(
        self, text: str, findings: list[Finding], *, ends: Ends = WHOLE, may_be_json: bool = False
    ) -> str:
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
        return self._substitution.replaced(text, findings, ends=ends, may_be_json=may_be_json)

    def redact_item(
        self, text: str, *, label: str = "", may_be_json: bool = False, is_json: bool = False, names: bool = False
    ) -> str:
        """`text` redacted with a numbering of its own, counted here, never restored.

        For independent items of one request, such as embedding inputs: an item's numbers then do not depend on its
        neighbours.

        >>> from tokenfoundry.privacy.redactor import Redactor
        >>> session = Redactor().session()
        >>> [session.redact_item(text) for text in ("Sono mario@example.it", "Sono anna@example.it")]
        ['Sono [EMAIL_ADDRESS_1]', 'Sono [EMAIL_ADDRESS_1]']
        """
        return self._redacted_item(text, self._findings(text, label, may_be_json, is_json, names))

    def redact_again(
        self, text: str, *, label: str = "", may_be_json: bool = False, is_json: bool = False, names: bool = False
    ) -> str:
        """As `redact_item`, of a text that a model made: surrogates of this session are no findings in it."""
        findings = self._findings(text, label, may_be_json, is_json, names)
        if findings and self._substitution.stand_ins is not None:
            new = new_in(text, findings, self._substitution.stand_ins.found)
            findings = [replace(finding, start=start, end=end) for finding, start, end in new]
        return self._redacted_item(text, findings)

    def _redacted_item(self, text: str, findings: list[Finding]) -> str:
        if not findings and not may_hold_form(text):
            return text
        item = RedactionSession(self._protection, self._scope)
        redacted = item.redact_findings(text, findings)
        for entity, count in item._counts.items():
            self._counts[entity] = self._counts.get(entity, 0) + count
        self._substitution.on_prem = self.on_prem or item.on_prem
        return redacted

    def incoming(self) -> StreamRedactor:
        """A redactor for one text that comes in pieces and is never held whole."""
        return StreamRedactor(self._protection, self.redact_findings)

    def stand_in(self, entity: str, value: str) -> str:
        """What stands for a value wherever it stands: not a surrogate, which depends on what is beside it."""
        return self._substitution.stand_in(entity, value)

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
        self._substitution.on_prem = self.on_prem or self._unreadable == "on_prem"

    def as_written(self) -> RedactionSession:
        """For a call that goes as it was written: nothing is restored, and what was found here is nothing new there."""
        session = RedactionSession(self._protection, answers=self._answers)
        session._own = self._own
        return session

    @property
    def plain(self) -> Collection[str]:
        """Texts in which nothing is found, as they were named when the redactor was made."""
        return self._protection.plain

    @property
    def counts(self) -> dict[str, int]:
        """Findings by entity, those that the policy allows left out."""
        return dict(self._counts)

    @property
    def sensitive(self) -> bool:
        """Whether anything was found that the policy does not allow."""
        return bool(self._counts)

    def __repr__(self) -> str:
        return f"RedactionSession(counts={self._counts}, on_prem={self.on_prem})"
