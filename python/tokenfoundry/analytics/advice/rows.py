"""What the advisors read: the rows, and what the configured targets cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenfoundry.analytics.advice.labels import Labels
from tokenfoundry.analytics.rows import ExportDirectory, open_views
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.pricing.rates import Rates
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage

if TYPE_CHECKING:
    import duckdb

_NANO_SCALE = 9
_NANO, _MILLION = 10**9, 10**6
_PROBE = 3  # Input tokens of a call that has one of each kind.


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

    def cost_nano(
        self,
        target: str,
        calls: int,
        *,
        input_tokens: int = 0,
        output_tokens: int = 0,
        cache_read_tokens: int = 0,
        cache_write_tokens: int = 0,
    ) -> int:
        """What so many tokens of so many calls cost there, in the tier of the mean call. Input includes the cached."""
        probe = Usage(
            input_tokens=max(_PROBE, input_tokens // calls), output_tokens=1, cache_read_tokens=1, cache_write_tokens=1
        )
        charge = self.book.charge(target, probe, at=self.until_ms)
        rates = {line.item: line.rate for line in charge.cost.lines}
        tokens = {
            "input": input_tokens - cache_read_tokens - cache_write_tokens,
            "output": output_tokens,
            "cache_read": cache_read_tokens,
            "cache_write": cache_write_tokens,
        }
        per_million = sum(rates.get(item, 0) * number for item, number in tokens.items())
        return int(per_million * charge.fx_rate * _NANO // _MILLION)

    def batch_share(self, target: str | None) -> tuple[int, int] | None:
        """What a batch costs there as a fraction of the normal price of input; None without stated batch rates."""
        stated = self.settings.targets.get(target or "")
        price = None if stated is None else stated.price
        if price is None or price.batch is None or not price.input or price.batch.input is None:
            return None
        return int(price.batch.input.scaleb(_NANO_SCALE)), int(price.input.scaleb(_NANO_SCALE))


@contextmanager
def open_rows(
    directory: ExportDirectory, settings: Settings, *, start: int | None, until: int | None, labels: Labels
) -> Iterator[Rows]:
    """The rows of the calls that began in `[start, until)`."""
    with open_views(directory, start=start, until=until, reads="rows") as connection:
        ((last_ms, spent_nano),) = connection.execute(
            "select coalesce(epoch_ms(max(began_at)), 0), coalesce(sum(spent_nano), 0)::BIGINT from calls"
        ).fetchall()
        book = PriceBook.from_settings(settings, prices(), at=last_ms)
        yield Rows(connection, settings, book, labels, last_ms, spent_nano)
