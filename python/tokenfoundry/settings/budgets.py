"""Budgets: how much may be spent by whom, over which window, and what happens on the way to the cap."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from tokenfoundry.settings.fields import (
    INT64_MAX,
    FieldProblem,
    Money,
    Name,
    Number,
    Section,
    parse_duration,
    refuse_fields,
)
from tokenfoundry.settings.units import Unit, ledger_amount
from tokenfoundry.settings.windows import WindowSettings
from tokenfoundry.window_fields import length_text

Axis = Literal["workspace", "project", "consumer", "key", "intent", "alias", "model", "region", "env", "session"]
AXES: tuple[Axis, ...] = get_args(Axis)

_ALERTS_PERCENT = (80, 100)
_THROTTLE_FROM_PERCENT = 80
_ENDLESS = ("session", "lifetime")


def _one_or_more(value: Any) -> Any:
    """A single value of an axis stands for a list of one."""
    return (value,) if isinstance(value, str) else value


def _parse_refill(value: Any) -> Any:
    """`5/h` as its two fields."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*([^\s/]+)\s*/\s*(\d*)\s*(ms|s|m|h|d)\s*", value)
    if found is None:
        raise ValueError("should be an amount per time, such as 5/h or 100/15m (ms, s, m, h, d)")
    return {"amount": found[1], "every": f"{found[2] or 1}{found[3]}"}


def _parse_span(value: Any) -> timedelta:
    """What a file states, or a span that was parsed before."""
    return value if isinstance(value, timedelta) else timedelta(milliseconds=parse_duration(value))


AxisValues = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_one_or_more), Field(min_length=1)
]
Above0 = Annotated[Number, Field(gt=0)]
Percent = Annotated[int, Field(ge=1, le=1000, strict=True)]
Span = Annotated[timedelta, BeforeValidator(_parse_span), PlainSerializer(length_text, when_used="json")]


class RefillSettings(Section):
    """How fast a burst credit comes back, evenly: `5/h` for short."""

    amount: Above0 = Field(description="How much comes back ..")
    every: Span = Field(description=".. in this time, such as 1h.")


class BurstSettings(Section):
    """A credit beside the cap, for spikes: spent by what goes beyond the cap, refilled with time, across windows."""

    size: Above0 = Field(description="How much may be used beyond the cap, at most.")
    refill: Annotated[RefillSettings | None, BeforeValidator(_parse_refill)] = Field(
        None, description="How fast it comes back: 5/h, or {amount: 5, every: 1h}. Without: never."
    )
    max_per_window: Above0 | None = Field(None, description="How much of it one window may take. Without: all of it.")


class BudgetTerms(Section):
    """How much, of what, over which window. All amounts are in the budget's unit."""

    unit: Unit = Field(description="What it counts. money is in units of `currency`.")
    window: WindowSettings = Field(description="When it starts anew; lifetime, or left out, of a prepaid budget.")
    hard: Money | None = Field(
        None,
        description='The cap: "500" of money, a whole number of tokens. Without: none, and soft is needed.',
    )
    soft: Above0 | None = Field(None, description="Raises an event when it is reached, once per window; at most hard.")
    alert_at: tuple[Percent, ...] | None = Field(
        None, description="Percents of hard that raise an event once per window; [80, 100] when there is a cap."
    )
    burst: BurstSettings | None = Field(None, description="A credit beside the cap, for spikes.")
    at_cap: Literal["reject", "throttle", "downgrade"] = Field(
        "reject",
        description="reject: refuses. throttle: from throttle_from on, spreads the rest over the rest of the window. "
        "downgrade: tries a cheaper target.",
    )
    throttle_from: Money | None = Field(
        None, description="Throttle: where it begins; else at soft, or at 80 % of hard when there is none."
    )
    mode: Literal["enforce", "track"] = Field(
        "enforce", description="enforce: refuses what would cross the cap. track: only counts."
    )
    prepaid: bool = Field(
        False, description="Its cap is what was granted (`tokenfoundry packages add`); so it has none of its own."
    )

    @model_validator(mode="before")
    @classmethod
    def _prepaid_never_starts_anew(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and values.get("prepaid") is True and "window" not in values:
            return {**values, "window": {"kind": "lifetime"}}
        return values

    @model_validator(mode="after")
    def _fits_together(self) -> BudgetTerms:
        refuse_fields(type(self).__name__, [*self._problems()])
        return self

    def _problems(self) -> Iterator[FieldProblem]:
        yield from self._amount_problems()
        yield from self._prepaid_problems() if self.prepaid else self._cap_problems()
        yield from self._throttle_problems()
        alerts = self.alert_at or ()
        for index, percent in enumerate(alerts):
            if percent in alerts[:index]:
                yield ("alert_at", index), f"{percent} stands there twice"

    def _amount_problems(self) -> Iterator[FieldProblem]:
        """Amounts that the ledger cannot count, each at its field."""
        amounts: dict[tuple[str | int, ...], Decimal | None] = {
            ("hard",): self.hard,
            ("soft",): self.soft,
            ("throttle_from",): self.throttle_from,
        }
        if self.burst is not None:
            amounts["burst", "size"] = self.burst.size
            amounts["burst", "max_per_window"] = self.burst.max_per_window
            if self.burst.refill is not None:
                amounts["burst", "refill", "amount"] = self.burst.refill.amount
        for path, amount in amounts.items():
            if amount is None:
                continue
            try:
                ledger_amount(self.unit, amount)
            except ValueError as error:
                yield path, str(error)

    def _prepaid_problems(self) -> Iterator[FieldProblem]:
        stated = {
            "hard": self.hard is not None,
            "soft": self.soft is not None,
            "alert_at": bool(self.alert_at),
            "burst": self.burst is not None,
            "at_cap": self.at_cap != "reject",
        }
        for name, is_stated in stated.items():
            if is_stated:
                yield (name,), "has no place in a prepaid budget: what was granted is its cap"
        if self.window.kind != "lifetime":
            yield ("window", "kind"), "of a prepaid budget is lifetime: what was paid does not come back every window"

    def _cap_problems(self) -> Iterator[FieldProblem]:
        if self.hard is None:
            if self.soft is None:
                yield ("hard",), "is required: a budget without a cap needs soft, or it would have nothing to say"
            if self.alert_at:
                yield ("alert_at",), "are percents of hard, which is missing"
            if self.burst is not None:
                yield ("burst",), "is a credit beside hard, which is missing"
            if self.at_cap != "reject":
                yield ("at_cap",), "says what happens at hard, which is missing"
        elif self.soft is not None and self.soft > self.hard:
            yield ("soft",), "is above hard"

    def _throttle_problems(self) -> Iterator[FieldProblem]:
        if self.at_cap != "throttle":
            if self.throttle_from is not None:
                yield ("throttle_from",), "needs at_cap: throttle"
            return
        if self.window.kind in _ENDLESS:
            yield ("at_cap",), f"throttle spreads what is left over the window, and a {self.window.kind} one has no end"
        if self.throttle_from is not None and self.hard is not None and self.throttle_from > self.hard:
            yield ("throttle_from",), "is above hard"

    @property
    def hard_amount(self) -> int | None:
        """The cap as the ledger counts it: nano units of money, milliseconds of GPUs, else a count.

        >>> terms = {"unit": "money", "window": {"kind": "daily"}, "hard": "0.5"}
        >>> BudgetTerms.model_validate(terms).hard_amount
        500000000
        """
        return None if self.hard is None else ledger_amount(self.unit, self.hard)

    @property
    def soft_amount(self) -> int | None:
        """The soft cap as the ledger counts it."""
        return None if self.soft is None else ledger_amount(self.unit, self.soft)

    @property
    def alert_amounts(self) -> dict[str, int]:
        """At what is used, as the ledger counts it, an event of that name is raised: the first whole unit there.

        >>> terms = {"unit": "tokens", "window": {"kind": "daily"}, "hard": 7, "soft": 5}
        >>> BudgetTerms.model_validate(terms).alert_amounts
        {'soft': 5, '80%': 6, '100%': 7}
        """
        amounts = {} if self.soft_amount is None else {"soft": self.soft_amount}
        percents = _ALERTS_PERCENT if self.alert_at is None else self.alert_at
        if self.hard_amount:  # Of nothing, every percent is reached before anything is used.
            amounts |= {f"{percent}%": -(-self.hard_amount * percent // 100) for percent in percents}
        return {name: amount for name, amount in amounts.items() if amount <= INT64_MAX}

    @property
    def throttle_from_amount(self) -> int:
        """From what is used on the ledger throttles; 0 for a budget that does not."""
        if self.at_cap != "throttle" or self.hard_amount is None:
            return 0
        if self.throttle_from is not None:
            return ledger_amount(self.unit, self.throttle_from)
        default = self.hard_amount * _THROTTLE_FROM_PERCENT // 100
        return default if self.soft_amount is None else self.soft_amount


class BudgetSettings(BudgetTerms):
    """A cap on what matching calls spend in a window."""

    name: Name = Field(description="Unique among budgets; refusals and reports show it.")
    match: dict[Axis, AxisValues] = Field(
        {}, description='The calls it counts: per axis a value, a list of them, or "*" for any.'
    )
    each: tuple[Axis, ...] = Field(
        (), description="Makes one account per value of these axes, each with the whole cap."
    )

    def _problems(self) -> Iterator[FieldProblem]:
        yield from super()._problems()
        if len(set(self.each)) != len(self.each):
            yield ("each",), "names an axis twice"
        if self.window.kind == "session" and "session" not in self.each:
            yield ("each",), "needs session: a session window counts every session by itself"

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes of `each` in the order in which the ledger keeps an account's values."""
        return tuple(axis for axis in AXES if axis in self.each)
