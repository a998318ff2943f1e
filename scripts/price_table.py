"""Writes the shipped price table from the installed genai-prices package; run by scripts/update-prices.

    price_table.py RELEASE DIRECTORY LITELLM_TABLE

Kept: models of the providers below that are priced by the token, with their rates for sound, pictures, searches, calls
and one-hour cache writes, and what batches and service tiers cost. A model priced in another way (by the hour or the
page, or with a rate of its own for video or citations) is kept without prices: its name must not find the price of
another model.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from genai_prices.data import providers
from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

# In this order a name is looked for when no provider is named: those who make models before those who serve them.
PROVIDERS = (
    *("openai", "anthropic", "google", "mistral", "cohere", "deepseek", "x-ai", "moonshotai", "minimax", "zai", "meta"),
    *("voyageai", "perplexity", "azure", "aws", "groq", "cerebras", "together", "fireworks", "ovhcloud", "databricks"),
    "cloudflare",
)

RATES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "cache_audio_read_mtok": "cache_read_audio",
    "input_image_mtok": "input_image",
    "cache_image_read_mtok": "cache_read_image",
    "output_audio_mtok": "output_audio",
    "output_image_mtok": "output_image",
}

# Per thousand there, one by one here.
UNITS = {"web_searches_kcount": "search", "requests_kcount": "request"}

# Billed for what the normal form of a usage does not count.
IGNORED = {"storage_searches_kcount"}

# What a variant is chosen by, and the tier it is called here.
TIER_KEYS = {"processing", "service_tier", "speed"}

COMPARISONS = {
    ClauseEquals: ("=", "equals"), ClauseStartsWith: ("^", "starts_with"), ClauseEndsWith: ("$", "ends_with"),
    ClauseContains: ("*", "contains"), ClauseRegex: ("~", "regex"),
}  # fmt: skip


def simple_rule(clause: Any) -> str:
    sign, attribute = COMPARISONS[type(clause)]
    text = getattr(clause, attribute)
    return sign + (text if sign == "~" else text.lower())


def rules(clause: Any) -> list[Any]:
    """The rules of which one must hold; a list in it is rules that must hold together."""
    if isinstance(clause, ClauseOr):
        return [rule for each in clause.or_ for rule in rules(each)]
    if isinstance(clause, ClauseAnd):
        return [[simple_rule(each) for each in clause.and_]]
    return [simple_rule(clause)]


def decimal_text(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def stated(price: ModelPrice) -> dict[str, Any]:
    return {name: value for name, value in vars(price).items() if value is not None}


def rates_row(price: ModelPrice) -> dict[str, Any]:
    rates = {RATES[name]: value for name, value in stated(price).items() if name in RATES}
    row: dict[str, Any] = {
        name: decimal_text(value.base if isinstance(value, TieredPrices) else value)
        for name in RATES.values()
        if (value := rates.get(name)) is not None
    }
    thresholds = sorted(
        {tier.start for value in rates.values() if isinstance(value, TieredPrices) for tier in value.tiers}
    )
    if thresholds:
        row["tiers"] = [
            {"above": above}
            | {name: decimal_text(tier_rate(rates[name], above)) for name in RATES.values() if name in rates}
            for above in thresholds
        ]
    for key, name in UNITS.items():
        value = stated(price).get(key)
        if value is not None:
            row[name] = decimal_text(value / 1000)
    return row


def service_tiers(model: ModelInfo, base: ModelPrice, day: date | None) -> dict[str, Any]:
    """What calls cost that are served in another way on that day: of each rate the first variant in force, over the
    base.
    """
    overrides: dict[str, dict[str, Any]] = {}
    for variant in model.price_variants or ():
        ((key, tier), *others) = variant.when.items()
        start = variant.constraint.start_date if isinstance(variant.constraint, StartDateConstraint) else None
        is_other = others or key not in TIER_KEYS or tier == "default" or not stated(variant.prices)
        if is_other or isinstance(variant.constraint, TimeOfDateConstraint):
            continue
        if start is not None and (day is None or day < start):
            continue
        if stated(variant.prices).keys() <= RATES.keys() | UNITS.keys() | IGNORED:
            overrides[tier] = stated(variant.prices) | overrides.get(tier, {})
    return {tier: rates_row(ModelPrice(**(stated(base) | prices))) for tier, prices in overrides.items()}


def tier_rate(value: Decimal | TieredPrices, above: int) -> Decimal:
    if not isinstance(value, TieredPrices):
        return value
    return next((tier.price for tier in reversed(value.tiers) if tier.start <= above), value.base)


def clock(at: time) -> str:
    assert at.tzinfo in (None, UTC), at
    return at.isoformat()[:8]


def periods(model: ModelInfo) -> list[dict[str, Any]]:
    """The model's prices by the day they start: the last condition that holds decides, else the first price."""
    entries = model.prices if isinstance(model.prices, list) else [ConditionalPrice(prices=model.prices)]
    days: list[date | None] = [None]
    constraints = [entry.constraint for entry in (*entries, *(model.price_variants or ()))]
    days += sorted({each.start_date for each in constraints if isinstance(each, StartDateConstraint)})
    rows: list[dict[str, Any]] = []
    for day in days:
        in_force, daily = 0, []
        for index, entry in enumerate(entries):
            constraint = entry.constraint
            if isinstance(constraint, TimeOfDateConstraint):
                row = {"from": clock(constraint.start_time), "to": clock(constraint.end_time)} | rates_row(entry.prices)
                daily.append((index, row))
            elif constraint is None or (day is not None and day >= constraint.start_date):
                in_force = index
        base = entries[in_force].prices
        row = rates_row(base)
        if tiers := service_tiers(model, base, day):
            row["service_tiers"] = tiers
        if kept := [each for index, each in daily if index > in_force]:
            row["daily"] = kept
        if not rows or row != {name: value for name, value in rows[-1].items() if name != "from"}:
            rows.append(row if day is None else {"from": day.isoformat()} | row)
    return rows


def is_priced_by_token(model: ModelInfo) -> bool:
    entries = model.prices if isinstance(model.prices, list) else [ConditionalPrice(prices=model.prices)]
    return all(
        "input_mtok" in (names := set(stated(entry.prices))) and names <= RATES.keys() | UNITS.keys() | IGNORED
        for entry in entries
    )


def model_row(model: ModelInfo) -> dict[str, Any]:
    row: dict[str, Any] = {"id": model.id, "match": rules(model.match)}
    if model.name:
        row["name"] = model.name
    if model.context_window:
        row["context_tokens"] = model.context_window
    if is_priced_by_token(model):
        row["prices"] = periods(model)
    return row


def provider_row(provider: Provider) -> dict[str, Any]:
    row: dict[str, Any] = {"id": provider.id, "name": provider.name, "api": provider.api_pattern}
    if provider.model_match is not None:
        row["match"] = rules(provider.model_match)
    if provider.fallback_model_providers:
        row["also"] = provider.fallback_model_providers
    row["models"] = [model_row(model) for model in provider.models]
    return row


def to_json(table: dict[str, Any]) -> str:
    """JSON with one model a line, so that a new release reads as a diff."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    blocks = []
    for provider in table["providers"]:
        head = line({name: value for name, value in provider.items() if name != "models"})[:-1]
        blocks.append(head + ',"models":[\n' + ",\n".join(line(model) for model in provider["models"]) + "\n]}")
    head = line({name: value for name, value in table.items() if name != "providers"})[:-1]
    return head + ',"providers":[\n' + ",\n".join(blocks) + "\n]}\n"


PROVENANCE = """# Where these prices come from

`prices.json` is made by `scripts/update-prices` from the Python package genai-prices {release}
(https://github.com/pydantic/genai-prices), under the MIT licence in `LICENSE.genai-prices`. {models} models of
{providers} providers, {priced} of them with prices, built on {built}. SHA-256 of the file: `{sha256}`.

US dollars per million tokens, without tax and without negotiated discounts; the providers' own price pages decide.
`service_tiers` are what batches and the providers' other ways of serving cost. Left out: storage and rates by the page.

`unit_prices.json` is kept by hand, from the table inside the Python package litellm 1.83.0
(https://github.com/BerriAI/litellm, MIT): transcription by the second of sound, speech by the million characters,
moderation for nothing. It prices only models that `prices.json` lists
without a price.

Of the models, litellm's table prices {compared} too. They disagree on {disagreeing} rates:

{warnings}
"""


# Where litellm's table has a provider's models: what stands before their names there.
LITELLM_PREFIXES = {
    "openai": "", "anthropic": "", "google": "gemini/", "mistral": "mistral/", "deepseek": "deepseek/",
    "x-ai": "xai/", "groq": "groq/", "cohere": "", "moonshotai": "moonshot/", "perplexity": "perplexity/",
}  # fmt: skip
LITELLM_RATES = {
    "input": "input_cost_per_token", "output": "output_cost_per_token", "cache_read": "cache_read_input_token_cost",
}  # fmt: skip


def disagreements(rows: list[dict[str, Any]], litellm: dict[str, Any]) -> tuple[int, list[str]]:
    """How many models both tables price, and a sentence for each rate on which they do not agree."""
    compared, said = 0, []
    for provider in rows:
        prefix = LITELLM_PREFIXES.get(provider["id"])
        for model in provider["models"] if prefix is not None else ():
            theirs = litellm.get(f"{prefix}{model['id']}")
            if not model.get("prices") or not theirs:
                continue
            compared += 1
            ours = model["prices"][-1]
            for name, field in LITELLM_RATES.items():
                if name in ours and theirs.get(field) is not None:
                    rate = Decimal(repr(theirs[field])).scaleb(6)
                    if rate != Decimal(ours[name]):
                        said.append(f"{provider['id']}/{model['id']}: {name} is {ours[name]}, litellm says {rate:f}")
    return compared, said


def main() -> None:
    release, directory = sys.argv[1], Path(sys.argv[2])
    litellm = json.loads(Path(sys.argv[3]).read_text())
    by_id = {provider.id: provider for provider in providers}
    rows = [provider_row(by_id[name]) for name in PROVIDERS]
    built = datetime.now(tz=UTC).date()
    table = {
        "format": 2,
        "source": f"genai-prices {release}",
        "built": built.isoformat(),
        "licence": "MIT",
        "currency": "USD",
        "providers": rows,
    }
    text = to_json(table)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "prices.json").write_text(text)
    models = [model for row in rows for model in row["models"]]
    compared, disagreeing = disagreements(rows, litellm)
    for warning in disagreeing:
        sys.stderr.write(f"warning: {warning}\n")
    provenance = PROVENANCE.format(
        release=release,
        compared=compared,
        disagreeing=len(disagreeing),
        warnings="\n".join(f"- {each}" for each in disagreeing),
        models=len(models),
        providers=len(rows),
        priced=sum("prices" in model for model in models),
        built=built,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    (directory / "PROVENANCE.md").write_text(provenance)
    files = importlib.metadata.files("genai-prices") or []
    licence = next(file for file in files if file.name == "LICENSE")
    (directory / "LICENSE.genai-prices").write_text(licence.read_text())
    sys.stdout.write(provenance)


main()
