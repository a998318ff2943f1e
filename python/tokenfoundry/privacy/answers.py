"""What a model adds of its own: looked at before anything is turned back, so that the caller's own values are not in
it yet.

A text is looked at sentence by sentence, each together with what stood before it and with the beginning of the next:
what goes on over the end of a line or a sentence, as addresses do, is one value, and the text is cut behind it. Where
it is cut follows from the text alone, so a text that comes in pieces is told as it would be whole. Held back of it are
at most its last sentence, for a word that comes later in it may still say what an earlier one was, and those few
characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from tokenfoundry.errors import BlockedContent
from tokenfoundry.privacy.detector import Finding
from tokenfoundry.privacy.protection import Protection

_CONTEXT: Final = 256  # Characters before a sentence that it is looked at with.
_BEHIND: Final = 40  # Characters behind it, which may go on with a value in it: the rest of an address, of a number.
_MOST_HELD: Final = 16_384  # Characters of a sentence; a longer one is cut between two words.

# The end of a line, or of a sentence after a word of some length: shorter ones may be abbreviations, as of a title.
_ENDS = re.compile(r"\n|(?<=[a-z\u00df-\u00ff]{5})[.!?]{1,3}[\"')\]]{0,3}\s")
_LONGEST_END: Final = 8  # Characters of an end that may have begun in what was searched.
_KEY_BEGINS, _KEY_ENDS = "-----BEGIN ", "-----END "  # Of a secret that has many lines (RFC 7468).

Places = Iterable[tuple[int, int]]


class AnswerGuard:
    """One text of an answer, in one piece or in many. Not thread-safe.

    `feed` and `close` return what can be passed on, and raise `BlockedContent` for what the policy blocks: what came
    before it was passed on or is lost with it.
    """

    __slots__ = ("_before", "_held", "_is_long", "_known", "_own", "_protection", "_searched", "changed")

    def __init__(
        self,
        protection: Protection,
        known: Callable[[str], Places],
        own: Collection[str] = (),
        before: str = "",
    ) -> None:
        """`known` says where in a text the session's own stand-ins are, which are nothing new; nor are the values in
        `own`. `before` stands before the text: what it is called, say.
        """
        self._protection = protection
        self._known = known
        self._own = own
        self._before = before
        self._held = ""
        self._is_long = False
        self._searched = 0  # Characters held back in which no sentence ends.
        self.changed = False  # Whether anything was replaced.

    def feed(self, text: str) -> str:
        """What can be passed on now."""
        self._held += text
        return self._passed(least_behind=_BEHIND)

    def close(self) -> str:
        """The rest."""
        passed = self._passed(least_behind=0)
        return passed + self._looked_at(len(self._held), self._findings(len(self._held)))

    def _passed(self, *, least_behind: int) -> str:
        """What is decided, when a sentence needs so many characters behind it to be."""
        passed: list[str] = []
        while 0 < (end := self._end()) <= len(self._held) - least_behind:
            findings = self._findings(end)
            cut = next((finding for finding in findings if finding.start < end < finding.end), None)
            if cut is None:
                passed.append(self._looked_at(end, findings))
            elif self._is_long:
                passed.append(self._looked_at(cut.start or end, findings))
            else:
                self._searched = cut.end
        return "".join(passed)

    def _end(self) -> int:
        """Where the first sentence that is held back ends, or is cut for its length; 0 when it may go on."""
        text, start = self._before + self._held, len(self._before)
        for match in _ENDS.finditer(text, start + max(0, self._searched - _LONGEST_END)):
            if match.end() - start > _MOST_HELD:
                break
            if match.end() - start < self._searched:
                continue
            key = text.rfind(_KEY_BEGINS, start, match.end())
            if key < 0 or text.find(_KEY_ENDS, key, match.end()) >= 0:
                self._is_long = False
                return match.end() - start
        self._is_long = len(self._held) >= _MOST_HELD
        if not self._is_long:
            self._searched = max(self._searched, len(self._held))
            return 0
        space = max(self._held.rfind(" ", 1, _MOST_HELD), self._held.rfind("\n", 1, _MOST_HELD))
        return space if space > 0 else _MOST_HELD

    def _findings(self, end: int) -> list[Finding]:
        """What is found in the beginning of what is held back, and a little behind it."""
        text = self._held[: end + _BEHIND]
        return [] if not text or text.isspace() else self._protection.findings_after(self._before, text)

    def _looked_at(self, end: int, findings: list[Finding]) -> str:
        text, self._held, self._searched = self._held[:end], self._held[end:], 0
        self._before = (self._before + text)[-_CONTEXT:]
        pieces: list[str] = []
        done = 0
        for finding, start, stop in new_in(text, findings, self._known) if findings else ():
            if text[finding.start : finding.end] not in self._own:
                pieces += (text[done:start], self._instead(finding.entity, text, start, stop))
                done = stop
        if done:
            self.changed = True
        pieces.append(text[done:])
        return "".join(pieces)

    def _instead(self, entity: str, text: str, start: int, end: int) -> str:
        rule = self._protection.policy.rule(entity)
        if rule.action == "block":
            raise BlockedContent(entity, start, end)
        if rule.action == "mask":
            return rule.masked(text[start:end])
        return self._protection.hashed(entity, text[start:end]) if rule.action == "hash" else f"[{entity}]"


def new_in(
    text: str, findings: Iterable[Finding], known: Callable[[str], Places]
) -> Iterator[tuple[Finding, int, int]]:
    """What was found in `text`, and where, but for what stands in places that are `known`: of what is known in part,
    the rest, if it says anything.
    """
    places = sorted(known(text))
    for finding in findings:
        start, stop = finding.start, min(finding.end, len(text))
        inside = [place for place in places if place[0] < stop and place[1] > start]
        if not inside and start < stop:
            yield finding, start, stop
        for begin, end in [*inside, (stop, stop)] if inside else ():
            left = _with_words(text, start, max(start, begin))
            if left is not None:
                yield finding, *left
            start = max(start, end)


def _with_words(text: str, start: int, end: int) -> tuple[int, int] | None:
    """A part of a finding without what joined it to the rest, if it says anything."""
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return (start, end) if start < end else None
