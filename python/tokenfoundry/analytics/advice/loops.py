"""Runaway loops: one session, or one key without sessions, that asks the same again and again."""

from __future__ import annotations

from collections.abc import Iterator

from tokenfoundry.analytics.advice.finding import Finding
from tokenfoundry.analytics.advice.rows import Rows

_LEAST_REPEATS = 50  # Of one prompt in an hour.

_REPEATS = """
    with hours as (
        select intent, key, session, prompt_hmac, epoch_ms(began_at) // 3600000 as hour, count(*) as calls,
            sum(spent_nano) as spent_nano, min(spent_nano) as once_nano, min(began_at) as first_at,
            max(began_at) as last_at
        from calls
        where kind = 'settled' and endpoint not like '%embeddings' and prompt_hmac is not null
        group by all
        having count(*) >= ?
    )
    select coalesce(intent, ''), key, session, sum(calls), max(calls), sum(spent_nano - once_nano),
        strftime(min(first_at), '%Y-%m-%d %H:%MZ'), strftime(max(last_at), '%Y-%m-%d %H:%MZ')
    from hours
    group by intent, key, session
    order by 6 desc, key, session
"""


def loops(rows: Rows) -> Iterator[Finding]:
    """What went round in circles."""
    for intent, key, session, calls, most, stake_nano, first, last in rows.ask(_REPEATS, _LEAST_REPEATS):
        where = f"session {session}" if session else f"key {key}"
        yield Finding(
            kind="loop",
            subject=session or key or "",
            title=f"{intent or 'calls'}: {where} asked the same {calls} times",
            advice="Bound it: a budget with a session or rolling window on this intent, and a limit of calls a minute; "
            "or let the cache answer repeats.",
            stake_nano=stake_nano,
            evidence={"calls": calls, "most_in_an_hour": most, "first": first, "last": last, "key": key or ""},
        )
