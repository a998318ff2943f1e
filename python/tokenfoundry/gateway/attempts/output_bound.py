"""How long an answer may become: what the caller said, or, when the caller said nothing, what we say.

A call without a bound has no worst case, so it gets one. With `missing: budget` that is the configured default, and
less when the budgets allow no more: then the answer is cut where the money ends instead of being refused.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.ledger.values import Unit
from tokenfoundry.records import MaxTokensFrom
from tokenfoundry.routing.targets import Target


class OutputBound(msgspec.Struct, frozen=True):
    """Output tokens of one choice, at most; and who said so, unless the caller did: `model` also where its target
    writes less than the caller asked for. `is_ours`: the caller asked for no bound.
    """

    tokens: int
    source: MaxTokensFrom
    is_ours: bool = True


@dataclass(frozen=True, slots=True)
class OutputBounds:
    """What the settings say of calls without a bound (`limits.missing_max_tokens`)."""

    missing: Literal["budget", "model"] | int
    default_tokens: int

    def of(self, call: Call, target: Target) -> OutputBound:
        """The bound before any budget is asked. It is sent to the provider whatever the caller asked for."""
        most = target.max_output_tokens
        if not call.endpoint.produces_output:
            return OutputBound((most or 0) if call.endpoint.unbounded_output else 0, "", is_ours=False)
        asked = call.endpoint.max_output_tokens(call.body)
        if asked is not None:
            if most is None or asked <= most:
                return OutputBound(asked, "", is_ours=False)
            return OutputBound(most, "model", is_ours=False)
        if self.missing == "model" and most is not None:
            return OutputBound(most, "model")
        ours = self.missing if isinstance(self.missing, int) else self.default_tokens
        return OutputBound(ours, "default") if most is None or ours <= most else OutputBound(most, "model")

    def may_shrink(self, bound: OutputBound) -> bool:
        """Whether a budget that allows less makes the answer shorter, instead of refusing the call."""
        return self.missing == "budget" and bound.is_ours


def affordable_tokens(
    left: Mapping[Unit, int], *, most: int, input_tokens: int, choices: int, worst_nano: Callable[[int], int]
) -> int:
    """Output tokens of each choice that fit into `left`, at most `most`; negative when not even the input fits.

    `worst_nano(n)` is the worst-case cost of the call with n output tokens, all choices together; it never falls.
    """
    outputs = most * choices
    if (tokens := left.get("tokens")) is not None:
        outputs = min(outputs, tokens - input_tokens)
    if (money_nano := left.get("money_nano")) is not None:
        outputs = min(outputs, bisect_right(range(most * choices + 1), money_nano, key=worst_nano) - 1)
    return outputs // choices
