"""What routing knows of a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenfoundry.routing.needs import NOTHING


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """One call, after its personal data was found and before a target is chosen.

    `body` is in the asked `dialect`, and redacted unless the call may only go on-prem. Token counts are estimates
    (o200k); `max_output_tokens` is the caller's own bound of one answer, 0 when there is none. `regions` are those of
    the key, None when it may use any.
    """

    endpoint: str
    dialect: str = "chat"
    body: dict[str, Any] = {}
    needs: frozenset[str] = NOTHING
    findings: Mapping[str, int] = {}
    on_prem_only: bool = False
    input_tokens: int = 0
    max_output_tokens: int = 0
    choices: int = 1
    regions: tuple[str, ...] | None = None
    workspace: str = ""
    project: str = ""
    consumer: str = ""
    key: str = ""
    intent: str = ""
    env: str = ""
    session: str = ""
    request_id: str = ""
    at_ms: int = 0

    def __repr__(self) -> str:
        """Without the body, which may hold what is not to be written down."""
        return f"Facts({self.endpoint}, needs={sorted(self.needs)}, input_tokens={self.input_tokens})"

    @property
    def sensitive(self) -> bool:
        """Whether the prompt holds personal data."""
        return bool(self.findings)
