"""What a model can take, by the family its name belongs to, where a configuration does not say.

Nothing is guessed of a name that no row knows, but `reasoning`: a model that ignores the wish to think longer still
answers what it was asked, while one that ignores a picture, a tool or a schema answers something else. So a target of
an unknown model takes no pictures and no tools until its `capabilities` say that it does, and a call that needs them is
refused with a sentence that says so.

Rows follow what the makers' pages say. A test compares them with the model table in litellm (MIT), `supports_*`: a row
that says more than that is corrected or cites its source there; where a model can do more than its row, state its
`capabilities`. The pages: OpenAI, "Models" and
"Structured model outputs"; Anthropic, "Models overview", "PDF support", "Structured outputs"; Google, "Gemini models"
and "Gemini API: text generation"; Mistral, "Models" (capabilities); DeepSeek, "Create chat completion"; xAI, "Models";
Cohere, "Chat" (v2); Amazon, "What is Amazon Nova". Of open weights (Qwen, Llama, gpt-oss, Gemma and others) only what
the model itself was trained for stands here: schemas, log probabilities and several choices are its server's, which
the configuration states.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tokenfoundry.settings.targets import CAPABILITIES, Capability

_ASSUMED: frozenset[Capability] = frozenset({"reasoning"})

# The first row that finds the name, in lower case, wins. A name may stand behind a maker's or a region's, as in
# "anthropic/claude-..." or "eu.anthropic.claude-...".
_FAMILIES: tuple[tuple[str, str], ...] = (
    (r"gpt-4o(-mini)?-(audio|realtime)", "tools audio"),
    (r"gpt-audio", "tools audio"),
    (r"gpt-4o-2024-05-13|chatgpt-4o", "tools vision files json_object logprobs choices"),
    (r"gpt-4o|gpt-4\.1|gpt-4\.5", "tools vision files json_object json_schema logprobs choices"),
    (r"gpt-4-(turbo-preview|1106-preview|0125-preview)", "tools json_object logprobs choices"),
    (r"gpt-4-turbo", "tools vision json_object logprobs choices"),
    (r"gpt-4(-32k)?-0314|gpt-3\.5-turbo-(0301|16k-0301)", "choices"),
    (r"gpt-4|gpt-3\.5", "tools json_object logprobs choices"),
    (r"gpt-5(\.\d)?-chat", "vision files json_object json_schema"),
    (r"gpt-5-search-api", "vision files json_object json_schema"),
    (r"gpt-5", "tools vision files json_object json_schema reasoning"),
    (r"o1-mini|o1-preview", "reasoning"),
    (r"o3-mini", "tools json_object json_schema reasoning"),
    (r"o1|o3|o4-mini", "tools vision files json_object json_schema reasoning"),
    (r"gpt-oss-safeguard", "reasoning"),
    (r"gpt-oss", "tools reasoning"),
    (r"claude-(sonnet|opus|haiku)-4[-.]([1-9]\b|[1-9]-)", "tools vision files json_schema reasoning"),
    (r"claude-(opus|sonnet)-4|claude-3[-.]7", "tools vision files reasoning"),
    (r"claude-3-5-sonnet|claude-3\.5-sonnet", "tools vision files"),
    (r"claude-3[-.]5-haiku", "tools"),
    (r"claude-3", "tools vision"),
    (r"claude-(2|instant)", ""),
    (r"gemini-.*(tts|native-audio|live)", "audio"),
    (r"gemini-.*image", "vision"),
    (r"gemini-.*computer-use", "tools vision"),
    (r"gemini-(2\.5|3)", "tools vision audio files json_object json_schema choices reasoning"),
    (r"gemini-(1\.5|2\.0)", "tools vision audio files json_object json_schema choices"),
    (r"gemma-3n?", "vision"),
    (r"pixtral", "tools vision json_object json_schema choices"),
    (r"magistral", "tools json_object json_schema choices reasoning"),
    (r"mistral-(large-(2512|latest)|medium-(2505|2508|latest|3)|small-(2503|2506|latest))",
     "tools vision json_object json_schema choices"),
    (r"mistral-(7b|nemo-instruct|small-.*instruct)", "tools"),
    (r"codestral-mamba", "json_object choices"),
    (r"mistral-(tiny|medium$|medium-2312)|open-mistral-7b", "json_object choices"),
    (r"codestral-", "json_object json_schema choices"),
    (r"(mistral|open-mistral|ministral|devstral)-", "tools json_object json_schema choices"),
    (r"deepseek-(reasoner|r1)", "json_object reasoning"),
    (r"deepseek-(chat|v3)", "tools json_object logprobs"),
    (r"grok-(2-vision|4)", "tools vision json_object json_schema choices"),
    (r"grok-3-mini", "tools json_object json_schema choices reasoning"),
    (r"grok-", "tools json_object json_schema choices"),
    (r"command-a-vision", "vision json_object json_schema logprobs"),
    (r"command-a-reasoning", "tools json_object json_schema logprobs reasoning"),
    (r"command-r(-plus)?($|-0[34]-|-v1|:)", "tools json_object logprobs"),
    (r"command-(a|r|r-plus|r7b)\b", "tools json_object json_schema logprobs"),
    (r"nova-(lite|pro|premier)", "tools vision files"),
    (r"nova-micro", "tools"),
    (r"qwen[\d.]*-?vl|qwen3-omni|qvq", "tools vision"),
    (r"qwen[\d.]*-?audio", "audio"),
    (r"qwen3.*(instruct|coder)|qwen3-next-80b-a3b$", "tools"),
    (r"qwen3|qwq", "tools reasoning"),
    (r"qwen", "tools"),
    (r"(meta-)?llama-?4", "tools vision"),
    (r"(meta-)?llama-?3[.-]2-(11|90)b", "tools vision"),
    (r"(meta-)?llama-?3[.-][1-3]", "tools"),
    (r"(meta-)?llama-?[23]", ""),
    (r"glm-4\.?[\d.]*v", "tools vision reasoning"),
    (r"glm-4", "tools reasoning"),
    (r"kimi-k2", "tools"),
)  # fmt: skip
_ROWS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(rf"(?:^|[/.]|models/)(?:{pattern})"), frozenset(capabilities.split()))
    for pattern, capabilities in _FAMILIES
)


def capabilities_of(model: str, stated: Mapping[Capability, bool] | None = None) -> frozenset[str]:
    """What a target of that model can take, with what its configuration states instead.

    >>> sorted(capabilities_of("nobody-knows-7b", {"tools": True}))
    ['reasoning', 'tools']
    >>> "vision" in capabilities_of("eu.anthropic.claude-sonnet-4-5-20250929-v1:0")
    True
    """
    known = family_capabilities(model)
    found = _ASSUMED if known is None else known
    changes = stated or {}
    return frozenset(name for name in CAPABILITIES if changes.get(name, name in found))


# Models that hold less than the price table has their whole family hold (OpenAI, "Models": GPT-5 Chat).
_SHORTER: tuple[tuple[re.Pattern[str], int], ...] = ((re.compile(r"(?:^|[/.])gpt-5(\.\d)?-chat"), 128_000),)


def context_of(model: str, listed: int | None) -> int | None:
    """The input and output that a model can hold together, where the price table lists `listed`.

    >>> context_of("gpt-5-chat-latest", 400_000), context_of("gpt-5-mini", 400_000)
    (128000, 400000)
    """
    shorter = next((tokens for pattern, tokens in _SHORTER if pattern.search(model.lower())), None)
    return listed if shorter is None else min(shorter, listed or shorter)


def family_capabilities(model: str) -> frozenset[str] | None:
    """What the model's family can take; None of a model that no row knows."""
    name = model.lower()
    return next((capabilities for pattern, capabilities in _ROWS if pattern.search(name)), None)
