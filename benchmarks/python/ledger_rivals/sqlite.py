"""The logic on SQLite in WAL mode: one writing transaction per operation, prepared statements."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from ledger_rivals.books import Answer, Durability, in_groups
from ledger_rivals.workload import ACTUAL, AXES, FIRST, NOW_MS, PROJECTS, WORST, asked, told

# NORMAL writes the log without a sync: a kill loses nothing, a power loss may. FULL syncs it at every commit.
SYNCHRONOUS = {"process": "NORMAL", "power": "FULL"}

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (id INTEGER PRIMARY KEY, hard INTEGER, posted INTEGER, held INTEGER);
CREATE TABLE IF NOT EXISTS holds (
    id TEXT PRIMARY KEY, at_ms INTEGER, project TEXT, amount INTEGER, axes TEXT, detail BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, at_ms INTEGER, posted_at_ms INTEGER, project TEXT,
    amount INTEGER, axes TEXT, detail BLOB);
"""
LEFT = "SELECT min(hard - posted - held) FROM accounts WHERE id IN (?, ?, ?, ?, ?)"
HOLD = "UPDATE accounts SET held = held + ? WHERE id IN (?, ?, ?, ?, ?)"
POST = "UPDATE accounts SET held = held - ?, posted = posted + ? WHERE id IN (?, ?, ?, ?, ?)"


class Sqlite:
    def __init__(self, path: str, durability: Durability) -> None:
        Path(path).mkdir(exist_ok=True)
        self.db = sqlite3.connect(f"{path}/books.db", isolation_level=None, timeout=30)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute(f"PRAGMA synchronous={SYNCHRONOUS[durability]}")
        self.db.executescript(SCHEMA)

    def set_caps(self, caps: Sequence[int]) -> None:
        self.db.execute("BEGIN IMMEDIATE")
        for number, cap in enumerate(caps):
            self.db.execute(
                "INSERT INTO accounts VALUES (?, ?, 0, 0) ON CONFLICT DO UPDATE SET hard = excluded.hard", (number, cap)
            )
        self.db.execute("COMMIT")

    def reserve(self, id: str, project: str, amount: int, detail: bytes) -> Answer:
        self.db.execute("BEGIN IMMEDIATE")
        answer = self._reserve(id, project, amount, detail)
        self.db.execute("COMMIT")
        return answer

    def settle(self, id: str, amount: int, detail: bytes) -> Answer:
        self.db.execute("BEGIN IMMEDIATE")
        answer = self._resolve(id, "settled", amount, detail)
        self.db.execute("COMMIT")
        return answer

    def void(self, id: str) -> Answer:
        self.db.execute("BEGIN IMMEDIATE")
        answer = self._resolve(id, "void", 0, None)
        self.db.execute("COMMIT")
        return answer

    def _reserve(self, id: str, project: str, amount: int, detail: bytes) -> Answer:
        db = self.db
        open_hold = db.execute("SELECT project, amount, detail FROM holds WHERE id = ?", (id,)).fetchone()
        if open_hold is not None:
            return "held" if open_hold == (project, amount, detail) else "conflict"
        if db.execute("SELECT 1 FROM entries WHERE id = ?", (id,)).fetchone() is not None:
            return "resolved"
        accounts = PROJECTS[project]
        if db.execute(LEFT, accounts).fetchone()[0] < amount:
            return "refused"
        db.execute(HOLD, (amount, *accounts))
        db.execute("INSERT INTO holds VALUES (?, ?, ?, ?, ?, ?)", (id, NOW_MS, project, amount, AXES, detail))
        return "held"

    def _resolve(self, id: str, kind: str, amount: int, detail: bytes | None) -> Answer:
        """`detail` None: the hold's."""
        db = self.db
        hold = db.execute("SELECT at_ms, project, amount, axes, detail FROM holds WHERE id = ?", (id,)).fetchone()
        if hold is None:
            entry = db.execute("SELECT kind, amount, detail FROM entries WHERE id = ?", (id,)).fetchone()
            if entry is None:
                return "unknown"
            return "done" if entry == (kind, amount, entry[2] if detail is None else detail) else "resolved"
        at_ms, project, held, axes, asked = hold
        db.execute(POST, (held, amount, *PROJECTS[project]))
        db.execute("DELETE FROM holds WHERE id = ?", (id,))
        db.execute(
            "INSERT INTO entries (id, kind, at_ms, posted_at_ms, project, amount, axes, detail)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (id, kind, at_ms, NOW_MS, project, amount, axes, asked if detail is None else detail),
        )
        return "done"

    def together(self, prefix: str, numbers: range, in_flight: int) -> None:
        """One transaction reserves for all in flight, a second one settles them: two syncs."""
        for calls in in_groups(numbers, in_flight):
            self.db.execute("BEGIN IMMEDIATE")
            for number in calls:
                assert self._reserve(f"{prefix}/{number}", FIRST, WORST, asked(number)) == "held"
            self.db.execute("COMMIT")
            self.db.execute("BEGIN IMMEDIATE")
            for number in calls:
                assert self._resolve(f"{prefix}/{number}", "settled", ACTUAL, told(number)) == "done"
            self.db.execute("COMMIT")

    def balances(self) -> list[tuple[int, int]]:
        return self.db.execute("SELECT posted, held FROM accounts ORDER BY id").fetchall()

    def close(self) -> None:
        self.db.close()


open_books = Sqlite
