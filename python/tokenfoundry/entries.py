"""The ledger's entries as an administrator sees and corrects them: found by number or request id, amounts in the units
that a configuration uses. A correction is an entry itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
from pydantic import Field

from tokenfoundry.changes import change_row
from tokenfoundry.errors import Conflict, InvalidInput, NotFound
from tokenfoundry.ids import uuid7
from tokenfoundry.ledger import Entry, Ledger, Sums
from tokenfoundry.ledger.values import MAX_AMOUNT
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import BudgetSettings, checked
from tokenfoundry.settings.fields import Name, Number, Section
from tokenfoundry.settings.units import LEDGER_UNITS, NAMES_OF_LEDGER_UNITS, UNIT_NAMES, amount_text, ledger_amount
from tokenfoundry.until import iso_text

_ID_PREFIX: Final = "correction:"
# What follows an attempt's number in the id of what had no hold (gateway/attempts/booking.py).
_ENDINGS: Final = ("", "/hit", "/refused", "/blocked")
_MOST_DIGITS: Final = 18
_OUT_OF_BOUNDS: Final = re.compile(r"amounts\.(\w+): entry (\d+) would have used (-?\d+)")


class Correction(Section):
    """What is said of a correction: differences, of any sign."""

    money: Number = Decimal(0)
    tokens: Number = Decimal(0)
    requests: Number = Decimal(0)
    images: Number = Decimal(0)
    audio: Number = Decimal(0)
    gpu_seconds: Number = Decimal(0)
    reason: str = Field(min_length=1, max_length=1000)
    id: Name | None = Field(None, description="Makes it safe to repeat for 7 days.")


def find_entry(ledger: Ledger, name: str) -> Entry:
    """The entry with that sequence number or id. A request id alone is the last attempt of that call.

    Raises `NotFound`.
    """
    if name.isascii() and name.isdecimal():
        found = ledger.entries(int(name) - 1, 1) if len(name) <= _MOST_DIGITS else []
        if not found or found[0].seq != int(name):
            raise NotFound(f"there is no entry {name}")
        return found[0]
    entry = ledger.entry(name)
    for attempt in _attempts(ledger, name):
        entry = attempt
    if entry is None:
        raise NotFound(
            f"no entry has the id {name!r}: it is a request id (x-request-id) of the last 7 days, or an entry's number"
        )
    return entry


def entry_row(entry: Entry, budgets: Mapping[str, BudgetSettings], *, currency: str) -> dict[str, Any]:
    """An entry as it is shown: amounts as decimal text by unit, times in ISO 8601, and what its call's record says.

    `change` is what an administrator did to a budget, with amounts in its unit as long as there is that budget; `act`
    is what they did otherwise.
    """
    change, is_act = entry.change, entry.kind == "changed"
    record = CallRecord.from_bytes(entry.detail) if entry.detail and not is_act else None
    return {
        "seq": entry.seq,
        "id": entry.id,
        "kind": entry.kind,
        "flags": [str(flag.name).lower() for flag in entry.flags],
        "at": iso_text(entry.at),
        "posted_at": iso_text(entry.posted_at),
        "of": entry.of,
        "cost": amount_text("money", entry.amounts.money_nano),
        "currency": currency,
        "amounts": _texts_of(entry.amounts),
        "tallies": {name: value for name, value in msgspec.to_builtins(entry.tallies).items() if value},
        "axes": {axis: value for axis, value in msgspec.to_builtins(entry.axes).items() if value},
        "burns": msgspec.to_builtins(entry.burns),
        "change": _change_of(entry, budgets) if change is not None else None,
        "actor": change.actor if change is not None else entry.actor,
        "reason": change.reason if change is not None else entry.reason,
        "act": msgspec.json.decode(entry.detail) if entry.detail and is_act else None,
        "record": None if record is None else msgspec.to_builtins(record),
    }


def correct_entry(ledger: Ledger, name: str, fields: dict[str, Any], *, actor: str) -> dict[str, Any]:
    """Posts a linked correction of the entry that `name` finds, and returns it.

    The same id with the same entry and amounts is the same correction, whoever asks. Raises `NotFound`, `InvalidInput`,
    and `Conflict` for an id that corrected otherwise.
    """
    asked = checked(Correction, fields)
    amounts: dict[str, int] = {}
    for unit in UNIT_NAMES:
        try:
            amounts[LEDGER_UNITS[unit]] = ledger_amount(unit, getattr(asked, unit))
        except ValueError as error:
            raise InvalidInput(f"{unit}: {error}") from None
    if not any(amounts.values()):
        raise InvalidInput("corrects nothing: state the difference of money, tokens, ...")
    difference = Sums(**amounts)
    of = find_entry(ledger, name)
    id = _ID_PREFIX + (asked.id or uuid7())
    entry = ledger.entry(id)
    if entry is None:
        entry = _adjusted(ledger, id, of, difference, actor, asked.reason)
    elif (entry.of, entry.amounts) != (of.seq, difference):
        raise Conflict(f"the id {asked.id!r} corrected entry {entry.of} otherwise: choose a new one")
    return {
        "seq": entry.seq,
        "of": entry.of,
        **_texts_of(entry.amounts),
        "actor": entry.actor,
        "reason": entry.reason,
    }


def _attempts(ledger: Ledger, request_id: str) -> Iterator[Entry]:
    """The entries of the attempts of one call, in order."""
    number = 0
    while True:
        found = [ledger.entry(f"{request_id}/{number}{ending}") for ending in _ENDINGS]
        if not any(found):
            return
        yield from (entry for entry in found if entry is not None)
        number += 1


def _adjusted(ledger: Ledger, id: str, of: Entry, difference: Sums, actor: str, reason: str) -> Entry:
    if of.kind in ("adjusted", "changed"):
        what = "a correction" if of.kind == "adjusted" else f"a {of.change.kind}" if of.change else "a change"
        raise InvalidInput(f"entry {of.seq} is {what}: only what a call used can be corrected")
    try:
        return ledger.adjust(id, of.seq, difference, actor=actor, reason=reason)
    except InvalidInput as error:
        raise InvalidInput(_in_the_units_of_a_user(str(error))) from None


def _in_the_units_of_a_user(said: str) -> str:
    found = _OUT_OF_BOUNDS.search(said)
    unit = next((name for each, name in NAMES_OF_LEDGER_UNITS.items() if found and each == found[1]), None)
    if found is None or unit is None:
        return said
    used = int(found[3])
    bound = "less than nothing" if used < 0 else f"more than {amount_text(unit, MAX_AMOUNT)}"
    return f"{unit}: entry {found[2]} would have used {amount_text(unit, used)} in all, {bound}"


def _texts_of(amounts: Sums) -> dict[str, str]:
    """The amounts that are not 0, by the names of the units."""
    texts = {unit: amount_text(unit, getattr(amounts, LEDGER_UNITS[unit])) for unit in UNIT_NAMES}
    return {unit: text for unit, text in texts.items() if text != "0"}


def _change_of(entry: Entry, budgets: Mapping[str, BudgetSettings]) -> dict[str, Any]:
    if entry.change is None:
        return {}
    budget = budgets.get(entry.change.budget)
    return change_row(entry.change, budget) if budget is not None else msgspec.to_builtins(entry.change)
