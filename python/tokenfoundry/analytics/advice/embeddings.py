"""Embeddings that are asked one by one in bursts, and those that are asked again and again."""

from __future__ import annotations

from collections.abc import Iterator

from tokenfoundry.analytics.advice.finding import Finding
from tokenfoundry.analytics.advice.rows import Rows

_BURST_CALLS = 30  # Of one key in a minute: nobody waits for each of them.
_LEAST_SHARE = 0.5  # Of an intent's calls.
_LEAST_REPEATS = 0.3  # Of an intent's calls whose input was asked before.

_BURSTS = """
    with minutes as (
        select intent, target, key, epoch_ms(began_at) // 60000 as minute, count(*) as calls,
            sum(spent_nano) as spent_nano
        from calls
        where kind = 'settled' and endpoint like '%embeddings' and intent is not null
        group by all
    )
    select intent, target, sum(calls), sum(calls) filter (calls >= $1),
        sum(spent_nano) filter (calls >= $1), max(calls)
    from minutes
    group by intent, target
    order by intent, target
"""
_REPEATS = """
    with inputs as (
        select intent, target, prompt_hmac, count(*) as calls, sum(spent_nano) as spent_nano,
            min(spent_nano) as once_nano
        from calls
        where kind = 'settled' and endpoint like '%embeddings' and intent is not null and prompt_hmac is not null
        group by all
    )
    select intent, sum(calls), count(*), sum(spent_nano - once_nano), max(calls)
    from inputs
    group by intent
    order by intent
"""


def batch_embeddings(rows: Rows) -> Iterator[Finding]:
    """Bursts of single embeddings, where a batch costs less."""
    for intent, target, calls, in_bursts, spent_nano, most in rows.ask(_BURSTS, _BURST_CALLS):
        share = rows.batch_share(target)
        if not in_bursts or in_bursts < _LEAST_SHARE * calls or share is None:
            continue
        batch, normal = share
        yield Finding(
            kind="batch_embeddings",
            subject=intent,
            title=f"{intent}: embeddings are asked one by one in bursts",
            advice=f"Send {intent} as a batch (/v1/batches), or many inputs in a call: nobody waits for each.",
            stake_nano=spent_nano - spent_nano * batch // normal,
            evidence={"calls": calls, "calls_in_bursts": in_bursts, "most_in_a_minute": most, "target": target},
        )


def cache_embeddings(rows: Rows) -> Iterator[Finding]:
    """Inputs that are embedded again and again."""
    for intent, calls, inputs, repeated_nano, most in rows.ask(_REPEATS):
        if calls - inputs < _LEAST_REPEATS * calls:
            continue
        yield Finding(
            kind="cache_embeddings",
            subject=intent,
            title=f"{intent}: {calls - inputs} of {calls} embeddings were made before",
            advice=f"Keep the vectors of {intent} where they are used, or let the cache answer (cache.intents).",
            stake_nano=repeated_nano,
            evidence={"calls": calls, "different_inputs": inputs, "most_of_one_input": most},
        )
