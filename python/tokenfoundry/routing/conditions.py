"""The conditions of rules, made of settings once: each can say whether it holds, and what it saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tokenfoundry.routing.inquiry import Inquiry, Regions
from tokenfoundry.settings import Comparison, HoursSettings, WhenSettings

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AXES = ("intent", "workspace", "project", "consumer", "key", "env")


@dataclass(frozen=True, slots=True)
class Condition:
    """`wanted` says in words what must be so; `sees` what is compared with it."""

    name: str
    wanted: str
    holds: Callable[[Inquiry], bool]
    sees: Callable[[Inquiry], Any]


def conditions_of(when: WhenSettings, regions: Regions) -> tuple[Condition, ...]:
    """All that must hold, the cheap ones first."""
    found = []
    if when.alias is not None:
        found.append(_one_of("alias", when.alias, lambda inquiry: inquiry.alias))
    if when.endpoint is not None:
        found.append(_one_of("endpoint", when.endpoint, lambda inquiry: inquiry.facts.endpoint))
    if when.sensitive is not None:
        found.append(_sensitive(when.sensitive))
    for axis in _AXES:
        values = getattr(when, axis)
        if values is not None:
            found.append(_one_of(axis, values, _reader_of(axis)))
    if when.needs is not None:
        found.append(_needs(frozenset(when.needs)))
    if when.residency is not None:
        found.append(_residency(when.residency, regions))
    if when.findings is not None:
        found.append(_number("findings", when.findings, lambda inquiry: sum(inquiry.facts.findings.values())))
    if when.input_tokens is not None:
        found.append(_number("input_tokens", when.input_tokens, lambda inquiry: inquiry.facts.input_tokens))
    if when.output_tokens is not None:
        found.append(_number("output_tokens", when.output_tokens, lambda inquiry: inquiry.facts.max_output_tokens))
    if when.hours is not None:
        found.append(_hours(when.hours))
    if when.language is not None:
        found.append(_one_of("language", when.language, lambda inquiry: inquiry.language))
    if when.budget_used is not None:
        found.append(_number("budget_used", when.budget_used, lambda inquiry: inquiry.budget_used, unit="%"))
    if when.complexity is not None:
        found.append(_number("complexity", when.complexity, lambda inquiry: inquiry.complexity))
    return tuple(found)


def _reader_of(axis: str) -> Callable[[Inquiry], str]:
    return lambda inquiry: str(getattr(inquiry.facts, axis))


def _one_of(name: str, values: tuple[str, ...], read: Callable[[Inquiry], str]) -> Condition:
    wanted = frozenset(values)
    return Condition(name, f"{name} {' or '.join(values)}", lambda inquiry: read(inquiry) in wanted, read)


def _number(name: str, bound: Comparison, read: Callable[[Inquiry], float], *, unit: str = "") -> Condition:
    def sees(inquiry: Inquiry) -> float:
        return round(read(inquiry), 3)

    return Condition(name, f"{name} {bound}{unit}", lambda inquiry: bound.holds(read(inquiry)), sees)


def _sensitive(wanted: bool | tuple[str, ...]) -> Condition:
    def sees(inquiry: Inquiry) -> list[str]:
        return sorted(inquiry.facts.findings)

    if isinstance(wanted, bool):
        said = "sensitive" if wanted else "not sensitive"
        return Condition("sensitive", said, lambda inquiry: bool(inquiry.facts.findings) == wanted, sees)
    entities = frozenset(wanted)
    said = f"holds {' or '.join(wanted)}"
    return Condition("sensitive", said, lambda inquiry: not entities.isdisjoint(inquiry.facts.findings), sees)


def _needs(wanted: frozenset[str]) -> Condition:
    said = f"needs {' and '.join(sorted(wanted))}"
    return Condition(
        "needs", said, lambda inquiry: wanted <= inquiry.facts.needs, lambda inquiry: sorted(inquiry.facts.needs)
    )


def _residency(names: tuple[str, ...], regions: Regions) -> Condition:
    within = regions.of(names)

    def holds(inquiry: Inquiry) -> bool:
        bounds = inquiry.bounds
        return bool(bounds) and frozenset.intersection(*(bound.regions for bound in bounds)) <= within

    def sees(inquiry: Inquiry) -> list[str]:
        return [name for bound in inquiry.bounds for name in bound.names]

    return Condition("residency", f"residency {' or '.join(names)}", holds, sees)


def _hours(hours: HoursSettings) -> Condition:
    zone = ZoneInfo(hours.tz)

    def at(inquiry: Inquiry) -> datetime:
        return datetime.fromtimestamp(inquiry.facts.at_ms / 1000, UTC).astimezone(zone)

    def holds(inquiry: Inquiry) -> bool:
        now = at(inquiry)
        minute = now.hour * 60 + now.minute
        if hours.from_minute < hours.until_minute:
            began, inside = now, hours.from_minute <= minute < hours.until_minute
        else:
            inside = minute >= hours.from_minute or minute < hours.until_minute
            began = now if minute >= hours.from_minute else now - timedelta(days=1)
        return inside and (hours.days is None or _DAYS[began.weekday()] in hours.days)

    said = f"hours {_clock(hours.from_minute)}-{_clock(hours.until_minute)}"
    if hours.days is not None:
        said += f" on {' '.join(day for day in _DAYS if day in hours.days)}"
    return Condition("hours", said, holds, lambda inquiry: at(inquiry).strftime("%a %H:%M"))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
