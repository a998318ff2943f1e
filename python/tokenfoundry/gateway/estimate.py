"""`POST /v1/estimate`: what a call would take, at each target that it could go to. Sends nothing and holds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from tokenfoundry.counters import TokenCounter
from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.booking import Booking
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.attempts.sender import Sender
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.replies import Refused, invalid
from tokenfoundry.ledger import Refusal
from tokenfoundry.money import decimal_text
from tokenfoundry.prompt_tokens import endpoint_in
from tokenfoundry.routing.policy import Route
from tokenfoundry.routing.targets import Target
from tokenfoundry.translate import Untranslatable

MOST_MODELS = 32


def endpoint_of(body: Mapping[str, Any], endpoints: Mapping[str, Endpoint]) -> Endpoint:
    """The endpoint that such a body is for, by name: the one that its field `endpoint` states, or whose fields it has.
    An `input` of text alone is an embedding's. Raises `Refused` (400).
    """
    try:
        return endpoints[endpoint_in(body)]
    except InvalidInput as error:
        raise invalid(str(error), param=str(error).partition(":")[0]) from None


async def estimate_of(call: Call, route: Route, *, booking: Booking, sender: Sender) -> dict[str, Any]:
    """What each target of the route would take, in its order. Amounts are decimal text in `currency`."""
    targets = [await _at(call, target, route.reason, booking, sender) for target in route.targets]
    return {
        "object": "estimate",
        "endpoint": call.endpoint.name,
        "model": call.alias,
        "route": route.reason,
        "findings": call.findings,
        "currency": booking.currency,
        "targets": targets,
    }


async def _at(call: Call, target: Target, route: str, booking: Booking, sender: Sender) -> dict[str, Any]:
    attempt = Attempt(booking, call, target, number=0, route=route)
    tokens, most, is_read = call.prompt_tokens(target)
    input_nano, _ = booking.cost_nano(target, replace(attempt.worst, input_tokens=tokens, output_tokens=0), call.at_ms)
    told: dict[str, Any] = {
        "target": target.name,
        "provider": target.provider,
        "model": target.model,
        "region": target.region,
        "input_tokens": tokens,
        "input_tokens_most": most,
        "input_tokens_exact": target.tokenizer_is_exact and is_read,
        "counted": _counted(target),
        "max_output_tokens": attempt.worst.output_tokens,
        "input_cost": decimal_text(input_nano),
        "worst_cost": decimal_text(attempt.worst_nano),
    }
    if attempt.output_bound.source:
        told["max_tokens_from"] = attempt.output_bound.source
    try:
        sender.said(call, attempt)
    except Untranslatable as error:
        return {**told, "takes": False, "why": str(error)}
    return {**told, "takes": True, "budgets": _budgets(await attempt.would_be_refused(), booking)}


def _counted(target: Target) -> dict[str, str]:
    """What counted the texts, how, and whose number that is."""
    known = TokenCounter.for_model(target.model)
    if known.name != target.tokenizer.name or known.is_exact is not target.tokenizer_is_exact:
        return {"tokenizer": target.tokenizer.name, "method": "stated", "source": "the target's settings"}
    return {"tokenizer": known.name, "method": known.method, "source": known.source}


def models_in(body: Mapping[str, Any]) -> list[str] | None:
    """The models that an estimate is wanted for side by side; None for one alone. Raises `Refused` (400)."""
    models = body.get("models")
    if models is None:
        return None
    if not isinstance(models, list) or not 1 <= len(models) <= MOST_MODELS:
        raise invalid(f"models: needs a list of 1 to {MOST_MODELS} models", param="models")
    if not all(isinstance(model, str) and model for model in models):
        raise invalid("models: needs names of models", param="models")
    if body.get("model") is not None:
        raise invalid("models: stands in the place of model; state one of both", param="models")
    return models


def estimate_refused(model: str, refused: Refused) -> dict[str, Any]:
    """Beside the estimates of other models: what this one would have been refused for."""
    return {"object": "error", "model": model, "error": refused.error}


def _budgets(refusal: Refusal | None, booking: Booking) -> dict[str, Any]:
    """Whether the budgets admit it now. If not: which does not, why, when its window ends and when the call would fit,
    as Unix milliseconds; None for never by itself.
    """
    if refusal is None:
        return {"admitted": True}
    refused = booking.refused_by(refusal)
    return {
        "admitted": False,
        "budget": refusal.budget,
        "cause": refusal.cause,
        "at_cap": refusal.at_cap,
        "message": str(refused),
        "code": refused.code,
        "resets_at_ms": refusal.resets_at,
        "admits_at_ms": refusal.admits_at,
    }
