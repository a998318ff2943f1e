"""What a caller is told when a budget, the privacy policy or the routing refuses the call."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tokenfoundry.errors import BlockedContent
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.ledger import Refusal
from tokenfoundry.money import decimal_text
from tokenfoundry.routing.policy import NoRoute


def refused_by_budget(refusal: Refusal, *, currency: str, tz: str) -> Refused:
    """429: `budget_busy` when only open calls fill the budget and waiting helps, else `budget_exceeded`.

    `tz` is the time zone of the budget's window, in which its reset is told.
    """

    def amount(value: int) -> str:
        return f"{decimal_text(value)} {currency}" if refusal.unit == "money_nano" else f"{value} {refusal.unit}"

    name = f"budget {refusal.budget!r}"
    left, wanted = f"{amount(refusal.left)} left", f"this call may take {amount(refusal.requested)}"
    if refusal.cause == "held":
        message = f"{name} has {left} until the calls in progress end, and {wanted}"
        return Refused(429, "budget_busy", message, kind="rate_limit_error", headers={"retry-after": "1"})
    if refusal.cause == "never_fits":
        message = f"{wanted}, more than {name} allows in all ({amount(refusal.cap)}): lower max_tokens"
    else:
        message = f"{name} of {amount(refusal.cap)} is exhausted: {left}, {wanted}"
        if refusal.resets_at is not None:
            message += f"; it resets at {local_time(refusal.resets_at, tz)}"
    return Refused(429, "budget_exceeded", message, kind="insufficient_quota", headers={"x-should-retry": "false"})


def refused_by_policy(blocked: BlockedContent) -> Refused:
    """400: names the entity, never the value."""
    message = f"the privacy policy does not let {blocked.entity} leave"
    return Refused(400, "content_policy_violation", message, param="messages")


def refused_by_routing(error: NoRoute) -> Refused:
    """403 when a rule about data leaves no target, 400 when no target can do what is asked."""
    if error.residency:
        return Refused(403, "residency", str(error), kind="permission_error")
    return Refused(400, "no_target", str(error))


def local_time(at_ms: int, tz: str) -> str:
    """An instant as ISO 8601 with the zone's offset, to the minute.

    >>> local_time(1_764_543_600_000, "Europe/Rome")
    '2025-12-01T00:00+01:00'
    """
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(tz)).isoformat(timespec="minutes")
