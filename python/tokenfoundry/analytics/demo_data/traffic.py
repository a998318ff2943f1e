"""Who calls what in the demo: the teams, and twelve uses with the waste that is planted in six of them."""

from __future__ import annotations

import msgspec

TEAMS = ("claims", "motor", "underwriting", "sales", "support", "legal", "finance", "engineering", "research")
KEYS_PER_TEAM = 3
CONSUMERS_PER_KEY = 8


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One intent. Token counts are medians, `spread` the sigma of their logarithm; shares are of its calls."""

    intent: str
    teams: tuple[str, ...]
    alias: str
    target: str
    weight: float
    input_tokens: int
    output_tokens: int
    spread: float = 0.35
    endpoint: str = "chat"
    env: str = "prod"
    prefix_tokens: int = 0  # Of a system prompt, the same in each call.
    turns: int = 0  # Of a session; 0: it has none.
    cached_share: float = 0.0  # Of the input, read from the provider's cache.
    hit_share: float = 0.0
    sensitive_share: float = 0.0  # Calls with personal data; `auto` sends them to the on-prem target.
    max_tokens: int = 1024
    runaway_share: float = 0.0  # Answers that run on to nearly max_tokens.
    prompts: int = 0  # How many different ones are asked; 0: each is another.
    burst: int = 0  # Calls that come together within a minute.
    hours: tuple[int, int] | None = None  # UTC, when not by the ordinary working week.
    stream: bool = False


# What is planted, by the advice that should find it.
PLANTED = {
    "smaller_model": "mail-triage",
    "prompt_caching": "contract-chat",
    "trim_prompt": "helpdesk-chat",
    "cap_max_tokens": "report-draft",
    "cache_embeddings": "policy-search",
    "batch_embeddings": "document-index",
    "off_peak": "nightly-digest",
    "loop": "agent",
}

USES = (
    Use(
        intent="claim-summary",
        teams=("claims", "motor"),
        alias="auto",
        target="gpt-large",
        weight=8,
        input_tokens=2600,
        output_tokens=420,
        sensitive_share=0.55,
    ),
    Use(
        intent="mail-triage",
        teams=("support", "claims", "sales"),
        alias="large",
        target="gpt-large",
        weight=16,
        input_tokens=420,
        output_tokens=6,
        spread=0.25,
        max_tokens=16,
    ),
    Use(
        intent="contract-chat",
        teams=("legal", "underwriting"),
        alias="writer",
        target="claude",
        weight=6,
        input_tokens=500,
        output_tokens=380,
        prefix_tokens=6200,
        turns=6,
        stream=True,
    ),
    Use(
        intent="helpdesk-chat",
        teams=("support",),
        alias="local",
        target="qwen",
        weight=11,
        input_tokens=420,
        output_tokens=210,
        prefix_tokens=4100,
        turns=5,
        stream=True,
    ),
    Use(
        intent="code-assist",
        teams=("engineering",),
        alias="large",
        target="gpt-large",
        weight=7,
        input_tokens=5200,
        output_tokens=520,
        cached_share=0.7,
        stream=True,
    ),
    Use(
        intent="translation",
        teams=("sales", "motor", "legal"),
        alias="small",
        target="gpt-mini",
        weight=12,
        input_tokens=900,
        output_tokens=850,
        hit_share=0.18,
        max_tokens=2048,
    ),
    Use(
        intent="policy-search",
        teams=("support", "underwriting"),
        alias="embed",
        target="embed-small",
        weight=10,
        input_tokens=700,
        output_tokens=0,
        endpoint="embeddings",
        prompts=900,
    ),
    Use(
        intent="document-index",
        teams=("research",),
        alias="embed",
        target="embed-small",
        weight=13,
        input_tokens=1900,
        output_tokens=0,
        endpoint="embeddings",
        burst=240,
    ),
    Use(
        intent="report-draft",
        teams=("finance", "underwriting"),
        alias="large",
        target="gpt-large",
        weight=3,
        input_tokens=1800,
        output_tokens=640,
        max_tokens=16384,
        runaway_share=0.03,
    ),
    Use(
        intent="nightly-digest",
        teams=("finance", "sales"),
        alias="large",
        target="gpt-large",
        weight=4,
        input_tokens=3400,
        output_tokens=520,
        env="batch",
        hours=(8, 17),
    ),
    Use(
        intent="fraud-check",
        teams=("claims", "motor"),
        alias="local",
        target="qwen",
        weight=6,
        input_tokens=1500,
        output_tokens=260,
    ),
    Use(
        intent="agent",
        teams=("engineering", "research"),
        alias="small",
        target="gpt-mini",
        weight=4,
        input_tokens=1700,
        output_tokens=420,
        turns=9,
    ),
)
LOOP_SHARE = 0.015  # Of all calls: one session of the agent that asked the same for a night.
LOOP_HOURS = 6
REFUSED_SHARE = 0.002
FAILED_SHARE = 0.004
CUT_SHARE = 0.003
