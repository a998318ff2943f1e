"""The price catalogue: which rates a model has at an instant, by its name.

A catalogue is the shipped price table with, before it, the prices that the user states. It is immutable, and safe to
share between threads; names that were found once are remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.pricing import table
from tokenfoundry.pricing.applied import digest_of
from tokenfoundry.pricing.cost import Cost
from tokenfoundry.pricing.history import RateHistory
from tokenfoundry.pricing.match import matches
from tokenfoundry.pricing.rates import Rates
from tokenfoundry.pricing.table import ModelRow, PriceTable, ProviderRow
from tokenfoundry.usage import Usage

_REMEMBERED_MAX = 4096  # names come from requests: a flood of made-up ones must not fill the memory


@dataclass(frozen=True, slots=True)
class PricedModel:
    """A model and its prices through time."""

    id: str
    provider: str
    """The provider's id in the table; empty for a price that the user stated."""
    name: str
    context_tokens: int | None
    """How many tokens of input it takes at most; None when the table does not say."""
    history: RateHistory
    digest: str
    """What tells this price from a later one: of the shipped table, or of what was stated."""
    source: str
    """Where the price comes from, for people: `genai-prices 0.2.3: openai/gpt-4o`, or `configuration`."""

    @property
    def place(self) -> str:
        """The price's name in a record, such as `openai/gpt-4o` or `target/gpt-mini`."""
        return f"{self.provider or 'model'}/{self.id}"


class Catalogue:
    """Prices by model name. Get the shipped one with `tokenfoundry.prices()`.

    >>> prices().find("gpt-4o-mini").provider
    'openai'
    """

    def __init__(self, price_table: PriceTable, *, overrides: Mapping[str, Rates] | None = None) -> None:
        self._table = price_table
        self._providers = {provider.id: provider for provider in price_table.providers}
        self._overrides = {
            model: PricedModel(model, "", model, None, RateHistory.constant(rates), digest_of(rates), "configuration")
            for model, rates in (overrides or {}).items()
        }
        self._rates = dict(overrides or {})
        self._remembered: dict[tuple[str, str | None], PricedModel] = {}

    @property
    def source(self) -> str:
        """Where the shipped table comes from, such as `genai-prices 0.2.3`."""
        return self._table.source

    @property
    def built(self) -> date:
        """The day on which the shipped table was made of its source."""
        return self._table.built

    def find(self, model: str, *, provider: str | None = None) -> PricedModel:
        """The model that answers to the name `model`, ignoring case, with its prices.

        `provider` is the id of one in the table (`openai`, `azure`, `groq`, ...), whose prices alone are looked at,
        with those of providers it resells. Without it, the provider whose names look like this one's is asked first,
        then all in order.

        Raises `NotFound` for a name or provider that is not in the table, or a model that is not priced by the token;
        it says how to state a price.
        """
        key = (model, provider)
        found = self._remembered.get(key)
        if found is None:
            found = self._overrides.get(model) or self._look_up(model, provider)
            if len(self._remembered) >= _REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[key] = found
        return found

    def rates(self, model: str, *, at: datetime | int, provider: str | None = None) -> Rates:
        """The rates of `model` in force at `at` (an aware datetime, or Unix ms). Raises as `find` does.

        >>> prices().rates("gpt-4o-mini", at=1_767_225_600_000).output
        Decimal('0.6')
        """
        return self.find(model, provider=provider).history.at(at)

    def cost(self, model: str, usage: Usage, *, at: datetime | int, provider: str | None = None) -> Cost:
        """What `usage` of `model` costs at the rates in force at `at`, exactly. Raises as `find` does.

        >>> prices().cost("gpt-4o-mini", Usage(input_tokens=1000, output_tokens=100), at=1_767_225_600_000).total
        Decimal('0.00021000')
        """
        return self.find(model, provider=provider).history.at(at).cost(usage)

    def with_overrides(self, prices: Mapping[str, Mapping[str, Any] | Rates], *, currency: str = "USD") -> Catalogue:
        """A catalogue in which the given models cost what is stated here, at every instant and of every provider.

        A price is `Rates`, or a mapping of decimals in quotes per million tokens: `input`, `output`, `cache_read`,
        `cache_write`, and `currency` (the argument when it is missing). Raises `InvalidInput` naming the model.

        >>> own = prices().with_overrides({"qwen3-32b": {"input": "0.15", "output": "0.45"}}, currency="EUR")
        >>> own.rates("qwen3-32b", at=0).currency
        'EUR'
        """
        rates = dict(self._rates)
        for model, price in prices.items():
            try:
                rates[model] = price if isinstance(price, Rates) else Rates.from_price(price, currency=currency)
            except InvalidInput as error:
                raise InvalidInput(f"{model}: {error}") from None
        return Catalogue(self._table, overrides=rates)

    def provider_at(self, address: str) -> str | None:
        """The id of the provider whose API is at `address`, or None.

        >>> prices().provider_at("https://api.openai.com/v1")
        'openai'
        """
        return next((row.id for row in self._table.providers if re.match(row.api, address)), None)

    def __contains__(self, provider: object) -> bool:
        """Whether the table has a provider of that id."""
        return provider in self._providers

    def models(self) -> Iterator[PricedModel]:
        """Every model with a price, the user's own first."""
        yield from self._overrides.values()
        for provider in self._table.providers:
            for row in provider.models:
                if row.prices:
                    yield self._priced(provider, row)

    def _look_up(self, model: str, provider: str | None) -> PricedModel:
        name = model.lower()
        for row in self._candidates(name, provider):
            for each in row.models:
                if matches(each.match, name):
                    if each.prices:
                        return self._priced(row, each)
                    raise NotFound(f"{model} is known of {row.name}, but not priced by the token: {_HOW_TO_STATE}")
        raise NotFound(
            f"no price is known for the model {model!r}{f' of {provider}' if provider else ''}: {_HOW_TO_STATE}"
        )

    def _candidates(self, name: str, provider: str | None) -> Iterator[ProviderRow]:
        if provider is not None:
            row = self._providers.get(provider)
            if row is None:
                raise NotFound(
                    f"the price table has no provider {provider!r}; it has: {', '.join(sorted(self._providers))}"
                )
            yield row
            yield from (self._providers[other] for other in row.also if other in self._providers)
            return
        yield from sorted(self._table.providers, key=lambda row: not matches(row.match, name))

    def _priced(self, provider: ProviderRow, row: ModelRow) -> PricedModel:
        return PricedModel(
            id=row.id,
            provider=provider.id,
            name=row.name or row.id,
            context_tokens=row.context_tokens,
            history=row.to_history(self._table.currency),
            digest=self._table.digest,
            source=f"{row.source or self._table.source}: {provider.id}/{row.id}",
        )


_HOW_TO_STATE = (
    "state one on its target, in units per million tokens, such as "
    'price: {input: "0.15", output: "0.60", currency: USD}'
)


@cache
def prices() -> Catalogue:
    """The catalogue of the shipped price table, read at the first call (about 3 ms) and immutable.

    >>> prices().source
    'genai-prices 0.2.3'
    """
    return Catalogue(table.read())
