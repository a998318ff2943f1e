"""Batches under the policies of some calls, with surrogates, and with a policy of answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.batch_provider import BatchProvider
from support.batching import EMAIL, batching, create, line, results, said, until
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory

IBAN = "IT60X0542811101000000123456"


def test_a_batch_with_surrogates_comes_back_as_it_was_written(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    text = f"Mario Rossi, {EMAIL}, {IBAN}"
    privacy = {"policies": [{"match": {"project": "claims"}, "request": {"default": "surrogate"}}]}
    with TokenFactory.from_config(batching(upstream.base_url, tmp_path / "data", privacy=privacy)) as gateway:
        client = gateway.openai_client(key=gateway.create_key(project="claims"), max_retries=0)
        batch = create(client, [line("a", text), line("b", "Ciao")])
        until(client, batch, "in_progress")
        sent = json.loads(provider.uploads[0].splitlines()[0])["body"]["messages"][0]["content"]
        assert "[" not in sent
        assert not any(value in sent for value in ("Mario", EMAIL, IBAN))
        provider.complete()
        done = until(client, batch, "completed")
        assert said(results(client, done.output_file_id)["a"]) == text


def test_what_a_model_adds_to_a_line_is_replaced_or_refuses_the_line(
    upstream: Upstream, provider: BatchProvider, tmp_path: Path
) -> None:
    privacy: dict[str, Any] = {
        "policy": {"default": "allow"},
        "response": {"EMAIL_ADDRESS": "redact", "IBAN_CODE": "block"},
    }
    with TokenFactory.from_config(batching(upstream.base_url, tmp_path / "data", privacy=privacy)) as gateway:
        client = gateway.openai_client(key=gateway.create_key(project="claims"), max_retries=0)
        batch = create(client, [line("a", f"Scrivi a {EMAIL}"), line("b", f"Conto {IBAN}")])
        until(client, batch, "in_progress")
        provider.complete()
        done = until(client, batch, "completed")
        assert said(results(client, done.output_file_id)["a"]) == "Scrivi a [EMAIL_ADDRESS]"
        told = client.files.content(str(done.error_file_id)).text
        assert "content_policy_violation" in told
        assert IBAN not in told
        assert gateway.ledger.holds() == []
        assert len(list(gateway.ledger.entries())) == 2
