"""The smallest model that would do for an intent: by evaluation labels, or by answers that are mere labels."""

from __future__ import annotations

from collections.abc import Iterator

from tokenfoundry.analytics.advice.finding import Finding
from tokenfoundry.analytics.advice.rows import Rows

# Without labels: only where nearly all answers are a few tokens, as of a classifier, and prompts are short.
_SHORT_ANSWER_TOKENS = 32
_SHORT_PROMPT_TOKENS = 2000
_LEAST_CALLS = 50
_LABEL_ENOUGH = 0.9  # Of the score that the model in use has, or of 1.
_LEAST_SHARE = 0.5  # Of the cost that is left, for a change of model to be worth its trouble.

# What another model would be asked too. What a cache does at one says nothing of what it does at another.
_COUNTS = (
    *("input_tokens", "output_tokens", "input_audio_tokens", "output_audio_tokens"),
    *("input_image_tokens", "output_image_tokens"),
)
# Pictures, speech and what is billed one by one are not the work of any model that chats.
_PROFILE = f"""
    select intent, target, model, count(*) as calls, sum(spent_nano) as spent_nano,
        quantile_disc(input_tokens, 0.95) as p95_input, quantile_disc(output_tokens, 0.95) as p95_output,
        {", ".join(f"sum({name})" for name in _COUNTS)}
    from calls
    where kind = 'settled' and outcome = 'answered' and intent is not null and endpoint <> 'embeddings'
        and output_tokens > 0 and images = 0 and audio_seconds = 0 and characters = 0
    group by intent, target, model
    having count(*) >= ?
    order by spent_nano desc, intent, target
"""


def smaller_models(rows: Rows) -> Iterator[Finding]:
    """Intents that a cheaper configured target would serve."""
    for intent, target, model, calls, spent_nano, p95_input, p95_output, *sums in rows.ask(_PROFILE, _LEAST_CALLS):
        counts = dict(zip(_COUNTS, sums, strict=True))
        is_short = p95_output <= _SHORT_ANSWER_TOKENS and p95_input <= _SHORT_PROMPT_TOKENS
        best: tuple[int, str] | None = None
        for name in _candidates(rows, target):
            if not _would_do(rows, intent, model, rows.settings.targets[name].model, is_short=is_short):
                continue
            cost_nano = rows.cost_nano(name, calls, **counts)
            if cost_nano <= spent_nano * _LEAST_SHARE and (best is None or (cost_nano, name) < best):
                best = cost_nano, name
        if best is None:
            continue
        cost_nano, name = best
        why = "by your labels" if any(each[0] == intent for each in rows.labels) else "its answers are a few tokens"
        yield Finding(
            kind="smaller_model",
            subject=intent,
            title=f"{intent}: {name} would do ({why})",
            advice=f"Send {intent} to {name} instead of {target}, at first a share of it (canary), and compare.",
            stake_nano=spent_nano - cost_nano,
            evidence={
                "calls": calls,
                "p95_input_tokens": p95_input,
                "p95_output_tokens": p95_output,
                "target": target,
                "smaller_target": name,
            },
        )


def _candidates(rows: Rows, target: str | None) -> Iterator[str]:
    """The other targets that serve chat and are trusted as much."""
    now = rows.settings.targets.get(target or "")
    for name, other in rows.settings.targets.items():
        if now is not None and name != target and "chat" in other.endpoints and other.trust == now.trust:
            yield name


def _would_do(rows: Rows, intent: str, model: str, other: str, *, is_short: bool) -> bool:
    label = rows.labels.get((intent, other))
    if label is not None:
        return label >= _LABEL_ENOUGH * rows.labels.get((intent, model), 1.0)
    return is_short and not any(known == intent for known, _ in rows.labels)
