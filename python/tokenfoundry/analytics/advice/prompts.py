"""A long beginning that every call of an intent pays for anew: to be cached by the provider, or to be trimmed.

Rows hold no text. That calls have a beginning in common shows in their lengths: even the shortest prompt of the intent
is long, and most of what others are. What all calls have at least is taken for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from tokenfoundry.analytics.advice.finding import Finding
from tokenfoundry.analytics.advice.rows import Rows

_LEAST_CALLS = 100
_LEAST_PREFIX_TOKENS = 1024  # Providers cache no less (OpenAI and Anthropic, "Prompt caching").
_LEAST_SHARE = 0.5  # Of the median prompt.
_MOST_CACHED = 0.1  # Of the input: more, and it is cached already.
_TRIMMED_SHARE = 2  # Half of a prefix is what trimming may save.
_WARM_PER_CENT = 90  # Of the calls find the prefix in the cache; the others write it.

_PROFILE = """
    select intent, target, count(*), quantile_disc(input_tokens, 0.01), quantile_disc(input_tokens, 0.5),
        sum(input_tokens), sum(cache_read_tokens)
    from calls
    where kind = 'settled' and session is not null and intent is not null and endpoint <> 'embeddings'
    group by intent, target
    having count(*) >= ?
    order by intent, target
"""


def repeated_prompts(rows: Rows) -> Iterator[Finding]:
    """Conversations whose prompts begin alike."""
    for intent, target, calls, prefix, median, input_tokens, read_tokens in rows.ask(_PROFILE, _LEAST_CALLS):
        rates = rows.rates(target)
        is_long = prefix >= _LEAST_PREFIX_TOKENS and prefix >= _LEAST_SHARE * median
        if rates is None or not is_long or read_tokens > _MOST_CACHED * input_tokens:
            continue
        paid_nano = rows.cost_nano(target, calls, input_tokens=prefix * calls)
        evidence: dict[str, int | str] = {
            "calls": calls,
            "prefix_tokens": prefix,
            "median_prompt_tokens": median,
            "cached_tokens": read_tokens,
            "target": target,
        }
        if rates.cache_read is not None and rates.cache_read < rates.input:
            warm = calls * _WARM_PER_CENT // 100
            # The calls that find it warm read it at the cached rate; the others pay for writing it.
            cached_nano = rows.cost_nano(target, calls, input_tokens=prefix * warm, cache_read_tokens=prefix * warm)
            cold = (calls - warm) * prefix
            written = {"cache_write_tokens": cold} if rates.cache_write is not None else {}
            cached_nano += rows.cost_nano(target, calls, input_tokens=cold, **written)
            yield Finding(
                kind="prompt_caching",
                subject=intent,
                title=f"{intent}: the same {prefix} tokens are paid in every turn, and none is cached",
                advice=f"Enable prompt caching for {intent} at {target}: mark the end of the system prompt, and keep "
                "it the same from call to call.",
                stake_nano=paid_nano - cached_nano,
                evidence=evidence,
            )
        else:
            yield Finding(
                kind="trim_prompt",
                subject=intent,
                title=f"{intent}: the same {prefix} tokens are paid in every turn, of about {median}",
                advice=f"Trim the system prompt of {intent}: {target} has no cheaper rate for what was sent "
                "before. Half of it is what is at stake.",
                stake_nano=paid_nano // _TRIMMED_SHARE,
                evidence=evidence,
            )
