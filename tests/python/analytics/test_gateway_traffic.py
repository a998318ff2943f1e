"""Real calls of a gateway, exported and reported: what its records say is in the rows."""

from __future__ import annotations

from pathlib import Path

from support.clocked import clocked_gateway
from support.upstream import Upstream, answer_with
from tokenfoundry.analytics.rows import export_ledger, open_views
from tokenfoundry.analytics.saved import built_in_reports, run_report
from tokenfoundry.analytics.whatif import replay


def test_calls_are_exported_reported_and_replayed_to_what_they_cost(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave = answer_with("ok", prompt_tokens=30, completion_tokens=10)
    with clocked_gateway(upstream.base_url, tmp_path / "data") as gateway:
        cached = {"headers": {"cache-control": "max-age=86400"}}
        for fields in ({}, cached, cached, {"stream": True}, {"max_tokens": 1000}, {"model": "large"}):
            gateway.ask(**fields)
            gateway.clock.now_ms += 60_000
        records, settings = gateway.records, gateway.factory.settings
        directory = export_ledger(gateway.factory.ledger, tmp_path / "out", currency=settings.currency)
    names = ("request_id", "outcome", "status", "endpoint", "stream", "target", "provider", "max_tokens", "prompt_hmac")
    with open_views(directory) as connection:
        rows = connection.execute(f"select {', '.join(names)}, money_nano from calls order by seq").fetchall()
    empty = {"": None}
    assert rows == [
        (*(empty.get(value := getattr(record, name), value) for name in names), record.cost_nano)  # type: ignore[call-overload]
        for record in records
    ]
    assert [row[7] for row in rows] == [50, 50, 0, 50, 1000, 50]
    found = run_report(built_in_reports()["models"], directory)
    assert sum(found.column("spent_nano")) == sum(record.cost_nano for record in records) > 0
    again = replay(directory, settings)
    assert again.total.spent_after_nano == again.total.spent_before_nano
    assert again.total.hits_after == 1
