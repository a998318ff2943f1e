"""The books of one directory: ledger, audit log, and small tables of records that others own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Literal, Self

from msgspec.structs import astuple

from tokenfoundry import _core
from tokenfoundry.audit import AuditHead, Verification
from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.errors import InvalidInput
from tokenfoundry.ledger import _calls
from tokenfoundry.ledger.arrow import ArrowBatches, entry_batches, rollup_batches
from tokenfoundry.ledger.asynchronous import AsyncLedger, publish
from tokenfoundry.ledger.budget import Budget
from tokenfoundry.ledger.change import Change
from tokenfoundry.ledger.hold_queue import HoldQueue
from tokenfoundry.ledger.values import (
    AXES,
    NO_FLAGS,
    NO_TALLIES,
    NOTHING,
    UNITS,
    Amounts,
    Axes,
    Axis,
    Balance,
    Entry,
    EntryFlags,
    Event,
    Grant,
    Hold,
    Refusal,
    Rollup,
    Sums,
    Tallies,
    Unit,
)
from tokenfoundry.ledger.window import Instant, to_ms

Durability = Literal["process", "power"]
Table = Literal["keys", "settings"]

_END_OF_TIME_MS = 253_402_300_799_999
_PAGE = 1000  # Entries per call of the core.


class Ledger:
    """Money and tokens set aside before a call and settled after it, so that a hard cap is never crossed.

    Thread-safe. Every method that writes has its effect on disk when it returns: safe from a kill with `process`,
    from a power loss too with `power`. One process at a time may open a directory for writing, any number may read.

    >>> import tempfile
    >>> from tokenfoundry.ledger import Amounts, Axes, Budget, Window
    >>> with tempfile.TemporaryDirectory() as path, Ledger.open(path) as led:
    ...     led.set_budgets([Budget(name="claims", unit="tokens", window=Window("daily"), hard=100)])
    ...     hold = led.reserve("call-1", amounts=Amounts(tokens=80), axes=Axes(project="claims"))
    ...     refusal = led.reserve("call-2", amounts=Amounts(tokens=80), axes=Axes(project="claims"))
    ...     entry = led.settle("call-1", Amounts(tokens=30))
    ...     type(hold).__name__, refusal.cause, entry.seq, led.balances()[0].left
    ('Hold', 'held', 0, 70)
    """

    def __init__(self, core: _core.Books, *, durability: Durability, clock: Clock) -> None:
        self._core = core
        self._clock = clock
        self._waits = durability == "power"
        self._faces: list[AsyncLedger] = []
        self._listeners: list[Callable[[Event], None]] = []
        self._queue = HoldQueue()

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        durability: Durability = "process",
        read_only: bool = False,
        clock: Clock | None = None,
        session_idle_ms: int = 1_800_000,
    ) -> Self:
        """Opens the books in directory `path`, which is made when absent.

        Holds that an earlier process left open are settled at their held amounts, flagged `UNCERTAIN`;
        `recovered` says how many. `clock` gives now in Unix milliseconds. A `read_only` ledger shows the
        moment of opening, also while another process writes. A session (calls of one key with one value on the axis
        `session`) ends when it has been idle for `session_idle_ms`. Raises `DirectoryBusy` when the directory is open
        elsewhere, `DataLoss` when it is damaged, `NotFound` when there is nothing to read.
        """
        if durability not in ("process", "power"):
            raise InvalidInput(f"durability: {durability!r} is not process or power")
        now = clock or system_clock
        core = _core.Books.open(
            os.fspath(path), durability=durability, read_only=read_only, now_ms=now(), session_idle_ms=session_idle_ms
        )
        return cls(core, durability=durability, clock=now)

    def close(self) -> None:
        """Closes the directory once the calls under way have returned. Open holds stay, for the next opening."""
        for face in self._faces:
            face.close()
        self._core.close()
        self._queue.wake_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def asynchronous(self) -> AsyncLedger:
        """The same ledger for one event loop, which it never blocks. Ask once per loop: it is closed with this one."""
        face = AsyncLedger(
            self._core, waits=self._waits, clock=self._clock, listeners=self._listeners, queue=self._queue
        )
        self._faces.append(face)
        return face

    def vault(self) -> _core.Vault:
        """The core of the vault in the same books, which `tokenfoundry.vault` works with."""
        return _core.Vault.of(self._core)

    def reserve(
        self, id: str, *, amounts: Amounts, axes: Axes, at: Instant | None = None, detail: bytes = b""
    ) -> Hold | Refusal:
        """Sets `amounts` aside on every budget that matches `axes`, all or none.

        `at` is when the call begins (now): it decides the windows. `detail` is kept with the hold and is what a
        recovered entry will say. Repeated alike while the hold is open, it returns the same hold. A refusal leaves
        nothing behind. Raises `Conflict` for an id held with other fields, `InvalidState` for one that
        was resolved in the last 7 days, `StoreError` when the disk fails.
        """
        arguments = _calls.reserve_arguments(id, amounts, axes, at, detail, self._clock())
        result = self._core.reserve(*arguments, may_wait=True)
        ticket, hold, refusal, _ = result
        if hold is None:
            return _calls.refusal_of(refusal)
        self._wait(ticket)
        return _calls.held(id, amounts, axes, detail, result)

    def settle(
        self,
        id: str,
        amounts: Amounts,
        *,
        tallies: Tallies = NO_TALLIES,
        flags: EntryFlags = NO_FLAGS,
        detail: bytes | None = None,
    ) -> Entry:
        """Posts what was really used, in full, and releases the rest of the hold.

        An amount above its hold is flagged `OVERRUN`. `detail` replaces the hold's. Repeated alike it returns the
        same entry. Raises `NotFound` for an unknown id, `InvalidState` for one resolved otherwise.
        """
        arguments = _calls.settle_arguments(id, amounts, tallies, flags, detail, self._clock())
        return self._posted(self._core.settle(*arguments, may_wait=True, whole=True), amounts, tallies)

    def void(self, id: str, *, detail: bytes | None = None) -> Entry:
        """Releases a whole hold; an entry of zero amounts remembers it. Raises as `settle` does."""
        arguments = _calls.void_arguments(id, detail, self._clock())
        return self._posted(self._core.void(*arguments, may_wait=True, whole=True), NOTHING, NO_TALLIES)

    def record(
        self,
        id: str,
        *,
        kind: Literal["hit", "refused", "rented"],
        axes: Axes,
        amounts: Amounts = NOTHING,
        tallies: Tallies = NO_TALLIES,
        at: Instant | None = None,
        detail: bytes = b"",
        wait: bool = True,
    ) -> Entry:
        """Writes an entry that had no hold. It counts on its budgets and is never refused.

        Repeated alike it returns the same entry; the id of a `rented` one, an hour of an endpoint, is never forgotten.
        Without `wait` it is as safe as `durability` says once a later write is: of many, only the last is waited for.
        Raises `Conflict` for an id that another entry has,
        `InvalidState` for one that is held.
        """
        arguments = _calls.record_arguments(id, kind, amounts, tallies, axes, at, detail, self._clock())
        result = self._core.record(*arguments, must_fit=False, may_wait=True, whole=True)
        return self._posted(result, amounts, tallies, wait=wait)

    def adjust(
        self,
        id: str,
        of: int,
        difference: Sums,
        *,
        actor: str,
        reason: str = "",
        tallies: Tallies = NO_TALLIES,
        detail: bytes = b"",
    ) -> Entry:
        """Corrects the entry with the sequence number `of` by a linked one: late usage, a refund.

        `difference` counts on the same axes and in the same windows. What an entry has used in all is never negative:
        `InvalidInput` otherwise. Raises `NotFound` when there is no such entry. Repeats as with `record`.
        """
        arguments = _calls.adjust_arguments(id, of, difference, tallies, actor, reason, detail, self._clock())
        return self._posted(self._core.adjust(*arguments), difference, tallies)

    def apply(self, id: str, change: Change) -> Entry:
        """Raises, resets, freezes, unfreezes or funds a budget; the entry says who and why.

        Repeats as with `record`. Raises `NotFound` for an unknown budget, `InvalidInput` for a change that does not fit
        it.

        >>> import tempfile
        >>> from tokenfoundry.ledger import Budget, Change, Window
        >>> with tempfile.TemporaryDirectory() as path, Ledger.open(path) as led:
        ...     led.set_budgets([Budget(name="claims", unit="tokens", window=Window("daily"), hard=100)])
        ...     entry = led.apply("launch", Change(kind="raise", budget="claims", amount=50, actor="anna"))
        ...     entry.kind, led.balances()[0].cap
        ('changed', 150)
        """
        return self._posted(self._core.apply(*_calls.change_arguments(id, change, self._clock())), NOTHING, NO_TALLIES)

    def note(self, id: str, *, actor: str, reason: str = "", detail: bytes = b"") -> Entry:
        """Writes who changed something that the books do not keep, and why: an entry that counts nowhere.

        `detail` says what was done. Repeats as with `record`.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as path, Ledger.open(path) as led:
        ...     entry = led.note("reload-1", actor="anna", detail=b"the configuration")
        ...     entry.kind, entry.actor, led.verify().ok
        ('changed', 'anna', True)
        """
        arguments = _calls.note_arguments(id, actor, reason, detail, self._clock())
        return self._posted(self._core.note(*arguments), NOTHING, NO_TALLIES)

    def set_budgets(self, budgets: Iterable[Budget]) -> None:
        """Replaces the set of budgets.

        A new budget, or one that counts differently than before, counts what its current window already holds: the
        entries since its beginning are read again (about two seconds per million). Lowering a cap below what is used
        admits nothing more and shows as `over_by`. Raises `InvalidInput` for a name that stands twice.
        """
        budgets = list(budgets)
        ticket = self._core.set_budgets([budget.to_core() for budget in budgets], self._clock())
        self._queue.know(budgets)
        self._queue.released()  # A cap may be higher than before.
        self._wait(ticket)

    def headroom(self, axes: Axes, at: Instant | None = None) -> dict[Unit, int]:
        """The most that a call with these axes could reserve now, by unit; a unit that nothing bounds is left out."""
        now = self._clock()
        left = self._core.headroom(astuple(axes), now if at is None else to_ms(at), now)
        return {unit: amount for unit, amount in zip(UNITS, left, strict=True) if amount is not None}

    def balances(self, at: Instant | None = None, *, budget: str = "") -> list[Balance]:
        """Every account in the window that contains `at` (now), in the order of the budgets; or those of one `budget`,
        none when there is no such budget.
        """
        at_ms = self._clock() if at is None else to_ms(at)
        return [_calls.balance_of(fields) for fields in self._core.balances(at_ms, budget)]

    def entry(self, id: str) -> Entry | None:
        """The entry that settled, voided or recorded that id, None when it is unknown; known for at least 7 days."""
        fields = self._core.entry(id)
        return None if fields is None else _calls.entry_of(fields)

    def entries(
        self,
        after: int = -1,
        limit: int | None = None,
        *,
        start: Instant | None = None,
        until: Instant | None = None,
    ) -> list[Entry]:
        """Up to `limit` entries in sequence, those with `seq > after` whose call began in `[start, until)`."""
        start_ms = None if start is None else to_ms(start, field="start")
        until_ms = None if until is None else to_ms(until, field="until")
        if after < -1:
            raise InvalidInput(f"after: {after} is less than -1")
        if limit is not None and limit < 0:
            raise InvalidInput(f"limit: {limit} is negative")
        wanted = 2**63 if limit is None else limit
        entries: list[Entry] = []
        while len(entries) < wanted:
            page = self._core.entries(after + 1, min(_PAGE, wanted - len(entries)), start_ms, until_ms)
            if not page:
                break
            entries.extend(map(_calls.entry_of, page))
            after = entries[-1].seq
        return entries

    def grants(self) -> list[Grant]:
        """Every grant of prepaid units, in the order they were made."""
        return [_calls.grant_of(fields) for fields in self._core.grants()]

    def changes(self) -> list[Change]:
        """The raises and freezes in force or to come."""
        return [_calls.change_of(fields) for fields in self._core.changes(self._clock())]

    def events(self, after: int = -1, limit: int = 1000) -> list[Event]:
        """Up to `limit` events in sequence, those with `seq > after`."""
        if after < -1:
            raise InvalidInput(f"after: {after} is less than -1")
        if limit < 0:
            raise InvalidInput(f"limit: {limit} is negative")
        return [_calls.event_of(fields) for fields in self._core.events(after + 1, limit)]

    def on_event(self, listen: Callable[[Event], None]) -> None:
        """Calls `listen` with each event after it is written, in the thread that wrote it: it must return at once."""
        self._listeners.append(listen)

    def rollups(self, *, start: Instant | None = None, until: Instant | None = None) -> list[Rollup]:
        """The sums of the hours that begin in `[start, until)`, by hour. What reports read instead of the entries."""
        start_ms = 0 if start is None else to_ms(start, field="start")
        until_ms = _END_OF_TIME_MS if until is None else to_ms(until, field="until")
        return [_calls.rollup_of(fields) for fields in self._core.rollups(start_ms, until_ms)]

    def entries_arrow(
        self, after: int = -1, limit: int | None = None, *, start: Instant | None = None, until: Instant | None = None
    ) -> ArrowBatches:
        """What `entries` lists, as Arrow batches: `pyarrow.table(x)`, `polars.DataFrame(x)`. See `entry_batches`."""
        return entry_batches(self._core, after, limit, start=start, until=until)

    def rollups_arrow(self, *, start: Instant | None = None, until: Instant | None = None) -> ArrowBatches:
        """What `rollups` lists, as Arrow batches. See `rollup_batches`."""
        return rollup_batches(self._core, start=start, until=until)

    def totals(self, axis: Axis, *, start: Instant | None = None, until: Instant | None = None) -> dict[str, Sums]:
        """What the entries of the hours that begin in `[start, until)` sum to, by the values of `axis`."""
        if axis not in AXES or axis == "session":
            known = ", ".join(each for each in AXES if each != "session")
            raise InvalidInput(f"axis: {axis!r} is not one of {known}")
        totals: dict[str, Sums] = {}
        for rollup in self.rollups(start=start, until=until):
            value = getattr(rollup.axes, axis)
            totals[value] = totals.get(value, Sums()) + rollup.amounts
        return totals

    def holds(self) -> list[Hold]:
        """The open holds, by id."""
        return [_calls.hold_of(fields) for fields in self._core.holds()]

    def verify(self) -> Verification:
        """Reads everything again: entries, leaves, root, and every account, rollup and grant against its entries."""
        size, root, broken_seq, problem = self._core.verify()
        return Verification(size=size, root=root, broken_seq=broken_seq, problem=problem)

    def audit_head(self) -> AuditHead:
        """The audit log's size and root now. Keep one elsewhere to prove later that nothing before it changed."""
        size, root = self._core.audit_head()
        return AuditHead(size=size, root=root)

    def check_health(self) -> None:
        """Raises `DataLoss` or `StoreError` when every call that writes is refused, as after a failed write."""
        self._core.check_health()

    @property
    def recovered(self) -> int:
        """How many holds of an earlier process were settled at opening."""
        return self._core.recovered()

    def put(self, table: Table, key: str, value: bytes) -> None:
        """Keeps `value` under `key` in a table: `keys` (API keys) or `settings` (what was made by API)."""
        self._wait(self._core.put(table, key, value))

    def get(self, table: Table, key: str) -> bytes | None:
        """The value under `key`, or None."""
        return self._core.get(table, key)

    def delete(self, table: Table, key: str) -> None:
        """Forgets `key`; nothing happens when it is not there."""
        self._wait(self._core.delete(table, key))

    def items(self, table: Table) -> list[tuple[str, bytes]]:
        """All of a table, by key."""
        return self._core.items(table)

    def _posted(
        self,
        result: tuple[int, tuple[Any, ...], list[tuple[Any, ...]]],
        amounts: Sums,
        tallies: Tallies,
        *,
        wait: bool = True,
    ) -> Entry:
        ticket, entry, events = result
        self._queue.released()
        if wait:
            self._wait(ticket)
        for event in events:
            publish(_calls.event_of(event), self._listeners)
        return _calls.posted(amounts, tallies, entry)

    def _wait(self, ticket: int) -> None:
        if self._waits:
            self._core.wait_durable(ticket)
