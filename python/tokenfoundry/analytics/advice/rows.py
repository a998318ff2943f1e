"""What the advisors read: the rows, and what the configured targets cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenfoundry.analytics.advice.labels import Labels
from tokenfoundry.analytics.rows import ExportDirectory, open_views
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.pricing.cost import cost_of
from tokenfoundry.pricing.rates import Rates
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage

if TYPE_CHECKING:
    import duckdb

_NANO_SCALE = 9
_NANO = 10**9
_MOST_TOKENS = 10**11  # Of one `Usage`: what is more is counted in fewer, larger tokens.


@dataclass(frozen=True)
class Rows:
    """One database for all advisors. `until_ms` is when the last call began: whose rates are asked."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    book: PriceBook
    labels: Labels
    until_ms: int
    spent_nano: int

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query over the views."""
        return self.connection.execute(query, list(values)).fetchall()

    def rates(self, target: str | None) -> Rates | None:
        """Of a configured target; None for one that there is no more."""
        priced = self.book.targets.get(target or "")
        return None if priced is None else priced.history.at(self.until_ms)

    def cost_nano(self, target: str, calls: int, **counts: int) -> int:
        """What so much of what a `Usage` counts costs there, in so many calls, in the tier of the mean call. Input
        includes the cached.
        """
        rates = self.book.targets[target].history.at(self.until_ms)
        scale = 1 + sum(counts.values()) // _MOST_TOKENS
        fewer: dict[str, Any] = {name: count // scale for name, count in counts.items()}
        usage = Usage(**fewer)
        cost = cost_of(rates, rates.band(usage.input_tokens * scale // calls), usage)
        by_tokens = cost.total if rates.request is None else cost.total - rates.request
        return int(by_tokens * scale * self.book.fx.rate(rates.currency, at=self.until_ms) * _NANO)

    def batch_share(self, target: str | None) -> tuple[int, int] | None:
        """What a batch costs there as a fraction of the normal price of input; None without stated batch rates."""
        rates = self.rates(target)
        batch = None if rates is None else rates.service_tiers.get("batch")
        if rates is None or batch is None or not rates.input:
            return None
        return int(batch.input.scaleb(_NANO_SCALE)), int(rates.input.scaleb(_NANO_SCALE))


@contextmanager
def open_rows(
    directory: ExportDirectory, settings: Settings, *, start: int | None, until: int | None, labels: Labels
) -> Iterator[Rows | None]:
    """The rows of the calls that began in `[start, until)`; None when there are none."""
    with open_views(directory, start=start, until=until, reads="rows") as connection:
        ((last_ms, spent_nano),) = connection.execute(
            "select epoch_ms(max(began_at)), sum(spent_nano) from calls"
        ).fetchall()
        if last_ms is None:
            yield None
            return
        book = PriceBook.from_settings(settings, prices(), at=last_ms)
        yield Rows(connection, settings, book, labels, last_ms, spent_nano)
