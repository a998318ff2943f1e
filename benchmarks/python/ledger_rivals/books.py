"""What each of the four must be able to do, and how one asks it for speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, Protocol

from ledger_rivals.workload import ACTUAL, FIRST, WORST, Operation, asked, told

Durability = Literal["process", "power"]

# Of a reserve: held, refused, conflict (held with other fields), resolved. Of a settle or void: done, unknown (no such
# hold), resolved (otherwise). What was asked before and has not changed since is answered alike.
Answer = str


class Books(Protocol):
    """One connection. Every operation is safe, as its durability says, when it returns."""

    def set_caps(self, caps: Sequence[int]) -> None: ...

    def reserve(self, id: str, project: str, amount: int, detail: bytes) -> Answer:
        """Sets `amount` aside on the project's five accounts, all or none."""

    def settle(self, id: str, amount: int, detail: bytes) -> Answer:
        """Posts `amount` on the accounts of the hold, releases it, and writes an entry."""

    def void(self, id: str) -> Answer:
        """Releases the hold; an entry of nothing."""

    def together(self, prefix: str, numbers: range, in_flight: int) -> None:
        """Reserves and settles calls, so many in flight at once, in the way that suits these books best."""

    def balances(self) -> list[tuple[int, int]]:
        """Posted and held of each account."""

    def close(self) -> None: ...


Open = Callable[[str, Durability], Books]


def answer(books: Books, operation: Operation) -> Answer:
    match operation.verb:
        case "reserve":
            return books.reserve(operation.id, operation.project, operation.amount, asked(1))
        case "settle":
            return books.settle(operation.id, operation.amount, told(1))
        case _:
            return books.void(operation.id)


def in_groups(numbers: range, size: int) -> Iterator[range]:
    for first in range(0, len(numbers), size):
        yield numbers[first : first + size]


def run_pairs(books: Books, prefix: str, count: int) -> list[int]:
    """Reserves and settles `count` calls, one after the other; wall ns of each."""
    took_ns = []
    for number in range(count):
        id = f"{prefix}/{number}"
        begin_ns = time.perf_counter_ns()
        reserved = books.reserve(id, FIRST, WORST, asked(number))
        settled = books.settle(id, ACTUAL, told(number))
        took_ns.append(time.perf_counter_ns() - begin_ns)
        assert (reserved, settled) == ("held", "done"), (id, reserved, settled)
    return took_ns
