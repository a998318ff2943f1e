"""What a call would take at models by their names, before it is made: tokens, how they were counted, a range of cost.

The gateway's own estimate (`POST /v1/estimate`) is of its targets, with their prices and budgets; this one needs none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.pricing import Catalogue, worst_case
from tokenfoundry.prompt_tokens import PromptCount, count_body, endpoint_in
from tokenfoundry.usage import Usage

BoundFrom = Literal["max_tokens", "context", "none"]

_BOUNDS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
_MOST_OUTPUT = 100_000_000  # As the gateway takes.
_MOST_CHOICES = 128


@dataclass(frozen=True, slots=True)
class ModelEstimate:
    """What a call would take at one model. Amounts are exact, in `currency`; None where no price is known."""

    prompt: PromptCount
    max_output_tokens: int | None
    """Of all choices together."""
    bound_from: BoundFrom
    """Who says that bound: the call, or what the model's context leaves; `none` where nobody does."""
    least_cost: Decimal | None
    """Of the prompt as it is expected, and no answer."""
    most_cost: Decimal | None
    """Of the prompt at its most, and an answer up to its bound."""
    currency: str
    price_source: str
    context_tokens: int | None = None
    """What the model can hold, prompt and answer together; None where that is not known."""

    @property
    def fits_context(self) -> bool | None:
        """Whether the prompt is expected to leave room for an answer."""
        return None if self.context_tokens is None else self.prompt.tokens < self.context_tokens

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: amounts are decimal text."""
        amounts = {"least_cost": self.least_cost, "most_cost": self.most_cost}
        return {
            **self.prompt.to_dict(),
            "max_output_tokens": self.max_output_tokens,
            "max_output_tokens_from": self.bound_from,
            **{name: None if amount is None else f"{amount:f}" for name, amount in amounts.items()},
            "context_tokens": self.context_tokens,
            "fits_context": self.fits_context,
            "currency": self.currency,
            "price_source": self.price_source,
        }


def estimates_of(
    body: Mapping[str, Any],
    models: Sequence[str],
    catalogue: Catalogue,
    *,
    at: int,
    max_tokens: int | None = None,
    endpoint: str | None = None,
) -> list[ModelEstimate]:
    """What the call of that body would take at each of the models, at the rates in force at `at`, Unix ms.

    `max_tokens` and `endpoint`, where they are not stated, are what the body says or shows. Raises `InvalidInput` for a
    body of another shape.
    """
    name = endpoint_in(body) if endpoint is None else endpoint
    choices = _integer(body, "n", most=_MOST_CHOICES) or 1
    stated = max_tokens if max_tokens is not None else _stated(body)
    return [_of(body, model, catalogue, at, stated, choices, name) for model in models]


def _of(
    body: Mapping[str, Any], model: str, catalogue: Catalogue, at: int, stated: int | None, choices: int, endpoint: str
) -> ModelEstimate:
    prompt = count_body(body, model=model, endpoint=endpoint)
    try:
        priced = catalogue.find(model)
        rates = priced.history.at(at)
        prompt = prompt.within(priced.context_tokens)
    except NotFound:
        bound = 0 if endpoint == "embeddings" else stated and stated * choices
        return ModelEstimate(prompt, bound, "none" if bound is None else "max_tokens", None, None, "", "")
    bound = stated
    bound_from: BoundFrom = "max_tokens"
    if endpoint == "embeddings":
        bound = 0
    elif stated is None and priced.context_tokens is not None:
        bound, bound_from = max(0, priced.context_tokens - prompt.tokens), "context"
    least = rates.cost(Usage(input_tokens=prompt.tokens)).total
    most = None
    if bound is not None:
        bound *= choices
        most = worst_case(rates, input_tokens=prompt.most, max_output_tokens=bound)
    return ModelEstimate(
        prompt,
        bound,
        "none" if bound is None else bound_from,
        least,
        most,
        rates.currency,
        priced.source,
        priced.context_tokens,
    )


def _stated(body: Mapping[str, Any]) -> int | None:
    stated = [value for field in _BOUNDS if (value := _integer(body, field, most=_MOST_OUTPUT)) is not None]
    return max(stated, default=None)


def _integer(body: Mapping[str, Any], field: str, *, most: int) -> int | None:
    value = body.get(field)
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= most:
        raise InvalidInput(f"{field}: needs an integer from 1 to {most}")
    return value
