"""Caps on answers: what is allowed, beside what nearly all answers take."""

from __future__ import annotations

from collections.abc import Iterator

from tokenfoundry.analytics.advice.finding import Finding
from tokenfoundry.analytics.advice.rows import Rows

_LEAST_CALLS = 100
_TIMES = 4  # The cap is so many times above what 95 of 100 answers take: beyond that an answer has run on.
_LEAST_ALLOWED = 512

_PROFILE = """
    with answers as (
        select intent, target, output_tokens, max_tokens, quantile_disc(output_tokens, 0.95)
            over (partition by intent, target) as p95_output
        from calls
        where kind = 'settled' and max_tokens > 0 and intent is not null and endpoint <> 'embeddings'
    )
    select intent, target, count(*), max(max_tokens), any_value(p95_output), max(output_tokens),
        count(*) filter (output_tokens > 2 * p95_output),
        sum(greatest(output_tokens - 2 * p95_output, 0))
    from answers
    group by intent, target
    having count(*) >= ?
    order by intent, target
"""


def cap_max_tokens(rows: Rows) -> Iterator[Finding]:
    """Intents whose max_tokens is far above what answers take, with answers that ran on."""
    for intent, target, calls, allowed, p95, longest, ran_on, beyond in rows.ask(_PROFILE, _LEAST_CALLS):
        if allowed < _LEAST_ALLOWED or allowed < _TIMES * p95 or not beyond or target not in rows.book.targets:
            continue
        cap = 2 * p95
        yield Finding(
            kind="cap_max_tokens",
            subject=intent,
            title=f"{intent}: max_tokens {allowed} is {allowed // max(1, p95)} times what answers take",
            advice=f"Set max_tokens of {intent} to {cap}: {ran_on} of {calls} answers ran on beyond it.",
            stake_nano=rows.cost_nano(target, calls, output_tokens=beyond),
            evidence={
                "calls": calls,
                "max_tokens_allowed": allowed,
                "p95_output_tokens": p95,
                "longest_answer_tokens": longest,
                "answers_beyond_the_cap": ran_on,
                "tokens_beyond_the_cap": beyond,
            },
        )
