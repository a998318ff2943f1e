"""The accounts, the calls, and random histories of them. Imports nothing of the project: the rivals read it too.

Ten budgets in money; each project's calls match five of them, two of which both projects share. Amounts are nano units
of money, times Unix ms, all in one calendar month.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

NOW_MS = 1_780_000_000_000
FIRST, SECOND = "claims", "motor"
PROJECTS: dict[str, tuple[int, ...]] = {FIRST: (0, 1, 2, 3, 4), SECOND: (3, 4, 5, 6, 7)}
ACCOUNTS = 8
AMPLE = 10**15  # Below 2**53: Redis's Lua counts in doubles.
WORST, ACTUAL = 1_500_000, 900_000
AXES = "w\tclaims\tc\tk1\t\t\tgpt-4o-mini\tus\tprod"  # As one text: what a rival stores of the nine.


_TEXT = random.Random(1).randbytes(1 << 19).hex().encode()


def asked(number: int) -> bytes:
    """What a gateway keeps with a hold: 100 bytes, others for each number, hard to compress."""
    return _detail(number, 100)


def told(number: int) -> bytes:
    """What it keeps with an entry: 600 bytes."""
    return _detail(number, 600)


def _detail(number: int, size_bytes: int) -> bytes:
    at = number * 997 % (len(_TEXT) - size_bytes)
    return _TEXT[at : at + size_bytes]


@dataclass(frozen=True, slots=True)
class Operation:
    """`verb` is reserve, settle or void; a void has no amount."""

    verb: str
    id: str
    project: str
    amount: int = 0


def ample_caps() -> list[int]:
    return [AMPLE] * ACCOUNTS


def biting_caps(count: int) -> list[int]:
    """In a history of `count` operations each project runs into a cap of its own, and both into a shared one."""
    part = count * WORST // 40
    return [part, AMPLE, part * 2, part * 17 // 10, AMPLE, part * 3, AMPLE, part * 4 // 5]


def history(seed: int, count: int) -> Iterator[Operation]:
    """`count` operations: calls of both projects that overlap, end either way or not at all, and are repeated.

    A resolve may come for a call that was refused, a second one may say something else, a reserve may come again with
    another amount or after its end: each has one right answer.
    """
    draw = random.Random(seed)
    calls: list[Operation] = []
    for number in range(count):
        if not calls or draw.random() < 0.45:
            project = draw.choice((FIRST, SECOND))
            # Now and then an amount that fits no cap, or none at all.
            amount = draw.choice((0, 2**52)) if draw.random() < 0.02 else draw.randrange(WORST)
            calls.append(Operation("reserve", f"call/{seed}/{number}", project, amount))
            yield calls[-1]
            continue
        call = calls[-1 - min(int(draw.expovariate(0.1)), len(calls) - 1)]
        turn = draw.random()
        if turn < 0.06:
            yield call
        elif turn < 0.1:
            yield Operation("reserve", call.id, call.project, call.amount + 1)
        elif turn < 0.25:
            yield Operation("void", call.id, call.project)
        else:
            # One amount per call, mostly: a repeat is a repeat. Sometimes it exceeds the hold.
            share = 1.2 if draw.random() < 0.05 else 0.6
            yield Operation("settle", call.id, call.project, min(int(call.amount * share), 2 * WORST))
