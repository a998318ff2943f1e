"""A call that cannot be redacted is refused, in the words of its endpoint, and nothing of it leaves or is held."""

from __future__ import annotations

import json
import logging
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.factories import factory
from support.serving import served
from support.upstream import Upstream
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway import redaction
from tokenfoundry.privacy import Detector, Pattern
from tokenfoundry.records import CallRecord

TEXT = "Sono mario@example.it, tessera EMP-7"
MESSAGES = [{"role": "user", "content": TEXT}]
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": MESSAGES},
    "/v1/responses": {"input": TEXT},
    "/v1/completions": {"prompt": TEXT},
    "/v1/messages": {"messages": MESSAGES, "max_tokens": 10},
    "/v1/embeddings": {"input": [TEXT]},
}


class Asker:
    def __init__(self, url: str, gateway: TokenFactory, upstream: Upstream) -> None:
        self.url = url
        self.gateway = gateway
        self.upstream = upstream
        self.key = gateway.create_key()

    def ask(self, path: str, conversation: str = "", **fields: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}"}
        if conversation:
            headers["x-tf-conversation"] = conversation
        body = {"model": "fast", **BODIES[path], **fields}
        return httpx.post(f"{self.url}{path}", json=body, headers=headers, trust_env=False)

    def check_refused(self, reply: httpx.Response, path: str, *, counted: int | None = None) -> None:
        assert reply.status_code == 503, reply.text
        body = reply.json()
        if path == "/v1/messages":
            assert (body["type"], body["error"]["type"]) == ("error", "api_error")
        else:
            assert body["error"]["code"] == "redaction_unavailable"
            assert body["error"]["type"] == "service_unavailable"
        assert "not sent" in body["error"]["message"]
        assert self.upstream.received == []
        assert self.gateway.ledger.holds() == []
        if counted is not None:
            records = [CallRecord.from_bytes(entry.detail) for entry in self.gateway.ledger.entries() if entry.detail]
            assert [(record.outcome, record.status) for record in records] == [("blocked", 503)] * counted
            assert [entry.kind for entry in self.gateway.ledger.entries()] == ["refused"] * counted


@contextmanager
def asking(upstream: Upstream, data_dir: Path, **sections: Any) -> Iterator[Asker]:
    with factory(upstream.base_url, data_dir, **sections) as gateway, served(gateway.app()) as url:
        yield Asker(url, gateway, upstream)


@pytest.mark.parametrize("fault", ["native", "opinion"])
def test_a_detector_that_fails_lets_nothing_out(
    fault: str, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(text: str) -> Any:
        if "EMP-7" in text:
            raise RuntimeError(f"broken at {text}")
        return []

    if fault == "native":  # The core asks it within its own search.
        detector = Detector(patterns=[Pattern("BADGE", r"EMP-\d+", validator=broken)])
    else:
        detector = Detector(opinions=[broken])
    monkeypatch.setattr(redaction, "Detector", lambda **_: detector)
    caplog.set_level(logging.DEBUG)
    with asking(upstream, tmp_path / "data") as asker:
        for count, path in enumerate(BODIES, start=1):
            asker.check_refused(asker.ask(path), path, counted=count)
        for path in [path for path in BODIES if path != "/v1/embeddings"]:
            asker.check_refused(asker.ask(path, stream=True), path)
    assert "mario@example.it" not in caplog.text
    assert "EMP-7" not in caplog.text
    assert "could not be redacted: RuntimeError" in caplog.text


def test_a_vault_without_its_key_lets_nothing_out_and_other_calls_pass(upstream: Upstream, tmp_path: Path) -> None:
    with asking(upstream, tmp_path / "data", vault={"key": "env:TF_TEST_NOWHERE"}) as asker:
        for path in BODIES:
            asker.check_refused(asker.ask(path, "chat-a"), path)
        asker.check_refused(
            asker.ask("/v1/chat/completions", "chat-a"), "/v1/chat/completions", counted=len(BODIES) + 1
        )
        assert asker.ask("/v1/chat/completions").status_code == 200


def test_a_key_that_others_may_read_or_that_is_another_one_lets_nothing_out(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = "/v1/chat/completions"
    with asking(upstream, tmp_path / "data") as asker:
        assert asker.ask(path, "chat-a").status_code == 200
    upstream.received.clear()
    key_file = tmp_path / "data" / "vault.key"
    key_file.chmod(0o644)
    with asking(upstream, tmp_path / "data") as asker:
        asker.check_refused(asker.ask(path, "chat-a"), path)
        key_file.chmod(0o600)
        assert asker.ask(path, "chat-a", seed=1).status_code == 200, "mended without a restart"
    upstream.received.clear()
    key_file.write_bytes(b"x" * 32)
    with asking(upstream, tmp_path / "data") as asker:
        asker.check_refused(asker.ask(path, "chat-a"), path)
    assert "chmod 600 it" in caplog.text
    assert "not among those stated" in caplog.text


def test_a_damaged_value_lets_nothing_out(upstream: Upstream, tmp_path: Path) -> None:
    path = "/v1/chat/completions"
    with asking(upstream, tmp_path / "data", cache={"enabled": False}) as asker:
        assert asker.ask(path, "chat-a").status_code == 200
        upstream.received.clear()
        vault = asker.gateway.ledger.vault()
        for id, kind, number, sealed in vault.pieces(None, 10):
            damaged = sealed[:-1] + bytes([sealed[-1] ^ 1])
            assert vault.replace(id, kind, number, sealed, damaged)
        assert asker.ask(path, "chat-a").status_code == 200  # What was read before is as it was.
        upstream.received.clear()
        key = asker.key
    with asking(upstream, tmp_path / "data", cache={"enabled": False}) as asker:
        asker.key = key
        asker.check_refused(asker.ask(path, "chat-a"), path)
        assert asker.ask(path, "chat-b").status_code == 200


def test_values_that_changed_places_let_nothing_out(upstream: Upstream, tmp_path: Path) -> None:
    path = "/v1/chat/completions"
    with asking(upstream, tmp_path / "data", cache={"enabled": False}) as asker:
        for text in ("Sono mario@example.it", "Sono anna@example.it"):
            assert asker.ask(path, "chat-a", messages=[{"role": "user", "content": text}]).status_code == 200
        upstream.received.clear()
        vault = asker.gateway.ledger.vault()
        (one, other) = vault.pieces(None, 10)
        assert vault.replace(*one, other[3])
        key = asker.key
    with asking(upstream, tmp_path / "data", cache={"enabled": False}) as asker:
        asker.key = key
        asker.check_refused(asker.ask(path, "chat-a", messages=[{"role": "user", "content": "mario@example.it"}]), path)


def test_a_vault_that_cannot_be_written_lets_nothing_out(
    upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = "/v1/chat/completions"
    with asking(upstream, tmp_path / "data", cache={"enabled": False}) as asker:
        assert asker.ask(path, "chat-a").status_code == 200
        upstream.received.clear()
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))  # What a full disk does, without filling one.
        try:
            replies = [asker.ask(path, "chat-a", messages=[{"role": "user", "content": "anna@example.it"}])]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)
        replies.append(asker.ask(path, "chat-a", messages=[{"role": "user", "content": "luca@example.it"}]))
        for reply in replies:
            asker.check_refused(reply, path)
    assert "anna@example.it" not in caplog.text
    with asking(upstream, tmp_path / "data", cache={"enabled": False}) as asker:
        reply = asker.ask(path, "chat-a", messages=[{"role": "user", "content": "luca@example.it"}])
        assert reply.status_code == 200, "opened again, it works again"


def test_what_is_refused_is_counted_where_reports_count(upstream: Upstream, tmp_path: Path) -> None:
    seen: list[CallRecord] = []
    with asking(upstream, tmp_path / "data", vault={"key": "env:TF_TEST_NOWHERE"}) as asker:
        asker.gateway.on_record(seen.append)
        asker.ask("/v1/messages", "chat-a")
    assert [(record.outcome, record.status, record.endpoint) for record in seen] == [("blocked", 503, "messages")]
    assert json.loads(seen[0].to_bytes())["error"].startswith("personal data cannot be taken out")
