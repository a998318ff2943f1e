"""The logic on PostgreSQL: a PL/pgSQL function per operation (`postgres.sql`), prepared, over a unix socket."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg.types.numeric import Int4, Int8

from ledger_rivals.books import Answer, Durability, in_groups
from ledger_rivals.workload import ACTUAL, AXES, FIRST, NOW_MS, PROJECTS, WORST, asked, told

RESERVE = "SELECT reserve(%b, %b, %b, %b, %b, %b, %b)"
RESOLVE = "SELECT resolve(%b, %b, %b, %b, %b)"
# Int4 and Int8: the type of a bare int goes by its value, and each type would be prepared apart.


class Postgres:
    def __init__(self, directory: str, durability: Durability) -> None:
        self.db = psycopg.connect(host=directory, dbname="postgres", user="bench", autocommit=True)
        # off: the log reaches the disk within a fraction of a second; a crash of the server may lose that much.
        self.db.execute(f"SET synchronous_commit = {'on' if durability == 'power' else 'off'}")
        self.db.prepare_threshold = 0

    def set_caps(self, caps: Sequence[int]) -> None:
        """Begins anew."""
        self.db.execute("DROP TABLE IF EXISTS accounts, holds, entries CASCADE")
        self.db.execute("DROP FUNCTION IF EXISTS reserve, resolve")
        self.db.execute(Path(__file__).with_suffix(".sql").read_bytes(), prepare=False)
        for number, cap in enumerate(caps):
            self.db.execute("INSERT INTO accounts VALUES (%s, %s, 0, 0)", (number, cap))

    def reserve(self, id: str, project: str, amount: int, detail: bytes) -> Answer:
        return self._answer(RESERVE, _reserving(id, project, amount, detail))

    def settle(self, id: str, amount: int, detail: bytes) -> Answer:
        return self._answer(RESOLVE, _settling(id, amount, detail))

    def void(self, id: str) -> Answer:
        return self._answer(RESOLVE, (id, "void", Int8(0), None, Int8(NOW_MS)))

    def _answer(self, query: str, values: tuple[object, ...]) -> Answer:
        row = self.db.execute(query, values, prepare=True).fetchone()
        assert row is not None
        return str(row[0])

    def together(self, prefix: str, numbers: range, in_flight: int) -> None:
        """One transaction, pipelined, reserves for all in flight; a second one settles them: two syncs.

        64 connections lost: each would hold the row locks that the others wait for until its own commit is on disk.
        """
        for calls in in_groups(numbers, in_flight):
            self._in_one_transaction(
                RESERVE, [_reserving(f"{prefix}/{one}", FIRST, WORST, asked(one)) for one in calls], "held"
            )
            self._in_one_transaction(
                RESOLVE, [_settling(f"{prefix}/{one}", ACTUAL, told(one)) for one in calls], "done"
            )

    def _in_one_transaction(self, query: str, calls: Sequence[tuple[object, ...]], right: Answer) -> None:
        with self.db.pipeline(), self.db.transaction():
            cursors = [self.db.execute(query, values, prepare=True) for values in calls]
        for cursor in cursors:
            assert cursor.fetchone() == (right,)

    def balances(self) -> list[tuple[int, int]]:
        return self.db.execute("SELECT posted, held FROM accounts ORDER BY id").fetchall()

    def close(self) -> None:
        self.db.close()


def _reserving(id: str, project: str, amount: int, detail: bytes) -> tuple[object, ...]:
    accounts = [Int4(one) for one in PROJECTS[project]]
    return id, project, accounts, Int8(amount), AXES, detail, Int8(NOW_MS)


def _settling(id: str, amount: int, detail: bytes) -> tuple[object, ...]:
    return id, "settled", Int8(amount), detail, Int8(NOW_MS)


open_books = Postgres
