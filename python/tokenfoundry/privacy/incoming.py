"""One text that comes in pieces, redacted without ever being held whole."""

from __future__ import annotations

from typing import Protocol

from msgspec.structs import replace

from tokenfoundry.errors import InvalidState
from tokenfoundry.privacy.detector import Finding
from tokenfoundry.privacy.forms import begun_at
from tokenfoundry.privacy.protection import Protection
from tokenfoundry.privacy.surrogates.stand_ins import Ends


class RedactFindings(Protocol):
    """See `RedactionSession.redact_findings`."""

    def __call__(self, text: str, findings: list[Finding], *, ends: Ends) -> str: ...


class StreamRedactor:
    """Redacts one text piece by piece, with the numbering of its session. One text, one thread.

    What can still be part of a finding is held back: up to 128 KiB. `feed` and `close` raise as
    `RedactionSession.redact` does; after `BlockedContent` the rest of the text is not to be used.

    >>> from tokenfoundry.privacy.redactor import Redactor
    >>> session = Redactor().session()
    >>> stream = session.incoming()
    >>> stream.feed("scrivi a mario@exam") + stream.feed("ple.it, grazie") + stream.close()
    'scrivi a [EMAIL_ADDRESS_1], grazie'
    """

    def __init__(self, protection: Protection, redact: RedactFindings) -> None:
        self._redact = redact
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
        return self._pass_on(self._stream.close(), self._done + len(self._held), is_last=True)

    def _check(self) -> None:
        if self._ended:
            raise InvalidState(f"{self._ended}; begin another with incoming()")

    def _pass_on(self, findings: list[Finding], decided: int, *, is_last: bool = False) -> str:
        end = max([decided, *(finding.end for finding in findings)]) - self._done
        here = [
            replace(finding, start=finding.start - self._done, end=finding.end - self._done) for finding in findings
        ]
        if end < len(self._held):
            # Nor is a user's own text that looks like a placeholder to be cut, where no finding cuts it anyway.
            begun = begun_at(self._held[:end], _may_be_anything)
            end = max([begun, *(finding.end for finding in here)])
        text, self._held, begins = self._held[:end], self._held[end:], self._done == 0
        self._done += end
        return self._redact(text, here, ends=(begins, not self._held and is_last))


def _may_be_anything(name: str, is_whole: bool) -> bool:
    return True
