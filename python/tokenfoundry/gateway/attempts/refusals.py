"""What a caller is told when a budget, the privacy policy or the routing refuses the call."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tokenfoundry.errors import BlockedContent
from tokenfoundry.gateway.durations import duration_text, seconds_up
from tokenfoundry.gateway.headers import RETRY_AFTER, RETRY_AFTER_MS, SHOULD_RETRY
from tokenfoundry.gateway.replies import Headers, Refused
from tokenfoundry.ledger import Refusal
from tokenfoundry.money import decimal_text
from tokenfoundry.resilience.guards import Unavailable
from tokenfoundry.routing.policy import NoRoute
from tokenfoundry.settings import WindowSettings

_MINUTE_MS = 60_000
_WORTH_WAITING_MS = 60_000  # What client libraries still wait by themselves.
_BUSY_MS = 1000  # Nobody knows when calls in progress end.


def refused_by_budget(refusal: Refusal, *, currency: str, window: WindowSettings, now_ms: int) -> Refused:
    """429 or, for a budget that was stopped, 403. The code says what helps: `budget_busy`, calls in progress fill it,
    so a moment; `budget_throttled`, its cap is approached slowly, so the time that is told; `budget_exceeded`, nothing
    that the caller can do at once.

    Instants are told in the time zone of the budget's `window`.
    """

    def amount(value: int) -> str:
        return f"{decimal_text(value)} {currency}" if refusal.unit == "money_nano" else f"{value} {refusal.unit}"

    name = f"the session's budget {refusal.budget!r}" if window.kind == "session" else f"budget {refusal.budget!r}"
    left, wanted = f"{amount(refusal.left)} left", f"this call may take {amount(refusal.requested)}"
    wait_ms = None if refusal.admits_at is None else max(0, refusal.admits_at - now_ms)
    if refusal.cause == "frozen":
        return Refused(403, "budget_frozen", f"{name} was stopped by an administrator", kind="permission_error")
    if refusal.cause == "held":
        message = f"{name} has {left} until the calls in progress end, and {wanted}"
        headers = _when_to_come(_BUSY_MS, worth_waiting=True)
        return Refused(429, "budget_busy", message, kind="rate_limit_error", headers=headers)
    if refusal.cause == "throttled":
        message = f"{name} of {amount(refusal.cap)} is spent slowly by now: {left} at this moment, {wanted}"
        if wait_ms is not None:
            message += f"; try again in {duration_text(seconds_up(wait_ms) * 1000)}"
        headers = _when_to_come(wait_ms, worth_waiting=wait_ms is not None and wait_ms < _WORTH_WAITING_MS)
        return Refused(429, "budget_throttled", message, kind="rate_limit_exceeded", headers=headers)
    if refusal.cause == "never_fits":
        message = f"{wanted}, more than {name} allows in all ({amount(refusal.cap)}): lower max_tokens"
        headers = _when_to_come(None, worth_waiting=False)
    else:
        message = f"{name} of {amount(refusal.cap)} is exhausted: {left}, {wanted}{_when_it_ends(refusal, window)}"
        headers = _when_to_come(wait_ms, worth_waiting=False)
    return Refused(429, "budget_exceeded", message, kind="insufficient_quota", headers=headers)


def _when_it_ends(refusal: Refusal, window: WindowSettings) -> str:
    if window.kind == "session":
        return ""  # It ends when the session does, which nobody knows.
    said = "" if refusal.resets_at is None else f"; it resets at {local_time(refusal.resets_at, window.tz)}"
    if refusal.admits_at is not None and refusal.admits_at != refusal.resets_at:
        # Before the reset by a refilled burst, after it by another budget, or by a window that has no reset.
        admits_at = -(-refusal.admits_at // _MINUTE_MS) * _MINUTE_MS
        said += f"; this call fits from {local_time(admits_at, window.tz)}"
    return said


def _when_to_come(wait_ms: int | None, *, worth_waiting: bool) -> Headers:
    """`worth_waiting`: a client library may do so by itself, with the call still open."""
    headers = {SHOULD_RETRY: "true" if worth_waiting else "false"}
    if wait_ms is None:
        return headers
    return {**headers, RETRY_AFTER: str(seconds_up(wait_ms)), RETRY_AFTER_MS: str(wait_ms)}


def refused_by_policy(blocked: BlockedContent) -> Refused:
    """400: names the entity, never the value."""
    message = f"the privacy policy does not let {blocked.entity} leave"
    return Refused(400, "content_policy_violation", message, param="messages")


def refused_answer(blocked: BlockedContent) -> Refused:
    """400, which clients do not ask again for: names the entity, never the value. The answer is paid for."""
    return Refused(400, "content_policy_violation", answer_withheld(blocked))


def answer_withheld(blocked: BlockedContent) -> str:
    """What is said in place of an answer, or of the rest of one."""
    return f"the privacy policy does not let {blocked.entity} of the model's answer through"


def refused_by_routing(error: NoRoute) -> Refused:
    """403 when a rule about data leaves no target, 400 when no target can do what is asked."""
    if error.residency:
        return Refused(403, "residency", str(error), kind="permission_error")
    return Refused(400, "no_target", str(error))


def refused_by_guard(target: str, unavailable: Unavailable) -> Refused:
    """503, or 429 when only the provider's rate limit is in the way: nothing was sent, and when to come again."""
    wait_ms = max(1, round(unavailable.wait_s * 1000))
    headers = _when_to_come(wait_ms, worth_waiting=wait_ms < _WORTH_WAITING_MS)
    message = f"{target}: {unavailable}; try again in {duration_text(wait_ms)}"
    if unavailable.cause == "rate_limited":
        return Refused(429, "rate_limit_exceeded", message, kind="rate_limit_error", headers=headers)
    code = "overloaded" if unavailable.cause == "overloaded" else "upstream_unavailable"
    return Refused(503, code, message, kind="service_unavailable", headers=headers)


def refused_by_provider(target: str, wait_s: float) -> Refused:
    """429: the provider's own, with the time that it asks for, or that its key rests."""
    wait_ms = round(wait_s * 1000)
    headers = _when_to_come(wait_ms, worth_waiting=wait_ms < _WORTH_WAITING_MS)
    message = f"{target}: the provider answered 429"
    return Refused(429, "rate_limit_exceeded", message, kind="rate_limit_error", headers=headers)


def refused_by_deadline(alias: str) -> Refused:
    """504: the time for the whole call is over before a target answered."""
    message = f"{alias}: the time that a call may take (limits.call_timeout) is over"
    return Refused(504, "upstream_timeout", message, kind="upstream_error")


def local_time(at_ms: int, tz: str) -> str:
    """An instant as ISO 8601 with the zone's offset, to the minute.

    >>> local_time(1_764_543_600_000, "Europe/Rome")
    '2025-12-01T00:00+01:00'
    """
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(tz)).isoformat(timespec="minutes")
