"""Work that nobody waits for, done at the price of work that somebody waits for."""

from __future__ import annotations

from collections.abc import Iterator

from tokenfoundry.analytics.advice.finding import Finding
from tokenfoundry.analytics.advice.rows import Rows

_LEAST_CALLS = 50
_OFFICE = (7, 19)  # UTC hours.
_LEAST_SHARE = 0.5

# Calls say that nobody waits for them by env: batch. They are neither streamed nor of a session.
_PROFILE = """
    select intent, target, count(*), sum(spent_nano),
        count(*) filter (epoch_ms(began_at) // 3600000 % 24 >= $2 and epoch_ms(began_at) // 3600000 % 24 < $3),
    from calls
    where kind = 'settled' and env = 'batch' and not stream and session is null and intent is not null
        and not contains(coalesce(flags, ''), 'batch')
    group by intent, target
    having count(*) >= $1
    order by intent, target
"""


def off_peak(rows: Rows) -> Iterator[Finding]:
    """Batch work within office hours at the normal price, where the target has a price of batches."""
    for intent, target, calls, spent_nano, in_office in rows.ask(_PROFILE, _LEAST_CALLS, *_OFFICE):
        share = rows.batch_share(target)
        if share is None or in_office < _LEAST_SHARE * calls:
            continue
        batch, normal = share
        yield Finding(
            kind="off_peak",
            subject=intent,
            title=f"{intent}: batch work is done call by call, in the hours when everybody works",
            advice=f"Send {intent} as a batch (/v1/batches) at night: {target} has a price of its own for it, and the "
            "hours of others stay free.",
            stake_nano=spent_nano - spent_nano * batch // normal,
            evidence={"calls": calls, "calls_in_office_hours": in_office, "target": target},
        )
