"""The units that budgets count in, as an administrator writes amounts of them and as the ledger keeps them.

A configuration says `"0.5"` of money and `1.25` GPU-seconds; the ledger keeps integers: nano units of the currency,
milliseconds, and plain counts of everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator

from tokenfoundry.settings.fields import INT64_MAX

UnitName = Literal["money", "tokens", "requests", "images", "audio", "gpu_seconds"]
LedgerUnit = Literal["money_nano", "tokens", "requests", "images", "audio", "gpu_ms"]
UNIT_NAMES: tuple[UnitName, ...] = get_args(UnitName)
LEDGER_UNITS: Mapping[UnitName, LedgerUnit] = MappingProxyType(
    {
        "money": "money_nano",
        "tokens": "tokens",
        "requests": "requests",
        "images": "images",
        "audio": "audio",
        "gpu_seconds": "gpu_ms",
    }
)
NAMES_OF_LEDGER_UNITS: Mapping[LedgerUnit, UnitName] = MappingProxyType(
    {unit: name for name, unit in LEDGER_UNITS.items()}
)

RESERVED = "video is reserved: the name will not mean anything else, but nothing counts video yet"
_DECIMALS: Mapping[str, int] = MappingProxyType({"money": 9, "gpu_seconds": 3})
_SHOULD_BE: Mapping[str, str] = MappingProxyType(
    {
        "money": "money under 9.2 billion with at most 9 decimals",
        "gpu_seconds": "a number of GPU-seconds with at most 3 decimals",
    }
)


def _refuse_video(value: Any) -> Any:
    if value == "video":
        raise ValueError(RESERVED)
    return value


Unit = Annotated[UnitName, BeforeValidator(_refuse_video)]


def ledger_amount(unit: UnitName, amount: Decimal) -> int:
    """An amount as the ledger counts it, of any sign. Raises `ValueError` for one that is no whole number there.

    >>> ledger_amount("money", Decimal("0.5")), ledger_amount("gpu_seconds", Decimal("1.25"))
    (500000000, 1250)
    """
    scaled = amount.scaleb(_DECIMALS.get(unit, 0))
    if scaled != scaled.to_integral_value() or abs(scaled) > INT64_MAX:
        raise ValueError(f"should be {_SHOULD_BE.get(unit, f'a whole number of {unit}')}")
    return int(scaled)


def amount_text(unit: UnitName, amount: int) -> str:
    """An amount of the ledger as it is written, without an exponent or trailing zeros.

    >>> amount_text("money", 12_500_000_000), amount_text("tokens", 5_000_000)
    ('12.5', '5000000')
    """
    sign, digits = "-" if amount < 0 else "", _DECIMALS.get(unit, 0)
    whole, rest = divmod(abs(amount), 10**digits)
    return f"{sign}{whole}" + (f".{rest:0{digits}d}".rstrip("0") if rest else "")
