"""Monthly quotas of workspaces: the budgets they are, and the page that shows them.

The page reads the accounts that refuse, so what is shown is what is enforced.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tokenfoundry.ledger import Balance, Ledger
from tokenfoundry.settings import BudgetSettings, QuotaSettings, checked
from tokenfoundry.settings.quotas import BUCKETS, Bucket
from tokenfoundry.until import iso_text

PREFIX: Final = "quota:"  # What the names of all quotas' budgets begin with, and of no other budget.

_WARNING_PERCENT = 80
_TRACKING_ONLY = "Tracking only: use is counted against the quota, and nothing is refused."


def quota_budgets(quotas: Mapping[str, QuotaSettings]) -> list[BudgetSettings]:
    """The budgets of all quotas, `quota:<workspace>:<bucket>`.

    >>> [budget] = quota_budgets({"acme": QuotaSettings(tokens=1_000, anchor_day=15)})
    >>> budget.name, budget.match, budget.alert_amounts
    ('quota:acme:tokens', {'workspace': ('acme',)}, {'80%': 800, '100%': 1000})
    """
    return [
        checked(
            BudgetSettings,
            {
                "name": _name(workspace, bucket),
                "match": {"workspace": workspace},
                "unit": bucket,
                "window": {"kind": "monthly", "anchor_day": quota.anchor_day, "tz": quota.tz},
                "hard": limit,
                "mode": "enforce" if quota.enforce else "track",
            },
        )
        for workspace, quota in quotas.items()
        for bucket, limit in quota.limits.items()
    ]


class QuotaPages:
    """What a billing page shows of the quotas. Thread-safe."""

    def __init__(self, ledger: Ledger, quotas: Mapping[str, QuotaSettings]) -> None:
        self._ledger = ledger
        self._quotas = quotas

    def page(self, workspace: str, *, now_ms: int) -> dict[str, Any]:
        """The page of one workspace in the month that contains `now_ms`; one without a quota has no limits."""
        quota = self._quotas.get(workspace)
        return _page(workspace, quota, {} if quota is None else self._balances(workspace, quota, now_ms))

    def pages(self, *, now_ms: int) -> list[dict[str, Any]]:
        """The pages of all workspaces that have a quota, by name."""
        return [self.page(workspace, now_ms=now_ms) for workspace in sorted(self._quotas)]

    def _balances(self, workspace: str, quota: QuotaSettings, now_ms: int) -> dict[Bucket, Balance]:
        found: dict[Bucket, Balance] = {}
        for bucket in quota.limits:
            [found[bucket]] = self._ledger.balances(now_ms, budget=_name(workspace, bucket))
        return found


def _name(workspace: str, bucket: Bucket) -> str:
    return f"{PREFIX}{workspace}:{bucket}"


def _page(workspace: str, quota: QuotaSettings | None, balances: Mapping[Bucket, Balance]) -> dict[str, Any]:
    tz = quota.tz if quota else "UTC"
    of_any = next(iter(balances.values()), None)
    buckets = [_bucket(bucket, balances.get(bucket), tz) for bucket in BUCKETS]
    return {
        "object": "usage.quotas",
        "workspace": workspace,
        "period": of_any and {"start": iso_text(of_any.start, tz), "end": iso_text(of_any.end, tz)},
        "enforced": quota is not None and quota.enforce,
        "banner": _TRACKING_ONLY if quota is not None and not quota.enforce else None,
        "buckets": [*buckets, {"bucket": "video", "limit": None, "status": "reserved"}],
    }


def _bucket(bucket: Bucket, balance: Balance | None, tz: str) -> dict[str, Any]:
    if balance is None or balance.cap is None:
        return {"bucket": bucket, "limit": None, "status": "unlimited"}
    limit, used = balance.cap, balance.used
    return {
        "bucket": bucket,
        "limit": limit,
        "used": used,
        "held": balance.held,
        "remaining": max(0, limit - used),
        "used_percent": float(percent(used, limit)),
        "warning": used * 100 >= limit * _WARNING_PERCENT,
        "exceeded": used >= limit,
        "resets_at": iso_text(balance.end, tz),
    }


def percent(part: int, whole: int) -> Decimal:
    """How much of `whole` it is, to one decimal, half to even; of nothing it is always all.

    >>> percent(1, 3), percent(801, 2000), percent(803, 2000), percent(0, 0)
    (Decimal('33.3'), Decimal('40.0'), Decimal('40.2'), Decimal('100.0'))
    """
    if whole == 0:
        return Decimal("100.0")
    tenths, rest = divmod(abs(part) * 1000, whole)
    rounds_up = 2 * rest > whole or (2 * rest == whole and tenths % 2 == 1)
    return Decimal(tenths + rounds_up).scaleb(-1).copy_sign(Decimal(part))
