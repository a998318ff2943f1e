"""The families, one row each.

A factor says how many tokens of the family one token of the stand-in is. It is published, or measured so that anybody
can measure it again, on texts that every Debian holds (PROSE): the licence GPL-3, `argparse.py` of Python, and the Vim
tutor in its 30 languages (package vim-runtime); or on bills that public tests recorded (BILLS:
`tests/data/tokens/bills.json`, each with its source). Where there is neither, `UNKNOWN` says so.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from tokenfoundry.families import UNPUBLISHED, Family, StandIn, Template

_TIKTOKEN = "OpenAI, tiktoken 0.14, model.py"
_COOKBOOK = "OpenAI cookbook, How to count tokens with tiktoken"

# Tools: the rule of github.com/hmarr/openai-chat-tokens, found by asking the API. Never more than one token from a
# bill of tools that were not called yet; `_most` leaves room for what the models after GPT-4o add.
_CHAT = Template(tools_as_types=True, shows_format=True, with_tools_most=24, with_format_most=24)
_REASONING = Template(
    priming=2,
    with_tools=16,
    with_tools_in_chat=66,
    with_tools_most=128,
    with_format_most=64,
    tools_as_types=True,
    shows_format=True,
)
# What is billed is the texts: who says them, which is counted as a text of its own, is taken off again.
_TEXTS_ALONE = Template(per_message=-2, priming=0, hidden_most=64, with_tools_most=512, with_format_most=256)
_UNCERTAIN = Template(hidden_most=128, with_tools_most=1024, with_format_most=512)

_QWENS = Template(per_message=4, hidden=4, hidden_most=128, with_tools=96, with_tools_most=512, with_format_most=256)
_CLAUDES = Template(
    hidden_most=64,
    with_tools=346,
    with_tools_most=1024,
    with_format=160,
    with_format_most=512,
    shows_format=True,
)

_QWEN_IN_CL100K = "Qwen Technical Report (2023), 2.2: its vocabulary begins with that of cl100k_base and adds to it"
_TEKKEN = "PROSE: tekken_240911.json of mistral-common 1.13 takes 1.18 tokens for one of o200k_base, 1.31 at most"
_LLAMA_3 = "The Llama 3 Herd of Models (2024), 3.2: 100k tokens of tiktoken's cl100k_base and 28k more"
_SENTENCEPIECE = "PROSE: tokenizer.model.v1 of mistral-common, of 32,000 pieces, takes 1.36 for one of o200k_base"
_GEMINI = "Google, Gemini API, Understand and count tokens: about 4 characters a token; o200k_base takes 4.7 on GPL-3"
_CLAUDE = "BILLS: 1.13 to 1.16 on the texts of over 500 tokens; Anthropic publishes no tokenizer"
_CLAUDE_NEXT = (
    "Anthropic, What's new in Claude Opus 4.7: the new tokenizer takes up to 1.35 times as many tokens as before; "
    "times the factor of the models before"
)

_LLAMA_3_WITH_A_DATE = tuple(
    f"{name}{mark}{minor}" for name in ("llama-3", "llama3", "meta-llama-3") for mark in ".-" for minor in (1, 2, 3)
)

FAMILIES: Final[tuple[Family, ...]] = (
    Family(
        "GPT-4o and later",
        ("gpt-4o", "chatgpt-4o", "gpt-4.1", "gpt-4.5", "gpt-audio", "gpt-realtime"),
        f"{_TIKTOKEN}; {_COOKBOOK}",
        "o200k_base",
        template=_CHAT,
    ),
    Family(
        "GPT-5 and o-series",
        ("gpt-5", "o1", "o3", "o4", "codex-mini", "computer-use"),
        f"{_TIKTOKEN}; BILLS: one token less primes the reply",
        "o200k_base",
        template=_REASONING,
    ),
    Family(
        "gpt-oss",
        ("gpt-oss",),
        f"{_TIKTOKEN}; OpenAI, harmony response format: a system message of its own stands before; BILLS: 63 to 67",
        "o200k_harmony",
        # Ordinary text is the same in both: harmony adds special tokens alone.
        StandIn("o200k_base", Fraction(1), "tiktoken_ext: o200k_harmony is o200k_base with more special tokens"),
        Template(hidden=66, hidden_most=96, with_tools_most=256, with_format_most=256, tools_as_types=True),
    ),
    Family(
        "GPT-4 and GPT-3.5",
        ("gpt-4", "gpt-3.5", "gpt-35"),
        f"{_TIKTOKEN}; {_COOKBOOK}",
        "cl100k_base",
        template=_CHAT,
    ),
    Family(
        "OpenAI embeddings and base models",
        ("text-embedding-3", "text-embedding-ada-002", "davinci-002", "babbage-002"),
        _TIKTOKEN,
        "cl100k_base",
    ),
    Family(
        "GPT of another generation",
        ("gpt",),
        "tiktoken 0.14 does not name its vocabulary",
        stand_in=UNPUBLISHED,
        template=_UNCERTAIN,
    ),
    Family(
        "Codex and text-davinci",
        ("text-davinci-003", "text-davinci-002", "code-davinci", "code-cushman", "davinci-codex", "cushman-codex"),
        _TIKTOKEN,
        "p50k_base",
    ),
    Family(
        "GPT-3",
        (
            *("text-davinci-001", "text-curie", "text-babbage", "text-ada", "text-similarity", "text-search"),
            *("code-search", "davinci", "curie", "babbage", "ada"),
        ),
        _TIKTOKEN,
        "r50k_base",
    ),
    Family(
        "Claude to 4.6",
        ("claude",),
        _CLAUDE,
        stand_in=StandIn("o200k_base", Fraction("1.15"), _CLAUDE),
        template=Template(
            per_message=3,
            hidden_most=64,
            with_tools=346,
            with_tools_most=1024,
            with_format=160,
            with_format_most=512,
            shows_format=True,
        ),
    ),
    Family(
        "Claude from 4.7",
        (
            *("claude-opus-4-7", "claude-opus-4-8", "claude-opus-4.7", "claude-opus-4.8", "claude-opus-5"),
            *("claude-sonnet-5", "claude-haiku-5", "claude-fable", "claude-mythos"),
        ),
        _CLAUDE_NEXT,
        stand_in=StandIn("o200k_base", Fraction("1.15") * Fraction("1.35"), _CLAUDE_NEXT),
        template=Template(
            per_message=3,
            hidden_most=64,
            with_tools=346,
            with_tools_most=1024,
            with_format=160,
            with_format_most=512,
            shows_format=True,
        ),
    ),
    Family(
        "Gemini",
        ("gemini", "learnlm"),
        _GEMINI,
        stand_in=StandIn("o200k_base", Fraction("1.18"), _GEMINI),
        template=_TEXTS_ALONE,
    ),
    Family(
        "Gemma",
        ("gemma",),
        "Google, Gemma 3 Technical Report: the tokenizer of Gemini 2.0, with 262k entries; it does not ship here",
        stand_in=StandIn("o200k_base", Fraction("1.18"), _GEMINI),
        template=Template(per_message=5, priming=5, hidden_most=128, with_tools_most=1024, with_format_most=512),
    ),
    Family(
        "Mistral with tekken",
        (
            *("mistral", "ministral", "magistral", "pixtral", "devstral", "codestral", "voxtral", "open-mistral-nemo"),
            "leanstral",
        ),
        "mistral-common: tekken for the models since Mistral Nemo; it does not ship here",
        stand_in=StandIn("o200k_base", Fraction("1.18"), _TEKKEN),
        template=Template(per_message=2, priming=2, hidden_most=128, with_tools_most=512, with_format_most=256),
    ),
    Family(
        "Mistral with SentencePiece",
        ("open-mistral-7b", "open-mixtral", "mixtral", "mistral-7b", "mistral-tiny", "codestral-2405", "mathstral"),
        "mistral-common: SentencePiece of 32,000 pieces before tekken; it does not ship here",
        stand_in=StandIn("o200k_base", Fraction("1.36"), _SENTENCEPIECE),
        template=Template(per_message=4, priming=2, hidden_most=128, with_tools_most=512, with_format_most=256),
    ),
    Family(
        "Cohere",
        ("command", "c4ai", "aya", "embed-v", "embed-english", "embed-multilingual", "rerank"),
        "BILLS: 1.06 to 1.15; Cohere bills texts without what stands around them (billed_units)",
        stand_in=StandIn("o200k_base", Fraction("1.10"), "BILLS: 1.06 to 1.15 on chains of over 200 tokens"),
        template=_TEXTS_ALONE,
    ),
    Family(
        "Llama 3",
        ("llama-3", "llama3", "meta-llama-3", "llama-guard"),
        f"{_LLAMA_3}; Meta, Model cards and prompt formats: four tokens a message",
        stand_in=StandIn("cl100k_base", Fraction(1), _LLAMA_3),
        template=Template(per_message=4, priming=5, hidden_most=128, with_tools=64, with_tools_most=512),
    ),
    Family(
        "Llama 3.1 to 4",
        (*_LLAMA_3_WITH_A_DATE, "llama-4", "llama4"),
        f"{_LLAMA_3}; Meta, Model cards and prompt formats: a system message with the date stands before; BILLS: 22",
        stand_in=StandIn("cl100k_base", Fraction(1), _LLAMA_3),
        template=Template(per_message=4, priming=5, hidden=22, hidden_most=128, with_tools=64, with_tools_most=512),
    ),
    Family(
        "Llama 2",
        ("llama-2", "llama2", "codellama", "code-llama", "vicuna"),
        "Llama 2 (2023), 2.2: SentencePiece of 32,000 pieces; it does not ship here",
        stand_in=StandIn("o200k_base", Fraction("1.36"), _SENTENCEPIECE),
        template=Template(per_message=6, hidden_most=128, with_tools_most=1024),
    ),
    Family(
        "Qwen",
        ("qwen2", "qwen-2", "qwen3", "qwen-3", "qwq", "qvq"),
        "Qwen2.5 Technical Report, 2: one vocabulary of 151,643 tokens; ChatML: four tokens a message and a line",
        "qwen",
        StandIn("cl100k_base", Fraction(1), _QWEN_IN_CL100K),
        _QWENS,
    ),
    Family(
        "Qwen of another generation",
        ("qwen", "codeqwen", "tongyi", *(f"qwen{mark}3.{minor}" for mark in ("", "-") for minor in range(5, 10))),
        "names that Alibaba moves from one generation to the next, and those whose vocabulary is another",
        stand_in=StandIn("cl100k_base", Fraction(1), _QWEN_IN_CL100K),
        template=_QWENS,
    ),
    Family(
        "DeepSeek",
        ("deepseek",),
        "DeepSeek API, Token & Token Usage: about 0.3 tokens an English character, 0.6 a Chinese one",
        stand_in=StandIn(
            "o200k_base",
            Fraction("1.4"),
            "DeepSeek API, Token & Token Usage: 0.3 tokens a character; o200k_base takes 0.21 on GPL-3",
        ),
        template=Template(per_message=1, priming=2, hidden_most=128, with_tools=256, with_tools_most=1024),
    ),
    Family(
        "Grok",
        ("grok",),
        "xAI publishes neither the tokenizer nor a factor, only a tokenize endpoint",
        stand_in=UNPUBLISHED,
        template=_UNCERTAIN,
    ),
    Family(
        "Amazon Nova",
        ("nova",),
        "Amazon publishes no tokenizer; BILLS: 400 tokens where tools are declared",
        stand_in=UNPUBLISHED,
        template=Template(per_message=-1, priming=0, hidden_most=64, with_tools=380, with_tools_most=1024),
    ),
    Family(
        "Amazon Titan",
        ("titan",),
        "Amazon Bedrock user guide, Titan Text Embeddings: 4.7 characters a token on average in English, as o200k_base "
        "takes on GPL-3; of Titan Text it says nothing",
        stand_in=StandIn(
            "o200k_base", Fraction(1), "Amazon Bedrock user guide, Titan Text Embeddings: 4.7 characters a token"
        ),
        template=Template(per_message=3, hidden_most=64),
    ),
)
