"""What is looked for in texts, what is done with it, and where in a text something has to be done."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from msgspec.structs import replace

from tokenfoundry.errors import InvalidInput
from tokenfoundry.memo import Memo, Place
from tokenfoundry.privacy.detector import Detector, Finding
from tokenfoundry.privacy.forms import ESCAPES, Unescaped, literals_in
from tokenfoundry.privacy.json_leaves import HALVES, findings_in_leaves
from tokenfoundry.privacy.placeholders import LITERAL
from tokenfoundry.privacy.policy import Policy
from tokenfoundry.privacy.pseudonyms import PseudonymKey

_REMEMBERED_TEXTS = 8192
_REMEMBERED_FINDINGS = 64  # Of one text; more are looked for again.

NO_FINDINGS: list[Finding] = []


class Protection:
    """What is looked for and what is done with it: a detector narrowed to what its policy protects.

    What is allowed is not looked for, so that it can never stand before something that is protected: an address of
    the web that is allowed does not hide the e-mail address inside it.
    """

    __slots__ = ("_memo", "_wanted", "detector", "key", "plain", "policy", "protected", "stood_for", "uses_surrogates")

    def __init__(self, detector: Detector, policy: Policy, plain: Collection[str], key: PseudonymKey | None) -> None:
        """Texts among `plain` in which nothing is found are never looked at again. Raises `InvalidInput` when the
        policy hashes and there is no key.
        """
        if key is None and policy.uses("hash"):
            raise InvalidInput("hash needs a key, or the same value would not have the same hash tomorrow")
        self.detector = detector
        self.policy = policy
        self.key = key or PseudonymKey.random()
        self.uses_surrogates = policy.uses("surrogate")
        self.stood_for = frozenset((*detector.entities, LITERAL))  # Entities that a placeholder may be of.
        protected = policy.protected
        self.protected = frozenset(protected)
        self._wanted = None if protected == detector.entities else detector.wanted(protected)
        self._memo = Memo[list[Finding]](capacity=_REMEMBERED_TEXTS)
        self.plain = frozenset(text for text in plain if not detector.detect_wanted(text, self._wanted))

    def findings_in_json(
        self, text: str, label: str = "", scope: str | None = None, *, is_json: bool = False
    ) -> list[Finding]:
        """As `findings`, of a text that may be JSON or hold some: its escapes neither hide a value nor cut one.

        `is_json` says that it is, and that nothing was found in each of its texts: then it is read as that alone.
        """
        if "\\" not in text or ESCAPES.search(text) is None:
            return self.findings(text, label, scope)
        found = NO_FINDINGS if is_json else self.findings(text, label, scope)
        read = Unescaped(text)
        seen = self.findings(HALVES.sub("\ufffd", read.text), label, scope)
        both = [replace(f, start=read.position(f.start), end=read.position(f.end)) for f in seen]
        both += [f for f in found if not any(f.start < other.end and other.start < f.end for other in both)]
        return sorted(both, key=lambda finding: finding.start)

    def findings_in_data(self, text: str, label: str = "") -> list[Finding]:
        """As `findings`, of a text of a data set: where it is JSON with escapes, in each of its texts, called what its
        field is called, or if there is nothing, in all of it as it reads.
        """
        if "\\" not in text:
            return self.findings(text, label)
        in_leaves = findings_in_leaves(text, self.findings_in_data)
        return in_leaves or self.findings_in_json(text, label, is_json=in_leaves is not None)

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
        return self.findings_after(f"{label}: ", text)

    def findings_after(self, before: str, text: str) -> list[Finding]:
        """The findings in `text`, or in the part that they have in it, when `before` stands before it."""
        findings = self.detector.detect_wanted(before + text, self._wanted)
        size = len(before)
        return [replace(f, start=max(f.start, size) - size, end=f.end - size) for f in findings if f.end > size]

    def hashed(self, entity: str, value: str) -> str:
        """What stands for a value that is hashed."""
        return self.key.hashed(entity, value)

    def _remembered(self, text: str, place: Place) -> list[Finding]:
        known = self._memo.get(place)
        if known is None:
            known = self.detector.detect_wanted(text, self._wanted)
            if len(known) <= _REMEMBERED_FINDINGS:
                self._memo.put(place, [replace(finding, reason="") for finding in known])
        return known

    def places(
        self, text: str, findings: list[Finding], surrogates: Sequence[tuple[int, int]] = ()
    ) -> Iterator[tuple[str, int, int]]:
        """The findings, and between them the user's own text that looks like a placeholder, or like one of the
        `surrogates`; in order, disjoint.
        """
        literals: Iterator[tuple[int, int]] = ((form.start, form.end) for form in literals_in(text, self.stood_for))
        if surrogates:
            literals = iter(sorted([*literals, *surrogates]))
        literal = next(literals, None)
        for finding in findings:
            while literal is not None and literal[0] < finding.end:
                if literal[1] <= finding.start:
                    yield LITERAL, *literal
                literal = next(literals, None)  # One that a finding cuts into is broken up with it.
            yield finding.entity, finding.start, finding.end
        while literal is not None:
            yield LITERAL, *literal
            literal = next(literals, None)
