"""The sums of an hour, key and model, told apart by token class.

The ledger posts what a call cost in all. Here it is divided among input, cached input, cache writes, output, sound,
pictures and what is billed one by one, in proportion to what each costs at the rates in force, and what rounding leaves
goes to the last: the classes of an hour sum to what was posted, to the nano.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from tokenfoundry.analytics.rows.columns import FINE_COLUMNS
from tokenfoundry.errors import NotFound
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.pricing.money import ZERO
from tokenfoundry.pricing.rates import TOKEN_NAMES, Rates
from tokenfoundry.pricing.reservations import ordinary_rates

if TYPE_CHECKING:
    import duckdb

_GROUP = ("hour", "workspace", "project", "key", "provider", "model", "region", "target", "tags")
# Of an endpoint that is paid by the hour: `rented` is such an hour, `covered` what was called in it without a cost.
_RENT = "case when outcome = 'rented' then 'rented' when cost_source = 'rented' then 'covered' else '' end"
_HOUR_MS = 3_600_000


class _Class(NamedTuple):
    """`quantity` is the SQL of what it is a number of. Its rate has its name."""

    name: str
    meter: str
    unit: str
    quantity: str


_TOKEN_CLASSES = (
    _Class(
        "input",
        "Input Tokens",
        "Tokens",
        # A report with a fault names more parts than there are of the whole.
        "greatest(0, input_tokens - cache_read_tokens - cache_write_tokens - input_audio_tokens"
        " + cache_read_audio_tokens - input_image_tokens + cache_read_image_tokens)",
    ),
    _Class(
        "cache_read",
        "Cached Input Tokens",
        "Tokens",
        "cache_read_tokens - cache_read_audio_tokens - cache_read_image_tokens",
    ),
    _Class("cache_write", "Cache Write Tokens", "Tokens", "cache_write_tokens - cache_write_1h_tokens"),
    _Class("cache_write_1h", "Cache Write Tokens of an Hour", "Tokens", "cache_write_1h_tokens"),
    _Class("input_audio", "Input Audio Tokens", "Tokens", "input_audio_tokens - cache_read_audio_tokens"),
    _Class("cache_read_audio", "Cached Input Audio Tokens", "Tokens", "cache_read_audio_tokens"),
    _Class("input_image", "Input Image Tokens", "Tokens", "input_image_tokens - cache_read_image_tokens"),
    _Class("cache_read_image", "Cached Input Image Tokens", "Tokens", "cache_read_image_tokens"),
    _Class("output", "Output Tokens", "Tokens", "output_tokens - output_audio_tokens - output_image_tokens"),
    _Class("output_audio", "Output Audio Tokens", "Tokens", "output_audio_tokens"),
    _Class("output_image", "Output Image Tokens", "Tokens", "output_image_tokens"),
)
# What is billed one by one has a row only where it has a rate, or where there is nothing else.
_UNIT_CLASSES = (
    _Class("image", "Generated Images", "Images", "images"),
    _Class("audio_second", "Seconds of Sound", "Seconds", "audio_seconds"),
    _Class("characters", "Spoken Characters", "Characters", "characters"),
    _Class("search", "Searches", "Searches", "searches"),
    _Class("other", "Calls", "Requests", "calls - hits - refused - failed"),
)
_GPU_HOURS = _Class("gpu_hours", "GPU Hours", "GPU Hours", "if(rent = 'rented', gpu_ms, 0)")
_HITS = _Class("response_cache", "Cached Answers", "Requests", "hits")
_CLASSES = (*_TOKEN_CLASSES, _GPU_HOURS, *_UNIT_CLASSES, _HITS)
_OTHER = next(place for place, each in enumerate(_CLASSES) if each.name == "other")  # What has nothing to be told by.
_RATED = tuple(each.name for each in (*_TOKEN_CLASSES, *_UNIT_CLASSES))
# Whose rate a part has that has none of its own, before that of the input.
_WHOLES = {
    "cache_write_1h": "cache_write",
    "cache_read_audio": "cache_read",
    "cache_read_image": "cache_read",
    "output_audio": "output",
    "output_image": "output",
}
_RATE_SCALE = 6  # Decimals of a rate per million that count as weight: products with an hour's cost keep to 128 bits.


def make_rates(connection: duckdb.DuckDBPyConnection, book: PriceBook | None, at_ms: int) -> None:
    """The table `rates`: what tokens cost at each target of the rows, by the price book or else the catalogue. A target
    that neither knows has equal rates.
    """
    columns = ", ".join(f"{name}_rate HUGEINT" for name in _RATED)
    connection.execute(f"create temp table rates (target VARCHAR, model VARCHAR, {columns})")
    pairs = connection.execute("select distinct target, model from sums").fetchall()
    for target, model in pairs:
        rates = _rates_of(target, model, book, at_ms)
        numbers = _equal() if rates is None else _whole(rates)
        marks = ", ".join("?" * (2 + len(_RATED)))
        connection.execute(f"insert into rates values ({marks})", [target, model, *(numbers[each] for each in _RATED)])


def classes_query(where: str) -> str:
    """The rows of the hours that `where` picks: `class`, `meter`, `unit`, `quantity`, `cost_nano`, savings, and of an
    endpoint that is paid by the hour `rent`, with whether the hour is `in_use`: anything was called in it.
    """
    group = ", ".join(f"sums.{name}" for name in _GROUP)
    measures = (
        *("calls", "hits", "refused", "failed", "input_tokens", "output_tokens", "cache_read_tokens"),
        *("cache_write_tokens", "images", "audio_seconds", "characters", *FINE_COLUMNS),
    )
    saved = ("saved_batch_nano", "saved_prompt_cache_nano", "saved_routing_nano", "saved_response_cache_nano")
    summed = ", ".join(f"sum({name})::HUGEINT as {name}" for name in (*measures, "gpu_ms", "spent_nano", *saved))
    classes = ", ".join(
        f"{{'class': '{each.name}', 'meter': '{each.meter}', 'unit': '{each.unit}', 'place': {place}, "
        f"'quantity': ({each.quantity}), 'weight': ({each.quantity}) * {_rate_of(each)}}}"
        for place, each in enumerate(_CLASSES)
    )
    by_unit = ", ".join(f"'{each.name}'" for each in _UNIT_CLASSES)
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
        where quantity <> 0 and (class not in ({by_unit}) or weight <> 0 or {first}) or cost <> 0
            or {first} and (saved_batch_nano <> 0 or saved_prompt_cache_nano <> 0 or saved_routing_nano <> 0)
    """


def _rates_of(target: str | None, model: str | None, book: PriceBook | None, at_ms: int) -> Rates | None:
    if book is not None and target is not None and target in book.targets:
        return ordinary_rates(book.targets[target].history, at_ms)
    try:
        return None if model is None else prices().rates(model, at=at_ms)
    except NotFound:
        return None


def _rate_of(each: _Class) -> str:
    if each is _GPU_HOURS:
        return "1"  # Nothing else is in the hours that have them.
    return "0" if each is _HITS else f"{each.name}_rate"


def _equal() -> dict[str, int]:
    return {name: int(name in TOKEN_NAMES) for name in _RATED}


def _whole(rates: Rates) -> dict[str, int]:
    """Per million of each, in whole numbers. A part without a rate costs what its whole costs."""
    stated = {name: rate for name in TOKEN_NAMES if (rate := getattr(rates, name)) is not None}
    per_million = {name: stated.get(name, stated.get(_WHOLES.get(name, ""), rates.input)) for name in TOKEN_NAMES}
    if rates.output is None:
        per_million |= dict.fromkeys(("output", "output_audio", "output_image"), ZERO) | stated
    image = max(rates.image.values()) if isinstance(rates.image, Mapping) else rates.image
    by_one = {"image": image, "audio_second": rates.audio_second, "search": rates.search, "other": rates.request}
    per_million |= {name: ZERO if rate is None else rate.scaleb(6) for name, rate in by_one.items()}
    per_million["characters"] = rates.characters or ZERO
    return {name: int(rate.scaleb(_RATE_SCALE)) for name, rate in per_million.items()}
