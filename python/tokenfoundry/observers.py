"""Who is told of what the books say: of each call's record, of budgets that reach a level or were exceeded, and of what
is wrong with what calls are booked on or with what providers report.

In a thread of its own, off the request path, started when there is something to tell. Every event and alarm is logged,
by name and amount: whose account it is stays in the books.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

import msgspec

from tokenfoundry.ledger import Event
from tokenfoundry.money import decimal_text
from tokenfoundry.records import CallRecord

_log = logging.getLogger("tokenfoundry")

_Told = TypeVar("_Told")

AlarmKind = Literal[
    "axis_overflow",  # a caller stated one value more of an axis than are told apart
    "unattributed",  # a call stated nothing on an axis that is required
    "usage_fault",  # a provider reported a usage that cannot be
]


class Alarm(msgspec.Struct, frozen=True):
    """Something that somebody should look at. `said` holds no value that a caller stated."""

    kind: AlarmKind
    said: str


class Observers:
    """Any thread may tell, and add who is told."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._of_records: list[Callable[[CallRecord], None]] = []
        self._of_events: list[Callable[[Event], None]] = []
        self._of_alarms: list[Callable[[Alarm], None]] = []
        self._queue: queue.SimpleQueue[CallRecord | Event | Alarm | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._counts: Counter[str] = Counter()

    def on_record(self, observe: Callable[[CallRecord], None]) -> None:
        self._of_records.append(observe)

    def on_event(self, observe: Callable[[Event], None]) -> None:
        self._of_events.append(observe)

    def on_alarm(self, observe: Callable[[Alarm], None]) -> None:
        self._of_alarms.append(observe)

    def record(self, record: CallRecord) -> None:
        """Tells of a record that was written."""
        if record.usage_fault:
            attempt = f"{record.request_id}/{record.attempt}"
            said = f"{attempt} of {record.target} reported a usage that cannot be: {record.usage_fault}"
            self.alarm("usage_fault", said)
        if self._of_records:
            self._put(record)

    def event(self, event: Event) -> None:
        """Tells of an event that was written."""
        with self._lock:
            self._counts[event.kind] += 1
        self._put(event)

    def alarm(self, kind: AlarmKind, said: str) -> None:
        """Counts what is wrong, and tells of it unless `said` is empty: then it was told of before."""
        with self._lock:
            self._counts[kind] += 1
        if said:
            self._put(Alarm(kind, said))

    @property
    def event_counts(self) -> Mapping[str, int]:
        """How many events there were, and how many calls or reports that alarms are of, by kind."""
        with self._lock:
            return dict(self._counts)

    def close(self) -> None:
        """Waits until everything was told."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _put(self, told: CallRecord | Event | Alarm) -> None:
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="tokenfoundry-observers", daemon=True)
                    self._thread.start()
        self._queue.put(told)

    def _run(self) -> None:
        while (told := self._queue.get()) is not None:
            if isinstance(told, CallRecord):
                _tell(self._of_records, told, "records")
            elif isinstance(told, Alarm):
                _log.warning("%s", told.said)
                _tell(self._of_alarms, told, "alarms")
            else:
                _log.warning("%s", event_text(told, self._currency))
                _tell(self._of_events, told, "events")


def _tell(observers: list[Callable[[_Told], None]], told: _Told, what: str) -> None:
    for observe in observers:
        try:
            observe(told)
        except Exception:  # noqa: BLE001 - the edge to the user's code: one observer must not stop the others
            _log.exception("an observer of %s failed", what)


def event_text(event: Event, currency: str) -> str:
    """An event as a line of a log has it: no values of the account."""

    def amount(value: int) -> str:
        return f"{decimal_text(value)} {currency}" if event.unit == "money_nano" else f"{value} {event.unit}"

    if event.kind == "over_hold":
        return f"budget {event.budget}: entry {event.entry} used {amount(event.amount)} more than it held"
    cap = "" if event.cap is None else f", the cap is {amount(event.cap)}"
    return (
        f"budget {event.budget}: level {event.level} ({amount(event.amount)}) reached: {amount(event.used)} used{cap}"
    )
