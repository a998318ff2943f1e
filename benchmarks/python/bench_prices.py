"""Does every model of the catalogue cost what genai-prices and litellm say, and where not, why? Models that agree and
differ by class, and CPU microseconds for one cost.

Each model with a price is asked for a short call, one with a cached prefix, and one with a long input, at one instant.
The table was made from genai-prices, so that everything but what it does otherwise must agree. litellm has a table of
its own: a model is compared when both have it, and a difference is explained by pricing the call with litellm's rates
in our way. When that gives litellm's figure, the tables differ; when not, the ways to compute do.

    scripts/bench prices              a few seconds
    scripts/bench prices --list       also every model that differs
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from genai_prices.data import providers
from genai_prices.types import Usage as TheirUsage

from tokenfoundry.pricing import Rates, Tier, prices
from tokenfoundry.pricing.catalogue import PricedModel
from tokenfoundry.pricing.money import EXACT
from tokenfoundry.usage import Usage

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # Its table of the wheel, not the network's.
try:
    import litellm
    from litellm.cost_calculator import cost_per_token
    from litellm.types.utils import PromptTokensDetailsWrapper
    from litellm.types.utils import Usage as LiteUsage
except ImportError:
    litellm = None

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
CALLS = {
    "short": Usage(input_tokens=1_234, output_tokens=567),
    "cached": Usage(input_tokens=5_000, output_tokens=300, cache_read_tokens=4_000),
    "long": Usage(input_tokens=300_001, output_tokens=4_321),
}
# Where litellm has a provider's models: its name of the provider, and what stands before the names.
LITELLM = {
    "openai": ("openai", ""),
    "anthropic": ("anthropic", ""),
    "google": ("gemini", "gemini/"),
    "mistral": ("mistral", "mistral/"),
    "deepseek": ("deepseek", "deepseek/"),
    "x-ai": ("xai", "xai/"),
    "groq": ("groq", "groq/"),
    "moonshotai": ("moonshot", "moonshot/"),
    "cohere": ("cohere", ""),
    "together": ("together_ai", "together_ai/"),
    "fireworks": ("fireworks_ai", "fireworks_ai/"),
    "cerebras": ("cerebras", "cerebras/"),
    "aws": ("bedrock", ""),
    "azure": ("azure", "azure/"),
}
CLOSE = Decimal("1e-9")  # litellm computes with binary floats.


def of_genai(priced: PricedModel, usage: Usage) -> Decimal | str:
    """What genai-prices says, or why it says nothing."""
    provider = next(each for each in providers if each.id == priced.provider)
    model = next(each for each in provider.models if each.id == priced.id)
    try:
        counts = {name: getattr(usage, name) for name in ("input_tokens", "output_tokens", "cache_read_tokens")}
        calculated = model.calc_price(TheirUsage(**counts), provider, genai_request_timestamp=AT)
    except ValueError:
        return "it has no price for such a call"
    total: Decimal = calculated.total_price
    return total


def of_litellm(priced: PricedModel, usage: Usage) -> Decimal | str:
    """What litellm says, or why it says nothing."""
    place = LITELLM.get(priced.provider)
    if place is None:
        return "not compared: another provider"
    name = place[1] + priced.id
    if name not in litellm.model_cost:
        return "not in its table"
    told = LiteUsage(
        prompt_tokens=usage.input_tokens,
        completion_tokens=usage.output_tokens,
        total_tokens=usage.total_tokens,
        prompt_tokens_details=PromptTokensDetailsWrapper(cached_tokens=usage.cache_read_tokens),
    )
    try:
        spent = cost_per_token(model=name, custom_llm_provider=place[0], usage_object=told)
    except Exception as error:  # noqa: BLE001 - a rival's error is an outcome here
        return f"it fails: {type(error).__name__}"
    return sum((Decimal(repr(float(each))) for each in spent), Decimal(0))


def with_litellm_s_rates(priced: PricedModel) -> Rates:
    """Its rates as ours: every threshold of its table is a tier of the whole request."""
    row = litellm.model_cost[LITELLM[priced.provider][1] + priced.id]

    def rate(field: str) -> Decimal | None:
        value = row.get(field)
        return None if value is None else Decimal(repr(float(value))).scaleb(6)

    base = {
        "input": rate("input_cost_per_token") or Decimal(0),
        "output": rate("output_cost_per_token"),
        "cache_read": rate("cache_read_input_token_cost"),
    }
    tiers = []
    for thousands in (128, 200, 256, 272):
        found = rate(f"input_cost_per_token_above_{thousands}k_tokens")
        if found is not None:
            output = rate(f"output_cost_per_token_above_{thousands}k_tokens") or base["output"]
            read = rate(f"cache_read_input_token_cost_above_{thousands}k_tokens")
            tiers.append(Tier(above=thousands * 1000, input=found, output=output, cache_read=read))
    return Rates(
        input=base["input"] or Decimal(0), output=base["output"], cache_read=base["cache_read"], tiers=tuple(tiers)
    )


def why_litellm_differs(priced: PricedModel, usage: Usage, ours: Decimal, theirs: Decimal) -> str:
    """The class of a difference."""
    their_rates, our_rates = with_litellm_s_rates(priced), priced.history.at(AT)
    if is_close(their_rates.cost(usage).total, theirs):
        names = ("input", "output", "cache_read")
        other = [name for name in names if getattr(their_rates, name) != getattr(our_rates, name)]
        period = priced.history.period_at(int(AT.timestamp() * 1000))
        if period.daily:
            return "time of day: its table has one price for all hours"
        if other == ["cache_read"]:
            missing = (
                "no rate for the cache, so cached input costs input" if their_rates.cache_read is None else "another"
            )
            return (
                f"the table: {missing}" if their_rates.cache_read is None else "the table: another rate for the cache"
            )
        if other:
            dated = " (ours changed since)" if len(priced.history.periods) > 1 else ""
            return f"the table: other rates{dated}"
        return "the table: other tiers"
    plain = EXACT.multiply(their_rates.input, usage.input_tokens - usage.cache_read_tokens).scaleb(-6)
    whole = EXACT.multiply(their_rates.input, usage.input_tokens).scaleb(-6)
    output = EXACT.multiply(their_rates.output or Decimal(0), usage.output_tokens).scaleb(-6)
    row = litellm.model_cost[LITELLM[priced.provider][1] + priced.id]
    if usage.cache_read_tokens and is_close(plain + output, theirs):
        return "the way: what is cached without a rate is free there"
    if usage.cache_read_tokens and is_close(whole + output, theirs):
        return "the way: its rate for the cache is not applied"
    if their_rates.output is None and "output_cost_per_image_token" in row:
        return "the way: all output of a model of pictures at the rate of pictures"
    return "the way: other"


def is_close(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= CLOSE * max(abs(one), abs(other))


def microseconds(call: Callable[[], Any], *, times: int = 2000) -> float:
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(times):
            call()
        best = min(best, (time.process_time() - started) / times)
    return best * 1e6


def compare(
    name: str, ask: Callable[[PricedModel, Usage], Decimal | str], explain: Callable[..., str], *, listed: bool
) -> None:
    outcomes: Counter[str] = Counter()
    classes: dict[str, set[str]] = defaultdict(set)
    for priced in prices().models():
        rates = priced.history.at(AT)
        for kind, usage in CALLS.items():
            theirs, ours = ask(priced, usage), rates.cost(usage).total
            if isinstance(theirs, str):
                outcomes[theirs] += 1
            elif is_close(ours, theirs):
                outcomes["agree"] += 1
            else:
                outcomes["differ"] += 1
                classes[explain(priced, usage, ours, theirs)].add(f"{priced.provider}/{priced.id} ({kind})")
    compared = outcomes["agree"] + outcomes["differ"]
    print(f"\n{name}: {compared} calls compared, {outcomes['agree']} agree ({outcomes['agree'] / compared:.1%})")
    for outcome, count in sorted(outcomes.items(), key=lambda each: -each[1]):
        if outcome not in ("agree", "differ"):
            print(f"  {count:5}  {outcome}")
    for why, models in sorted(classes.items(), key=lambda each: -len(each[1])):
        print(f"  {len(models):5}  differ: {why}")
        for model in sorted(models) if listed else ():
            print(f"             {model}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="every model that differs")
    listed = parser.parse_args().list
    print(f"catalogue: {prices().source}, {sum(1 for _ in prices().models())} models with a price")
    compare("genai-prices", of_genai, lambda *_: "another figure from the same table", listed=listed)
    if litellm is None:
        print("\nlitellm is not installed: pip install litellm")
    else:
        compare("litellm.cost_calculator", of_litellm, why_litellm_differs, listed=listed)
    priced, usage = prices().find("gpt-4o"), CALLS["cached"]
    print("\none cost of gpt-4o with a cached prefix, CPU microseconds, the best of 5 rounds")
    print(f"  {microseconds(lambda: priced.history.at(AT).scaled_cost(usage)):8.1f}  ours, as the gateway asks")
    print(f"  {microseconds(lambda: priced.history.at(AT).cost(usage)):8.1f}  ours, line by line")
    print(f"  {microseconds(lambda: of_genai(priced, usage)):8.1f}  genai-prices")
    if litellm is not None:
        print(f"  {microseconds(lambda: of_litellm(priced, usage), times=200):8.1f}  litellm")


if __name__ == "__main__":
    main()
