"""The sums of an hour, key and model, told apart by token class.

The ledger posts what a call cost in all. Here it is divided among input, cached input, cache writes and output in
proportion to what each costs at the rates in force, and what rounding leaves goes to the last: the classes of an hour
sum to what was posted, to the nano.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenfoundry.errors import NotFound
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.pricing.rates import Rates
from tokenfoundry.pricing.reservations import ordinary_rates

if TYPE_CHECKING:
    import duckdb

_GROUP = ("hour", "workspace", "project", "key", "provider", "model", "region", "target")
# Of an endpoint that is paid by the hour: `rented` is such an hour, `covered` what was called in it without a cost.
_RENT = "case when outcome = 'rented' then 'rented' when cost_source = 'rented' then 'covered' else '' end"
# Class, meter, unit, what it is a number of, and its rate; savings that are told with it.
_CLASSES = (
    ("input", "Input Tokens", "Tokens", "input_tokens - cache_read_tokens - cache_write_tokens", "input_rate"),
    ("cache_read", "Cached Input Tokens", "Tokens", "cache_read_tokens", "read_rate"),
    ("cache_write", "Cache Write Tokens", "Tokens", "cache_write_tokens", "write_rate"),
    ("output", "Output Tokens", "Tokens", "output_tokens", "output_rate"),
    ("gpu_hours", "GPU Hours", "GPU Hours", "if(rent = 'rented', gpu_ms, 0)", "1"),
    ("other", "Calls", "Requests", "calls - hits - refused - failed", "0"),
    ("response_cache", "Cached Answers", "Requests", "hits", "0"),
)
_OTHER = next(place for place, (name, *_) in enumerate(_CLASSES) if name == "other")  # What has no tokens.
_HOUR_MS = 3_600_000
_RATE_SCALE = 9  # Decimals of a rate per million tokens that count as weight.


def make_rates(connection: duckdb.DuckDBPyConnection, book: PriceBook | None, at_ms: int) -> None:
    """The table `rates`: what tokens cost at each target of the rows, by the price book or else the catalogue. A target
    that neither knows has equal rates.
    """
    connection.execute(
        "create temp table rates (target VARCHAR, model VARCHAR, input_rate HUGEINT, read_rate HUGEINT, "
        "write_rate HUGEINT, output_rate HUGEINT)"
    )
    pairs = connection.execute("select distinct target, model from sums").fetchall()
    for target, model in pairs:
        rates = _rates_of(target, model, book, at_ms)
        numbers = [1, 1, 1, 1] if rates is None else _whole(rates)
        connection.execute("insert into rates values (?, ?, ?, ?, ?, ?)", [target, model, *numbers])


def classes_query(where: str) -> str:
    """The rows of the hours that `where` picks: `class`, `meter`, `unit`, `quantity`, `cost_nano`, savings, and of an
    endpoint that is paid by the hour `rent`, with whether the hour is `in_use`: anything was called in it.
    """
    group = ", ".join(f"sums.{name}" for name in _GROUP)
    measures = ("calls", "hits", "refused", "failed", "input_tokens", "output_tokens", "cache_read_tokens")
    saved = ("saved_batch_nano", "saved_prompt_cache_nano", "saved_routing_nano", "saved_response_cache_nano")
    summed = ", ".join(
        f"sum({name})::HUGEINT as {name}" for name in (*measures, "cache_write_tokens", "gpu_ms", "spent_nano", *saved)
    )
    classes = ", ".join(
        f"{{'class': '{name}', 'meter': '{meter}', 'unit': '{unit}', 'place': {place}, 'quantity': ({quantity}), "
        f"'weight': ({quantity}) * {rate}}}"
        for place, (name, meter, unit, quantity, rate) in enumerate(_CLASSES)
    )
    first = "first_place = place"
    return f"""
        with hours as (
            select {group}, {_RENT} as rent, {summed} from sums where {where} group by all
        ),
        divided as (
            select hours.*, bool_or(rent = 'covered') over (partition by hours.hour, hours.target) as in_use,
                unnest([{classes}], max_depth := 2)
            from hours
            left join rates on rates.target is not distinct from hours.target
                and rates.model is not distinct from hours.model
        ),
        weighed as (
            select *,
                sum(weight) over so_far as weight_so_far,
                sum(weight) over whole as weight_of_all,
                coalesce(min(place) filter (quantity <> 0 and class <> 'response_cache') over whole, {_OTHER})
                    as first_place
            from divided
            window whole as (partition by {", ".join(_GROUP)}, rent),
                so_far as (partition by {", ".join(_GROUP)}, rent order by place)
        ),
        shared as (
            select *, if(weight_of_all > 0,
                spent_nano * weight_so_far // weight_of_all
                    - spent_nano * (weight_so_far - weight) // weight_of_all,
                if({first}, spent_nano, 0)) as cost
            from weighed
        )
        select {", ".join(_GROUP)}, rent, in_use, class, meter, unit,
            if(class = 'gpu_hours', quantity / {_HOUR_MS}, quantity) as quantity,
            if({first}, calls - hits, if(class = 'response_cache', hits, 0)) as calls, cost::BIGINT as cost_nano,
            if({first}, saved_batch_nano, 0)::BIGINT as saved_batch_nano,
            if({first}, saved_prompt_cache_nano, 0)::BIGINT as saved_prompt_cache_nano,
            if({first}, saved_routing_nano, 0)::BIGINT as saved_routing_nano,
            if(class = 'response_cache', saved_response_cache_nano, 0)::BIGINT as saved_response_cache_nano
        from shared
        where quantity <> 0 and (class <> 'other' or {first}) or cost <> 0
            or {first} and (saved_batch_nano <> 0 or saved_prompt_cache_nano <> 0 or saved_routing_nano <> 0)
    """


def _rates_of(target: str | None, model: str | None, book: PriceBook | None, at_ms: int) -> Rates | None:
    if book is not None and target is not None and target in book.targets:
        return ordinary_rates(book.targets[target].history, at_ms)
    try:
        return None if model is None else prices().rates(model, at=at_ms)
    except NotFound:
        return None


def _whole(rates: Rates) -> list[int]:
    input_rate = rates.input
    output_rate = input_rate * 0 if rates.output is None else rates.output
    read_rate = input_rate if rates.cache_read is None else rates.cache_read
    write_rate = input_rate if rates.cache_write is None else rates.cache_write
    return [int(rate.scaleb(_RATE_SCALE)) for rate in (input_rate, read_rate, write_rate, output_rate)]
