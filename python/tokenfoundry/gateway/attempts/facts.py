"""What routing is told of a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.bodies.unreadable import redacted_body
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.routing.facts import Facts
from tokenfoundry.routing.needs import needs_of
from tokenfoundry.routing.targets import Target


def facts_of(call: Call) -> Facts:
    """The facts of a call whose body was redacted."""
    axes, endpoint = call.axes, call.endpoint
    return Facts(
        endpoint=endpoint.kind,
        dialect=endpoint.name,
        body=call.redacted,
        needs=needs_of(endpoint.name, call.redacted),
        findings=call.findings,
        on_prem_only=call.on_prem_only,
        input_tokens=call.input_tokens(call.reachable[0]),
        max_output_tokens=endpoint.max_output_tokens(call.body) or 0,
        choices=endpoint.choices(call.body),
        regions=call.key.regions,
        workspace=axes.workspace,
        project=axes.project,
        consumer=axes.consumer,
        key=axes.key,
        intent=axes.intent,
        env=axes.env,
        session=axes.session,
        request_id=call.request_id,
        at_ms=call.at_ms,
    )


def facts_of_body(
    endpoint: Endpoint, body: dict[str, Any], redaction: RedactionSession, reachable: Sequence[Target], **axes: Any
) -> Facts:
    """The facts of a body that nobody sends, for an explanation; `axes` are the other fields of `Facts`.

    Redacts in `redaction`. Raises `Refused` for a body of another shape, and `BlockedContent`.
    """
    endpoint.check(body)
    body = endpoint.as_text(body, reachable)
    redacted = redacted_body(endpoint, body, redaction)
    if redaction.on_prem:
        redacted = body
    return Facts(
        endpoint=endpoint.kind,
        dialect=endpoint.name,
        body=redacted,
        needs=needs_of(endpoint.name, redacted),
        findings=redaction.counts,
        on_prem_only=redaction.on_prem,
        input_tokens=endpoint.prompt_tokens(redacted, reachable[0]).tokens,
        max_output_tokens=endpoint.max_output_tokens(body) or 0,
        choices=endpoint.choices(body),
        **axes,
    )
