"""What is summed of each part of the rows, so that a report of a year reads no row.

Sums are whole numbers and exact. Numbers of tokens are put into buckets no wider than 1/32 of themselves, for
percentiles: what is read from them is at most 1.6 % off; under 64 tokens it is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tokenfoundry.analytics.rows.columns import DIMENSIONS, MEASURES

# A part has 2**17 rows at most: the sum of as many numbers of up to this one has 64 bits.
_MAX_SUMMED = 2**46
_APART = "apart"  # A row with a greater number, by its place in the ledger: it is a sum of its own.

HOUR = "to_timestamp(epoch_ms(began_at) // 3600000 * 3600)"
DAY = "to_timestamp(epoch_ms(began_at) // 86400000 * 86400)"

MACROS = (
    # The middle of the bucket that a number of tokens falls into.
    """create macro token_bucket(tokens) as
        case when tokens < 64 then tokens
        else ((tokens >> (floor(log2(tokens))::BIGINT - 5)) << (floor(log2(tokens))::BIGINT - 5))
            + (1::BIGINT << (floor(log2(tokens))::BIGINT - 5)) // 2 end""",
    # An amount for each of several, in whole nano units, half up.
    """create macro per(amount, number) as
        case when number = 0 then null else (2 * amount::HUGEINT + number) // (2 * number::HUGEINT) end""",
    "create macro percent(part, whole) as case when whole = 0 then null else round(100.0 * part / whole, 2) end",
)

_CALLS = MEASURES["calls"]
_SETTLED = "where kind = 'settled'"
_SESSION = ("workspace", "project", "consumer", "key", "session")


def sums_of_rows(rows: str, *beside: str) -> str:
    """A row of `sums` for each row of a call, with columns `beside` those."""
    columns = (*DIMENSIONS, *(f"{expression} as {name}" for name, expression in MEASURES.items()), *beside)
    return f"select {HOUR} as hour, {', '.join(columns)} from {rows}"


def tokens_of_rows(rows: str) -> str:
    """The tokens of each call that was settled, none of them in a bucket."""
    return f"select {DAY} as day, intent, input_tokens + output_tokens as tokens, 1 as calls from {rows} {_SETTLED}"


def sessions_of_rows(rows: str, *beside: str) -> str:
    """A row for each row of a call that belongs to a session, with columns `beside` its own."""
    return f"""
        select {HOUR} as hour, {", ".join(_SESSION)}, {_CALLS} as calls, input_tokens, output_tokens, spent_nano,
            saved_nano, {", ".join(["began_at as first_at", "began_at as last_at", *beside])}
        from {rows} where session is not null
    """


def _apart(*measures: str) -> str:
    """The column that sets rows apart which hold so much that a sum with others might not fit."""
    each = ", ".join(measures)
    is_summed = f"greatest({each}) <= {_MAX_SUMMED} and least({each}) >= -{_MAX_SUMMED}"
    return f"if({is_summed}, null, seq) as {_APART}"


# By the name of their folder and view: the query over the rows of a part. Sums are cast: DuckDB's are of 128 bits,
# which Parquet has no integer for. What would not fit is not summed here: every reader sums what it reads once more.
DERIVED: Mapping[str, str] = MappingProxyType(
    {
        "sums": f"""
            select hour, {", ".join(DIMENSIONS)}, {", ".join(f"sum({name})::BIGINT as {name}" for name in MEASURES)}
            from ({sums_of_rows("calls", _apart(*MEASURES.values()))})
            group by hour, {", ".join(DIMENSIONS)}, {_APART} order by all
        """,
        "token_counts": f"""
            select day, intent, token_bucket(tokens) as tokens, sum(calls)::BIGINT as calls
            from ({tokens_of_rows("calls")}) group by all order by all
        """,
        "sessions": f"""
            select hour, {", ".join(_SESSION)}, sum(calls)::BIGINT as calls, sum(input_tokens)::BIGINT as input_tokens,
                sum(output_tokens)::BIGINT as output_tokens, sum(spent_nano)::BIGINT as spent_nano,
                sum(saved_nano)::BIGINT as saved_nano, min(first_at) as first_at, max(last_at) as last_at
            from ({sessions_of_rows("calls", _apart("input_tokens", "output_tokens", "spent_nano", "saved_nano"))})
            group by hour, {", ".join(_SESSION)}, {_APART} order by all
        """,
    }
)
