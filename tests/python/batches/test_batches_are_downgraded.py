"""A batch that is too dear for a budget that says `downgrade` is made for a cheaper target, whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai
import pytest

from support.batch_provider import BatchProvider
from support.batching import batching, create, line, results, said, until
from support.upstream import Upstream, answer_with
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord

LINES = [line(str(number), f"Ciao {number}", model="either") for number in range(10)]


def priced(upstream: Upstream, data_dir: Path, *, cap: str, at_cap: str = "downgrade") -> dict[str, Any]:
    """`dear` before `cheap`, at a tenth of its price; 20 tokens of output cost 0.002 or 0.0002."""
    budget = {"name": "cap", "unit": "money", "window": {"kind": "lifetime"}, "hard": cap, "at_cap": at_cap}
    made = batching(upstream.base_url, data_dir, budgets=[budget])
    for name, price in (("dear", "100"), ("cheap", "10")):
        made["targets"][name] = {
            **made["targets"]["plain"],
            "model": f"{name}-1",
            "price": {"input": "0", "output": price},
        }
    made["aliases"]["either"] = ["dear", "cheap"]
    return made


def asked(upstream: Upstream) -> list[str]:
    return [exchange.body["model"] for exchange in upstream.received if "model" in exchange.body]


def test_it_goes_whole_to_the_cheaper_target_and_its_rows_say_so(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    provider.other = answer_with("ok")
    with TokenFactory.from_config(priced(upstream, tmp_path / "data", cap="0.01")) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        done = until(client, create(client, LINES), "completed")
        assert {said(each) for each in results(client, done.output_file_id).values()} == {"ok"}
        assert asked(upstream) == ["cheap-1"] * 10
        records = [CallRecord.from_bytes(entry.detail) for entry in gateway.ledger.entries() if entry.kind == "settled"]
        assert {record.route for record in records} == {"downgraded from dear by budget cap"}
        assert all("downgraded" in record.flags for record in records)
        assert gateway.ledger.holds() == []


def test_it_goes_to_the_first_target_when_there_is_room(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    provider.other = answer_with("ok")
    with TokenFactory.from_config(priced(upstream, tmp_path / "data", cap="0.02")) as gateway:
        client = gateway.openai_client(key=gateway.create_key())
        until(client, create(client, LINES), "completed")
        assert asked(upstream) == ["dear-1"] * 10


@pytest.mark.parametrize(("cap", "at_cap"), [("0.001", "downgrade"), ("0.01", "reject")])
def test_it_is_refused_whole_when_no_target_is_cheap_enough_or_the_budget_does_not_say_downgrade(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path, cap: str, at_cap: str
) -> None:
    with TokenFactory.from_config(priced(upstream, tmp_path / "data", cap=cap, at_cap=at_cap)) as gateway:
        client = gateway.openai_client(key=gateway.create_key(), max_retries=0)
        with pytest.raises(openai.RateLimitError, match="budget 'cap'"):
            create(client, LINES)
        assert asked(upstream) == []
        assert gateway.ledger.holds() == []
        assert client.batches.list().data == []
