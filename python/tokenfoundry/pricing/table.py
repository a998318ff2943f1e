"""The price table that ships with the package: its shape on disk, and how a row becomes rates.

`data/prices.json` is made by `scripts/update-prices`, `data/unit_prices.json` is kept by hand; where both come from
stands in `data/PROVENANCE.md`. Decimals are strings.
"""

from __future__ import annotations

import hashlib
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import msgspec

from tokenfoundry.errors import DataLoss
from tokenfoundry.pricing.history import DailyRates, Period, RateHistory
from tokenfoundry.pricing.instant import midnight_ms
from tokenfoundry.pricing.match import Rule
from tokenfoundry.pricing.rates import RATE_NAMES, Rates, Tier

PATH = Path(__file__).with_name("data") / "prices.json"
UNITS_PATH = PATH.with_name("unit_prices.json")
FORMAT = 2


class TokenRatesRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a price and each of its tiers say of tokens."""

    input: Decimal
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    input_audio: Decimal | None = None
    cache_read_audio: Decimal | None = None
    input_image: Decimal | None = None
    cache_read_image: Decimal | None = None
    output_audio: Decimal | None = None
    output_image: Decimal | None = None


class TierRow(TokenRatesRow, frozen=True, kw_only=True):
    above: int


class RatesRow(TokenRatesRow, frozen=True, kw_only=True):
    image: Decimal | dict[str, Decimal] | None = None
    audio_second: Decimal | None = None
    characters: Decimal | None = None
    search: Decimal | None = None
    request: Decimal | None = None
    tiers: tuple[TierRow, ...] = ()
    service_tiers: dict[str, RatesRow] = {}

    def to_rates(self, currency: str) -> Rates:
        return Rates(
            **{name: getattr(self, name) for name in RATE_NAMES},
            currency=currency,
            tiers=tuple(Tier(**msgspec.structs.asdict(tier)) for tier in self.tiers),
            service_tiers=MappingProxyType({name: row.to_rates(currency) for name, row in self.service_tiers.items()}),
        )


class DailyRow(RatesRow, frozen=True, kw_only=True):
    """Rates of some hours of every day, `from` included and `to` excluded, in UTC."""

    start: time = msgspec.field(name="from")
    end: time = msgspec.field(name="to")


class PeriodRow(RatesRow, frozen=True, kw_only=True):
    """Rates from midnight UTC of a day on; from ever when `start` is missing."""

    start: date | None = msgspec.field(name="from", default=None)
    daily: tuple[DailyRow, ...] = ()

    def to_period(self, currency: str) -> Period:
        return Period(
            from_ms=0 if self.start is None else midnight_ms(self.start),
            rates=self.to_rates(currency),
            daily=tuple(
                DailyRates(_of_day_ms(row.start), _of_day_ms(row.end), row.to_rates(currency)) for row in self.daily
            ),
        )


class ModelRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A model of a provider. Without `prices` it is listed so that its name finds no other model's price."""

    id: str
    match: tuple[Rule, ...]
    name: str | None = None
    context_tokens: int | None = None
    prices: tuple[PeriodRow, ...] = ()
    source: str = ""
    """Where its prices come from, when not from where the table does."""

    def to_history(self, currency: str) -> RateHistory:
        return RateHistory(tuple(period.to_period(currency) for period in self.prices))


class ProviderRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A provider. `models` are tried in order: the first whose rules hold is the one."""

    id: str
    name: str
    api: str
    """A regular expression that the address of its API begins with."""
    match: tuple[Rule, ...] = ()
    """Names of models that are this provider's when none is named."""
    also: tuple[str, ...] = ()
    """Providers whose models it serves at their prices."""
    models: tuple[ModelRow, ...] = ()


class PriceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    source: str
    built: date
    """The day on which it was made of its source."""
    licence: str
    currency: str
    providers: tuple[ProviderRow, ...]
    digest: str = ""
    """The first 16 hex digits of the SHA-256 of both files."""


class UnitTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices of models that the price table lists without any, because they are not billed by the token of text."""

    format: int
    source: str
    models: dict[str, tuple[PeriodRow, ...]]
    """By provider and model, such as `openai/whisper-1`."""


def read(path: Path = PATH, units_path: Path = UNITS_PATH) -> PriceTable:
    """The table at `path` with the prices of `units_path` in it, about 3 ms.

    Raises `DataLoss` when a file is missing or is not what was written.
    """
    try:
        raw, raw_units = path.read_bytes(), units_path.read_bytes()
        table = msgspec.json.decode(raw, type=PriceTable)
        units = msgspec.json.decode(raw_units, type=UnitTable)
    except (OSError, msgspec.MsgspecError) as error:
        raise DataLoss(f"the price table cannot be read: {error}") from error
    for each in (table, units):
        if each.format != FORMAT:
            raise DataLoss(f"the price table has format {each.format}, and this version reads {FORMAT}")
    providers = tuple(_with_units(provider, units) for provider in table.providers)
    digest = hashlib.sha256(raw + raw_units).hexdigest()[:16]
    return msgspec.structs.replace(table, providers=providers, digest=digest)


def _with_units(provider: ProviderRow, units: UnitTable) -> ProviderRow:
    """The provider with the prices of those of its models that have none."""
    models = []
    for model in provider.models:
        periods = units.models.get(f"{provider.id}/{model.id}")
        if periods and not model.prices:
            model = msgspec.structs.replace(model, prices=periods, source=units.source)
        models.append(model)
    return msgspec.structs.replace(provider, models=tuple(models))


def _of_day_ms(at: time) -> int:
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1000
