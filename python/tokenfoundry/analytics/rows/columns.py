"""What an exported row has: the columns of the ledger's entry, and those of the record that is its detail.

The one place that knows them. A column that older exports lack is null there, and stands in the view with the value
below, so that a report reads exports of any age.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from types import MappingProxyType

# The entry's own, in the order of the files.
ENTRY_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "seq": "BIGINT",
        "id": "VARCHAR",
        "kind": "VARCHAR",
        "overrun": "BOOLEAN",
        "uncertain": "BOOLEAN",
        "estimated": "BOOLEAN",
        "began_at": "TIMESTAMPTZ",
        "posted_at": "TIMESTAMPTZ",
        **dict.fromkeys(("money_nano", "tokens", "requests", "images", "audio", "gpu_ms"), "BIGINT"),
        **dict.fromkeys(("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"), "BIGINT"),
        **dict.fromkeys(("reasoning_tokens", "counterfactual_nano", "latency_ms", "findings"), "BIGINT"),
        **dict.fromkeys(("workspace", "project", "consumer", "key", "intent", "alias"), "VARCHAR"),
        **dict.fromkeys(("model", "region", "env", "session"), "VARCHAR"),
        "session_start": "TIMESTAMPTZ",
        "corrects": "BIGINT",
        "actor": "VARCHAR",
        "reason": "VARCHAR",
    }
)

# What the ledger calls by words that SQL has another use for.
_LEDGER_NAMES: Mapping[str, str] = MappingProxyType({"began_at": "at", "corrects": "of"})

# Parts of the tokens that have rates of their own, and what is billed one by one.
FINE_COLUMNS = (
    *("cache_write_1h_tokens", "input_audio_tokens", "output_audio_tokens", "cache_read_audio_tokens"),
    *("input_image_tokens", "output_image_tokens", "cache_read_image_tokens", "searches"),
)

# Of the record: its type, and what stands for it where a record does not say it.
RECORD_COLUMNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "request_id": ("VARCHAR", "null"),
        "attempt": ("INTEGER", "0"),
        "outcome": ("VARCHAR", "null"),
        "status": ("INTEGER", "null"),
        "endpoint": ("VARCHAR", "null"),
        "stream": ("BOOLEAN", "false"),
        "target": ("VARCHAR", "null"),
        "provider": ("VARCHAR", "null"),
        "trust": ("VARCHAR", "null"),
        "route": ("VARCHAR", "null"),
        "hit_input_tokens": ("BIGINT", "0"),
        "hit_output_tokens": ("BIGINT", "0"),
        "audio_seconds": ("BIGINT", "0"),
        "characters": ("BIGINT", "0"),
        "image_kind": ("VARCHAR", "null"),
        **dict.fromkeys(FINE_COLUMNS, ("BIGINT", "0")),
        "currency": ("VARCHAR", "null"),
        "cost_source": ("VARCHAR", "'computed'"),
        "max_tokens": ("BIGINT", "0"),
        "max_tokens_from": ("VARCHAR", "null"),
        "prompt_hmac": ("VARCHAR", "null"),
        "refused_by": ("VARCHAR", "null"),
        "error": ("VARCHAR", "null"),
        "provider_cost_nano": ("BIGINT", "null"),
        "reported_cost": ("VARCHAR", "null"),
        "service_tier": ("VARCHAR", "null"),
        "usage_fault": ("VARCHAR", "null"),
        "price_id": ("VARCHAR", "null"),
        "price_catalogue": ("VARCHAR", "null"),
        "baseline_model": ("VARCHAR", "null"),
        "saved_batch_nano": ("BIGINT", "null"),
        "saved_prompt_cache_nano": ("BIGINT", "null"),
        "saved_routing_nano": ("BIGINT", "null"),
        "saved_response_cache_nano": ("BIGINT", "null"),
        "intent_from": ("VARCHAR", "null"),
        "parent": ("VARCHAR", "null"),
        "tags": ("VARCHAR", "null"),
    }
)

# Those that a record has under another name, within another, or not as a whole number. Tokens of a hit are those of the
# answer that it repeated: its record has them, and its entry, which used none, has not. What a provider said of the
# cost is in US dollars; where it is the cost, or the call knows no rate of the dollar, there is nothing to compare. Nor
# is there where it is no amount of money: entries are for ever, whatever was booked once. The product has 38 digits.
_MAX_UNITS = 9_000_000_000  # of a currency; just under what 64 bits hold of its nano units
_DOLLARS = "try_cast(record.reported_cost as DECIMAL(38, 18))"
_FX_RATE = "try_cast(coalesce(record.price.fx_rate, '1') as DECIMAL(19, 10))"
_REPORTED = f"""
    case when record.cost_source = 'provider' or record.reported_cost is null then null
        when record.price.currency = 'USD' or (record.price is null and record.currency = 'USD') then
            case when {_DOLLARS}::DOUBLE * {_FX_RATE}::DOUBLE < {_MAX_UNITS} and {_DOLLARS} < {_MAX_UNITS} then
                round(({_DOLLARS}::DECIMAL(28, 18) * 1000000000)::DECIMAL(28, 9) * {_FX_RATE})
            end
    end
"""
_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "hit_input_tokens": "if(kind = 'hit', record.input_tokens, null)",
        "hit_output_tokens": "if(kind = 'hit', record.output_tokens, null)",
        "price_id": "record.price.id",
        "price_catalogue": "record.price.catalogue",
        "baseline_model": "record.baseline.model",
        "tags": "nullif(record.tags::VARCHAR, '{}')",
        "provider_cost_nano": _REPORTED,
        **{
            f"saved_{name}_nano": f"if(record.savings is null, null, coalesce(record.savings.{saving}, 0))"
            for name, saving in (
                ("batch", "batch"),
                ("prompt_cache", "provider_cache"),
                ("routing", "routing"),
                ("response_cache", "response_cache"),
            )
        },
    }
)
# A correction has the columns of the call that it corrects, but for these: they are in that call's own row.
_NOT_CORRECTED = frozenset(
    {name for name in RECORD_COLUMNS if name.startswith(("saved_", "hit_"))}
    | {"provider_cost_nano", "reported_cost", "audio_seconds", "characters", *FINE_COLUMNS}
)
# What of a record's JSON is read beside the columns that stand there by their own name.
_JSON_OF_SOURCES: Mapping[str, object] = MappingProxyType(
    {
        "input_tokens": "BIGINT",
        "output_tokens": "BIGINT",
        "price": {"id": "VARCHAR", "catalogue": "VARCHAR", "currency": "VARCHAR", "fx_rate": "VARCHAR"},
        "baseline": {"model": "VARCHAR"},
        "savings": dict.fromkeys(("batch", "provider_cache", "routing", "response_cache"), "BIGINT"),
        "findings": "JSON",
        "tags": "JSON",
        "flags": ["VARCHAR"],
    }
)

ENTITIES = "entities"  # What personal data was found, by the names of the entities: the record has them with numbers.
FLAGS = "flags"  # Of the record, a list; in the files its words in one text.

# By which the hourly sums are told apart.
DIMENSIONS = (
    *("workspace", "project", "consumer", "key", "intent", "alias", "model", "region", "env"),
    *("target", "provider", "trust", "endpoint", "outcome", "cost_source", "tags"),
)
# What is summed, by what each row of a call adds to it. In `rows`, where every column is there.
MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "calls": "if(kind in ('adjusted', 'rented'), 0, 1)",
        "hits": "if(kind = 'hit', 1, 0)",
        "refused": "if(kind = 'refused', 1, 0)",
        "failed": "if(kind = 'void', 1, 0)",
        "uncertain": "if(uncertain, 1, 0)",
        "estimated": "if(estimated, 1, 0)",
        **{name: name for name in ("tokens", "requests", "images", "audio", "gpu_ms")},
        **{name: name for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")},
        **{name: name for name in ("reasoning_tokens", "latency_ms", "findings")},
        # The record of a hit has them too, of the answer that it repeats.
        **{name: f"if(kind = 'settled', {name}, 0)" for name in ("audio_seconds", "characters", *FINE_COLUMNS)},
        "spent_nano": "money_nano",
        "saved_nano": "saved_nano",
        "saved_batch_nano": "saved_batch_nano",
        "saved_prompt_cache_nano": "saved_prompt_cache_nano",
        "saved_routing_nano": "saved_routing_nano",
        "saved_response_cache_nano": "saved_response_cache_nano",
        "reported_calls": "if(provider_cost_nano is null, 0, 1)",
        "reported_nano": "coalesce(provider_cost_nano, 0)",
        "computed_nano": "if(provider_cost_nano is null, 0, money_nano)",
    }
)


def entry_columns() -> str:
    """The columns of the ledger's `entries` as the files have them."""
    return ", ".join(
        f'entries."{_LEDGER_NAMES.get(name, name)}"::{type} as {name}' for name, type in ENTRY_COLUMNS.items()
    )


def record_struct() -> str:
    """The shape in which DuckDB reads a record's JSON."""
    own = {name: type for name, (type, _) in RECORD_COLUMNS.items() if name not in _SOURCES}
    return json.dumps({**own, **_JSON_OF_SOURCES})


def record_columns() -> str:
    """The columns of a `record` of that shape, beside the `kind` of its entry."""
    columns = []
    for name in RECORD_COLUMNS:
        source = _SOURCES.get(name, f"record.{name}")
        whole = f"if(kind = 'adjusted', null, {source})" if name in _NOT_CORRECTED else source
        columns.append(f"({whole})::{RECORD_COLUMNS[name][0]} as {name}")
    entities = f"array_to_string(json_keys(record.findings), ' ') as {ENTITIES}"
    return ", ".join([*columns, entities, f"array_to_string(record.{FLAGS}, ' ') as {FLAGS}"])


def rows_view(source: str, there: Collection[str]) -> str:
    """The query of every exported row, of calls alone, from files that have the columns `there`.

    What was saved is in all `counterfactual - spent`. Of a crash nobody knows what it would have cost: it saves
    nothing. Its components sum to it: what no other claims was saved by the response cache of a hit, else by routing.
    """
    record = [
        f"{_or_default(name, default, there)}::{type} as {name}" for name, (type, default) in RECORD_COLUMNS.items()
    ]
    words = [name if name in there else f"null::VARCHAR as {name}" for name in (ENTITIES, FLAGS)]
    return f"""
        select * replace (
                coalesce(saved_batch_nano, 0) as saved_batch_nano,
                coalesce(saved_prompt_cache_nano, 0) as saved_prompt_cache_nano,
                coalesce(saved_response_cache_nano, if(kind = 'hit', saved_nano, 0)) as saved_response_cache_nano,
                (saved_nano::HUGEINT - coalesce(saved_batch_nano, 0) - coalesce(saved_prompt_cache_nano, 0)
                    - coalesce(saved_response_cache_nano, if(kind = 'hit', saved_nano, 0))
                )::BIGINT as saved_routing_nano
            )
        from (
            select {", ".join([*ENTRY_COLUMNS, *record, *words])}, money_nano as spent_nano,
                if(kind = 'recovered', 0, counterfactual_nano - money_nano) as saved_nano
            from {source}
            where kind <> 'changed'
        )
    """


def _or_default(name: str, default: str, there: Collection[str]) -> str:
    if name not in there:
        return default
    return name if default == "null" else f"coalesce({name}, {default})"
