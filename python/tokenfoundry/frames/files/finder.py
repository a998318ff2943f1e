"""What is found in columns of text, by the same engine as frames (`cpp/tokenfoundry/arrow`), on several threads.

It tells how often; where is read off what it makes of a text when everything that is found gets a placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from tokenfoundry.frames.session import FrameSession
from tokenfoundry.privacy import Finding, Redactor
from tokenfoundry.privacy.placeholders import LITERAL

_NOTHING: Final[list[Finding]] = []

# As the engine writes placeholders. Whatever a text has of this form is replaced by one too.
_PLACED: Final = re.compile(r"\[([A-Z][A-Z0-9_]*)_[0-9]+\]")


class Finder:
    """Finds what `redactor` would replace. `threads` look at once."""

    def __init__(self, redactor: Redactor, threads: int) -> None:
        placed = dict.fromkeys(redactor.policy.protected, "pseudonymize")
        self._redactor = Redactor(redactor.detector, policy={"default": "allow", **placed})
        self._threads = threads

    def findings(self, texts: Sequence[str], column: str) -> list[list[Finding]]:
        """By text, in order; the name of the column speaks for its values where it is a word that tells.

        Raises `InvalidInput` for a lone surrogate.
        """
        session = FrameSession(self._redactor, threads=self._threads)
        placed = session.redact_texts(texts, column=column)
        values = session.values
        return [
            _NOTHING if after is before else _places(after, values) for before, after in zip(texts, placed, strict=True)
        ]


def _places(placed: str, values: Mapping[str, str]) -> list[Finding]:
    """Where the values of the placeholders stood; a user's own text that looks like one is no finding."""
    findings = []
    longer = 0  # Code points by which the text before this place was longer than what stands there now.
    for match in _PLACED.finditer(placed):
        entity, size = match[1], len(values[match[0]])
        start = match.start() + longer
        if entity != LITERAL:
            findings.append(Finding(entity, start, start + size, 1.0))
        longer += size - len(match[0])
    return findings
