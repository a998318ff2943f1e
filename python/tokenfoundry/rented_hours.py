"""The hours of reserved endpoints in the books: one entry for each endpoint and hour, written once.

An hour is posted when it has begun, by the next call, admin request or command that reads, as a `rented` entry: at its
beginning, on the reservation's axes and the target's model and region, with its money and its GPU time. The id names
the target and the hour and is never forgotten by the ledger, so no crash, second process or turned clock posts an hour
twice. What is posted is history: a reservation that is stated otherwise decides the hours that have no entry, earlier
ones too, and changes no other.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from tokenfoundry.clock import Clock
from tokenfoundry.ledger import Amounts, Axes, Ledger, Tallies
from tokenfoundry.pricing import FxTable
from tokenfoundry.pricing.instant import instant_text
from tokenfoundry.pricing.reservations import HOUR_MS, SOURCE, PaidHour, Reservation
from tokenfoundry.records import AppliedPrice, CallRecord
from tokenfoundry.until import iso_text

NEVER_MS: Final = 2**63

_TABLE: Final = "settings"
_PREFIX: Final = "rented/"


class _Posted(msgspec.Struct, frozen=True):
    """Up to where the hours of a target were gone through, under reservations of these times. Only spares looking: what
    is posted says the ledger.
    """

    times: str
    through_ms: int


class RentedHours:
    """Posts the hours of one open data directory. Thread-safe.

    >>> import tempfile
    >>> from decimal import Decimal
    >>> from tokenfoundry.settings import TargetSettings
    >>> serves = TargetSettings.model_construct(provider="node", model="qwen", region="it", trust="on_prem")
    >>> rented = Reservation("qwen", serves, 0, 2 * HOUR_MS, 8, Decimal("2.50"), "EUR", {"project": "claims"})
    >>> with tempfile.TemporaryDirectory() as path, Ledger.open(path, clock=lambda: HOUR_MS) as led:
    ...     hours = RentedHours(led, clock=lambda: HOUR_MS)
    ...     hours.use([rented], FxTable("EUR"))
    ...     hours.post_due(), hours.post_due(), led.entries()[1].amounts.money_nano
    (2, 0, 20000000000)
    """

    def __init__(self, ledger: Ledger, *, clock: Clock, publish: Callable[[CallRecord], None] | None = None) -> None:
        """`publish` is told each hour's record once it is written."""
        self._ledger = ledger
        self._publish = publish
        self._clock = clock
        self._posting = threading.RLock()
        self._reservations: tuple[Reservation, ...] = ()
        self._fx: FxTable | None = None
        self.due_ms = NEVER_MS
        """When the next hour is to be posted; of the past when some are."""

    @property
    def reservations(self) -> tuple[Reservation, ...]:
        """Those in force, by their beginning."""
        return self._reservations

    @property
    def are_due(self) -> bool:
        """Whether there are hours to post."""
        return self._clock() >= self.due_ms

    def use(self, reservations: Sequence[Reservation], fx: FxTable) -> None:
        """Puts these in force. What was due of those before is not posted by this."""
        with self._posting:
            self._reservations, self._fx = tuple(reservations), fx
            self.due_ms = self._next_due_ms()

    def post_due(self) -> int:
        """Posts the hours that have begun and have no entry; how many. Raises `StoreError`, and may be tried again."""
        if not self.are_due:
            return 0
        with self._posting:
            now_ms = self._clock()
            posted = sum(self._post(target, now_ms) for target in self._targets())
            self.due_ms = self._next_due_ms()
            return posted

    async def post_due_in_thread(self) -> None:
        """`post_due` for an event loop, which does not wait on the disk."""
        await asyncio.to_thread(self.post_due)

    def _post(self, target: str, now_ms: int) -> int:
        hours = [hour for each in self._of(target) for hour in each.hours(self._through_ms(target), now_ms + 1)]
        if not hours:
            return 0
        assert self._fx is not None, "no reservations without exchange rates"
        posted: list[CallRecord] = []
        for hour in hours:
            if self._ledger.entry(_id_of(hour)) is None:
                posted.append(record_of(hour, self._fx))
                post_hour(self._ledger, hour, posted[-1])
        marker = _Posted(_times_of(self._of(target)), hours[-1].end_ms)
        self._ledger.put(_TABLE, _PREFIX + target, msgspec.json.encode(marker))  # It waits for the entries too.
        if self._publish is not None:
            for record in posted:
                self._publish(record)
        return len(posted)

    def _targets(self) -> list[str]:
        return sorted({each.target for each in self._reservations})

    def _of(self, target: str) -> list[Reservation]:
        return [each for each in self._reservations if each.target == target]

    def _next_due_ms(self) -> int:
        """The beginning of the first hour that was not gone through, of any target."""
        through_ms = {target: self._through_ms(target) for target in self._targets()}
        firsts = (next(each.hours(through_ms[each.target], NEVER_MS), None) for each in self._reservations)
        return min((hour.start_ms for hour in firsts if hour is not None), default=NEVER_MS)

    def _through_ms(self, target: str) -> int:
        stored = self._ledger.get(_TABLE, _PREFIX + target)
        if stored is None:
            return 0
        marker = msgspec.json.decode(stored, type=_Posted)
        return marker.through_ms if marker.times == _times_of(self._of(target)) else 0


def post_hour(ledger: Ledger, hour: PaidHour, record: CallRecord) -> None:
    """Writes the entry of an hour. It is safe once a later write is."""
    ledger.record(
        record.request_id,
        kind="rented",
        axes=Axes(model=record.model, region=record.region, **hour.of.axes),
        amounts=Amounts(money_nano=record.cost_nano, gpu_ms=record.gpu_ms),
        tallies=Tallies(counterfactual_nano=record.counterfactual_nano),
        at=hour.start_ms,
        detail=record.to_bytes(),
        wait=False,
    )


def record_of(hour: PaidHour, fx: FxTable) -> CallRecord:
    """What an hour's entry says, by which it is computed again. Paid with or without the factory, it saves nothing."""
    reservation = hour.of
    cost_nano = hour.cost_nano(fx)
    price = AppliedPrice(
        id=f"{SOURCE}/{reservation.target}@{instant_text(reservation.from_ms)}",
        catalogue=_digest_of((reservation.from_ms, reservation.to_ms, reservation.gpus, str(reservation.rate))),
        currency=reservation.currency,
        fx_rate=str(fx.rate(reservation.currency, at=hour.start_ms)),
        rates={"gpu_hour": str(reservation.rate)},
    )
    serves = reservation.serves
    fields: dict[str, Any] = dict(reservation.axes)
    return CallRecord(
        request_id=_id_of(hour),
        at_ms=hour.start_ms,
        endpoint=SOURCE,
        outcome="rented",
        status=0,
        alias="",
        target=reservation.target,
        provider=serves.provider,
        model=serves.model,
        region=serves.region or "",
        trust=serves.trust,
        gpu_ms=hour.gpu_ms,
        cost_nano=cost_nano,
        counterfactual_nano=cost_nano,
        price=price,
        currency=fx.currency,
        **fields,
    )


def reservation_rows(hours: RentedHours, *, now_ms: int) -> list[dict[str, Any]]:
    """The reservations in force as an administrator is shown them."""
    return [
        {
            "target": each.target,
            "model": each.serves.model,
            "from": iso_text(each.from_ms),
            "to": iso_text(each.to_ms),
            "state": "to come" if now_ms < each.from_ms else "running" if now_ms < each.to_ms else "over",
            "gpus": each.gpus,
            "rate": str(each.rate),
            "currency": each.currency,
            "axes": dict(each.axes),
        }
        for each in hours.reservations
    ]


def _id_of(hour: PaidHour) -> str:
    """By the whole hour of UTC, also when only a part of it is paid."""
    return f"{SOURCE}/{hour.of.target}/{instant_text(hour.start_ms // HOUR_MS * HOUR_MS)}"


def _times_of(reservations: Sequence[Reservation]) -> str:
    return _digest_of([(each.from_ms, each.to_ms) for each in reservations])


def _digest_of(stated: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(stated)).hexdigest()[:16]
