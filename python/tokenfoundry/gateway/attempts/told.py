"""What the caller is told of a call beside its answer: the `x-tf-*` headers."""

from __future__ import annotations

import copy

from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.booking import summary_of
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.endpoints import Body
from tokenfoundry.gateway.headers import (
    AGE,
    CACHE,
    COST,
    CURRENCY,
    FINDINGS,
    MAX_TOKENS_FROM,
    REGION,
    REQUEST_ID,
    ROUTE,
    SAVED,
    TARGET,
)
from tokenfoundry.gateway.replies import Answer, Headers
from tokenfoundry.money import decimal_text
from tokenfoundry.records import CallRecord


def written(call: Call, record: CallRecord, reply: Body) -> Answer:
    """The answer to the client, of a reply that is restored."""
    if call.as_object:
        # A shared reply is not to be changed by who gets it.
        told = {**copy.deepcopy(reply), "tokenfoundry": summary_of(call, record)}
        return Answer(200, b"", headers_of(call, record), reply=told)
    content_type, body = call.endpoint.written(reply, summary_of(call, record))
    return Answer(200, body, headers_of(call, record), content_type)


def headers_of(call: Call, record: CallRecord) -> Headers:
    """The headers of an answer whose cost is known."""
    return {
        REQUEST_ID: record.request_id,
        COST: decimal_text(record.cost_nano),
        SAVED: decimal_text(record.saved_nano),
        CURRENCY: record.currency,
        **_routing_headers(call, record.route, record.target, record.region, record.max_tokens_from),
    }


def stream_headers(call: Call, attempt: Attempt) -> Headers:
    """The headers that can be sent before a stream: its cost comes at its end."""
    target = attempt.target
    return {
        REQUEST_ID: call.request_id,
        **_routing_headers(call, attempt.route, target.name, target.region, attempt.output_bound.source),
    }


def joined_headers(call: Call, *, target: str, region: str) -> Headers:
    """The headers before a stream that is another call's too."""
    return {REQUEST_ID: call.request_id, **_routing_headers(call, "joined", target, region, "")}


def _routing_headers(call: Call, route: str, target: str, region: str, max_tokens_from: str) -> Headers:
    headers = {
        CACHE: call.cache_status,
        ROUTE: route,
        TARGET: target,
        REGION: region,
        FINDINGS: str(sum(call.findings.values())),
    }
    if call.age_ms is not None:
        headers[AGE] = str(call.age_ms // 1000)
    if max_tokens_from:
        headers[MAX_TOKENS_FROM] = max_tokens_from
    return headers
