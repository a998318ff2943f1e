"""`reasoning_effort` as the thinking that each of Anthropic's families can be asked for.

A family that takes a budget gets a share of `max_tokens`, which bounds thinking and answer together, as OpenAI's
`max_completion_tokens` does. Anthropic refuses a budget under 1,024 tokens, or thinking together with a forced tool, or
within a round of tool calls whose thinking was not given back; then the model does not think.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.translate import Body, Untranslatable
from tokenfoundry.translate.claude import Family

_LEAST_BUDGET_TOKENS = 1024
_SHARE_PERCENT = {"minimal": 10, "low": 20, "medium": 50, "high": 80, "xhigh": 95, "max": 95}
_EFFORT = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}


def apply_thinking(made: Body, body: Body, family: Family) -> None:
    """Adds `thinking` and the effort to `made`, whose tools, turns and bound are in place."""
    if isinstance(body.get("thinking"), dict):  # Anthropic's own field, sent through OpenAI's client.
        made["thinking"] = body["thinking"]
        return
    effort = body.get("reasoning_effort")
    if effort is None or family.thinking == "none":
        return
    if effort != "none" and effort not in _EFFORT:
        efforts = ", ".join(["none", *_EFFORT])
        raise Untranslatable(f"reasoning_effort: needs one of {efforts}", param="reasoning_effort")
    if family.thinking == "budget":
        _add_budget(made, effort)
    elif effort == "none":
        if family.thinking == "adaptive":
            made["thinking"] = {"type": "disabled"}
    else:
        level = _EFFORT[effort]
        level = "high" if level == "xhigh" and not family.takes_xhigh else level
        made["output_config"] = {**made.get("output_config", {}), "effort": level}
        if family.thinking == "adaptive" and not _forces_a_tool(made):
            made["thinking"] = {"type": "adaptive"}


def _add_budget(made: Body, effort: str) -> None:
    bound = made.get("max_tokens") or 0
    if effort == "none" or bound <= _LEAST_BUDGET_TOKENS or _forces_a_tool(made) or _answers_a_tool(made["messages"]):
        return
    share = bound * _SHARE_PERCENT[effort] // 100
    budget_tokens = min(max(share, _LEAST_BUDGET_TOKENS), bound - 1)
    made["thinking"] = {"type": "enabled", "budget_tokens": budget_tokens}


def _forces_a_tool(made: Body) -> bool:
    return made.get("tool_choice", {}).get("type") in ("any", "tool")


def _answers_a_tool(turns: list[Body]) -> bool:
    content: Any = turns[-1]["content"]
    return isinstance(content, list) and any(block["type"] == "tool_result" for block in content)
