"""One thing to change."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`stake_nano` is what the calls that were read would have cost less, in nano units: an estimate, from exact sums.

    `subject` is the intent, or the session, that it is about; `evidence` the numbers that it rests on, by name.
    """

    kind: str
    subject: str
    title: str
    advice: str
    stake_nano: int
    evidence: dict[str, int | str]
