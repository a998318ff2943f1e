"""What a model adds of its own: looked at before anything is turned back, so that the caller's own values are not in
it yet.

A text is looked at sentence by sentence, each together with what stood before it. Where sentences end follows from the
text alone, so a text that comes in pieces is told as it would be whole, and what is held back of it is at most its
last sentence: a word that comes later in it may still say what an earlier one was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from tokenfoundry.errors import BlockedContent
from tokenfoundry.privacy.protection import Protection

_CONTEXT: Final = 256  # Characters before a sentence that it is looked at with.
_MOST_HELD: Final = 16_384  # Characters of a sentence; a longer one is cut between two words.

# The end of a line, or of a sentence after a word of some length: shorter ones may be abbreviations, as of a title.
_ENDS = re.compile(r"\n|(?<=[a-z\u00df-\u00ff]{5})[.!?]+[\"')\]]*\s")
_KEY_BEGINS, _KEY_ENDS = "-----BEGIN ", "-----END "  # Of a secret that has many lines (RFC 7468).

Places = Iterable[tuple[int, int]]


class AnswerGuard:
    """One text of an answer, in one piece or in many. Not thread-safe.

    `feed` and `close` return what can be passed on, and raise `BlockedContent` for what the policy blocks: what came
    before it was passed on or is lost with it.
    """

    __slots__ = ("_before", "_held", "_known", "_own", "_protection", "changed")

    def __init__(
        self,
        protection: Protection,
        known: Callable[[str], Places],
        own: Collection[str] = (),
        *,
        label: str = "",
    ) -> None:
        """`known` says where in a text the session's own stand-ins are, which are nothing new; nor are the values in
        `own`. `label` is what the text is called where it stands.
        """
        self._protection = protection
        self._known = known
        self._own = own
        self._before = f"{label}: " if label else ""
        self._held = ""
        self.changed = False  # Whether anything was replaced.

    def feed(self, text: str) -> str:
        """What can be passed on now."""
        self._held += text
        passed = []
        while (end := self._end()) > 0:
            passed.append(self._looked_at(end))
        return "".join(passed)

    def close(self) -> str:
        """The rest."""
        return self._looked_at(len(self._held))

    def _end(self) -> int:
        """Where the first sentence that is held back ends; 0 when it may go on."""
        text, start = self._before + self._held, len(self._before)
        for match in _ENDS.finditer(text, start):
            if match.end() - start > _MOST_HELD:
                break
            key = text.rfind(_KEY_BEGINS, start, match.end())
            if key < 0 or text.find(_KEY_ENDS, key, match.end()) >= 0:
                return match.end() - start
        if len(self._held) < _MOST_HELD:
            return 0
        space = max(self._held.rfind(" ", 1, _MOST_HELD), self._held.rfind("\n", 1, _MOST_HELD))
        return space if space > 0 else _MOST_HELD

    def _looked_at(self, end: int) -> str:
        text, self._held = self._held[:end], self._held[end:]
        before, self._before = self._before, (self._before + text)[-_CONTEXT:]
        if not text or text.isspace():
            return text
        pieces: list[str] = []
        done = 0
        for entity, start, stop in self._new(before, text):
            pieces += (text[done:start], self._instead(entity, text, start, stop))
            done = stop
        if done:
            self.changed = True
        pieces.append(text[done:])
        return "".join(pieces)

    def _new(self, before: str, text: str) -> Iterator[tuple[str, int, int]]:
        """What was found in `text` but for what the session knows."""
        findings = self._protection.findings_after(before, text)
        known = sorted(self._known(text)) if findings else []
        for finding in findings:
            if text[finding.start : finding.end] in self._own:
                continue
            start = finding.start
            inside = [place for place in known if place[0] < finding.end and place[1] > finding.start]
            if not inside:
                yield finding.entity, start, finding.end
                continue
            for begin, end in inside:
                yield from _with_words(finding.entity, text, start, max(start, begin))
                start = max(start, end)
            yield from _with_words(finding.entity, text, start, finding.end)

    def _instead(self, entity: str, text: str, start: int, end: int) -> str:
        rule = self._protection.policy.rule(entity)
        if rule.action == "block":
            raise BlockedContent(entity, start, end)
        if rule.action == "mask":
            return rule.masked(text[start:end])
        return self._protection.hashed(entity, text[start:end]) if rule.action == "hash" else f"[{entity}]"


def _with_words(entity: str, text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """A part of a finding without what joined it to the rest, if it says anything."""
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    if start < end:
        yield entity, start, end
