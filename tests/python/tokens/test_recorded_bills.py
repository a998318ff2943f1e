"""Counts beside what providers billed: prompts and their input tokens as documents and public tests recorded them.

Each row of `bills.json` names its source. Bodies are in OpenAI's dialect or in Anthropic's; what other providers were
sent says the same. The table is printed with `pytest -s`.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

import tokenfoundry as tf
from tokenfoundry.families.table import FAMILIES

BILLS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "data" / "tokens" / "bills.json").read_text(encoding="utf-8")
)

# The errors of the counts together, as a part of the bills together: without tools and schemas of answers, and with
# them. What is counted exactly is never off but by what tool calls take, which is fitted.
MOST_ERROR = {
    "Amazon Nova": (0.12, 0.05),
    "Amazon Titan": (0.50, None),
    "Claude from 4.7": (0.40, 0.25),
    "Claude to 4.6": (0.20, 0.20),
    "Cohere": (0.20, 1.40),
    "DeepSeek": (0.65, 0.10),
    "GPT-4 and GPT-3.5": (0.0, 0.01),
    "GPT-4o and later": (0.01, 0.06),
    "GPT-5 and o-series": (0.0, 0.01),
    "Gemini": (0.20, 0.30),
    "Gemma": (None, 0.3),
    "Llama 3": (0.0, None),
    "Llama 3.1 to 4": (0.08, 0.05),
    "Mistral with SentencePiece": (0.30, None),
    "Mistral with tekken": (0.20, 0.15),
    "OpenAI embeddings and base models": (0.0, None),
    "Qwen": (0.85, 0.10),
    "gpt-oss": (0.15, None),
}


def counted(bill: dict[str, Any]) -> tf.PromptCount:
    return tf.count_body(bill["body"], model=bill["model"], endpoint=bill["endpoint"])


def has_more_than_texts(bill: dict[str, Any]) -> bool:
    return not bill["body"].keys().isdisjoint({"tools", "functions", "response_format", "text", "output_format"})


def test_there_are_bills_of_many_families_and_each_says_where_it_stands() -> None:
    assert len(BILLS) >= 100
    assert {bill["family"] for bill in BILLS} == set(MOST_ERROR) <= {family.name for family in FAMILIES}
    assert all(bill["source"].startswith(("github.com/", "platform.claude.com/", "ai.google.dev/")) for bill in BILLS)


@pytest.mark.parametrize("bill", BILLS, ids=lambda bill: f"{bill['model']}-{bill['endpoint']}-{bill['billed']}")
def test_a_hold_is_never_below_the_bill(bill: dict[str, Any]) -> None:
    told = counted(bill)
    assert told.family == bill["family"]
    assert bill["billed"] <= told.most


def test_the_error_of_each_family_stays_in_its_bounds() -> None:
    errors: dict[tuple[str, bool], list[tuple[int, int]]] = defaultdict(list)
    for bill in BILLS:
        errors[bill["family"], has_more_than_texts(bill)].append((counted(bill).tokens, bill["billed"]))
    sys.stdout.write(f"\n{'family':46}{'bills':>6}{'counted':>9}{'billed':>8}{'error':>8}\n")
    too_far = []
    for (family, more), of in sorted(errors.items()):
        what = f"{family}{', with tools' if more else ''}"
        tokens, billed = (sum(each) for each in zip(*of, strict=True))
        error = sum(abs(ours - theirs) for ours, theirs in of) / billed
        sys.stdout.write(f"{what:46}{len(of):>6}{tokens:>9}{billed:>8}{error:>8.1%}\n")
        most = MOST_ERROR[family][more]
        if most is None or error > most:
            too_far.append(what)
    assert too_far == []


def test_texts_of_exact_families_are_counted_to_the_token() -> None:
    plain = [
        bill
        for bill in BILLS
        if counted(bill).is_exact
        and not has_more_than_texts(bill)
        and not any(mark in json.dumps(bill["body"]) for mark in ("tool_call", "function_call"))
    ]
    assert len(plain) >= 25
    assert [counted(bill).tokens for bill in plain] == [bill["billed"] for bill in plain]


def test_tools_that_were_not_called_yet_are_counted_within_two_tokens_for_the_models_to_gpt_4o() -> None:
    first = [
        bill
        for bill in BILLS
        if bill["family"].startswith("GPT-4")
        and bill["endpoint"] == "chat"
        and not bill["body"].keys().isdisjoint({"tools", "functions"})
        and "tool_call" not in json.dumps(bill["body"]["messages"])
    ]
    assert len(first) >= 12
    assert max(abs(counted(bill).tokens - bill["billed"]) for bill in first) <= 2
