"""`tokenfoundry doctor` says what is wrong and what to do, changes nothing, and costs nothing unless it is asked."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from support.factories import config
from support.token_giver import TokenGiver, service_account
from support.upstream import Exchange, Upstream, answer_with
from tokenfoundry.cli import app
from tokenfoundry.doctor import Finding, configuration, examine, installation
from tokenfoundry.factory import TokenFactory
from tokenfoundry.ledger import Ledger
from tokenfoundry.providers.evidence import Evidence
from tokenfoundry.settings import Settings

_DAY_MS = 86_400_000


class Doctor:
    def __init__(self, directory: Path, base_url: str) -> None:
        self.directory = directory
        self.data_dir = directory / "data"
        self.values = config(base_url, self.data_dir)
        self.values["providers"]["upstream"]["keys"] = ["env:DOCTOR_KEY"]

    def asked(self, *options: str) -> tuple[int, list[Finding]]:
        """The exit code and the findings."""
        path = self.directory / "factory.yaml"
        path.write_text(yaml.safe_dump(self.values), encoding="utf-8")
        done = CliRunner().invoke(app, ["doctor", "--config", str(path), "--json", *options])
        assert isinstance(done.exception, SystemExit | None), done.exception
        told = json.loads(done.stdout)
        findings = [Finding(**each) for each in told["findings"]]
        assert told["ok"] == (done.exit_code == 0) == (not stated(findings, "failed"))
        return done.exit_code, findings


def stated(findings: list[Finding], state: str) -> list[str]:
    return [f"{finding.about}: {finding.said}" for finding in findings if finding.state == state]


@pytest.fixture
def upstream() -> Any:
    async def behave(exchange: Exchange) -> None:
        if exchange.body or exchange.raw:
            await answer_with("O")(exchange)
        else:
            await exchange.send(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")

    with Upstream(behave) as provider:
        yield provider


@pytest.fixture
def doctor(tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    monkeypatch.setenv("DOCTOR_KEY", "sk-doctor-secret")
    return Doctor(tmp_path, upstream.base_url)


def test_what_is_right_is_said_to_be_and_nothing_is_made(doctor: Doctor, upstream: Upstream) -> None:
    code, findings = doctor.asked()
    assert (code, stated(findings, "failed"), stated(findings, "warning")) == (0, [], [])
    said = "\n".join(stated(findings, "ok"))
    for part in (
        "Hyperscan 5",
        "RocksDB ",
        "vocabulary o200k_base: intact",
        "genai-prices",
        "TCP ",
        "fixtures by openai",
    ):
        assert part in said
    assert "sk-doctor-secret" not in said
    assert not doctor.data_dir.exists()
    assert [exchange.raw for exchange in upstream.received] == [b""]


def test_for_people_each_line_begins_with_its_state_and_says_what_to_do(doctor: Doctor) -> None:
    doctor.values["providers"]["upstream"]["keys"] = ["env:NOBODY_SET_THIS"]
    path = doctor.directory / "factory.yaml"
    path.write_text(yaml.safe_dump(doctor.values), encoding="utf-8")
    done = CliRunner().invoke(app, ["doctor", "--offline", "--config", str(path)])
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("failed"))
    assert "NOBODY_SET_THIS is not set" in lines[at]
    assert "set the variable" in lines[at + 1]
    assert any(line.startswith("ok       core: ") for line in lines)


def test_offline_asks_nothing_of_anybody(doctor: Doctor, upstream: Upstream) -> None:
    code, findings = doctor.asked("--offline", "--call")
    assert (code, upstream.received) == (0, [])
    assert stated(findings, "skipped")[-1] == "providers: not asked (--offline)"


def test_a_call_asks_each_target_for_one_token_with_its_key_and_says_that_it_costs(
    doctor: Doctor, upstream: Upstream
) -> None:
    code, findings = doctor.asked("--call")
    calls = [exchange for exchange in upstream.received if exchange.raw]
    assert (code, len(calls)) == (0, 3)
    assert {exchange.body["model"] for exchange in calls} == {"small-1", "large-1", "node-1"}
    assert {exchange.body["max_tokens"] for exchange in calls} == {1}
    assert {exchange.headers["authorization"] for exchange in calls} == {"Bearer sk-doctor-secret"}
    assert sum("it costs 25 tokens, which is not in the books" in said for said in stated(findings, "ok")) == 3


@pytest.mark.parametrize(
    ("status", "state", "advice"), [(401, "failed", "env:DOCTOR_KEY"), (404, "failed", "model:"), (429, "warning", "")]
)
def test_a_call_that_is_refused_says_why(
    doctor: Doctor, upstream: Upstream, status: int, state: str, advice: str
) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.answer({"error": {"message": "no such thing"}} if exchange.raw else b"", status=status)

    upstream.behave = refuse
    code, findings = doctor.asked("--call")
    told = [finding for finding in findings if finding.about == "target small" and f"answered {status}" in finding.said]
    assert [(finding.state, "no such thing" in finding.said) for finding in told] == [(state, True)]
    assert advice in told[0].advice
    assert code == (state == "failed")


@pytest.mark.parametrize(
    "reply",
    [[1], {}, b"<html>Welcome to nginx</html>", b"\xff", {"choices": "none"}, b"[" * 100_000],
    ids=["list", "empty object", "page", "no text", "other shape", "deep"],
)
def test_a_success_that_is_no_reply_is_a_failure(doctor: Doctor, upstream: Upstream, reply: Any) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(reply if exchange.raw else b"")

    upstream.behave = behave
    code, findings = doctor.asked("--call")
    told = [finding.state for finding in findings if "answered 200 in" in finding.said]
    assert (code, told) == (1, ["failed"] * 3)


@pytest.mark.parametrize("key", ["sk-doctor-secret", "ACCESSKEY:secret-half:session-half"])
def test_a_key_that_a_provider_repeats_is_not_shown(
    doctor: Doctor, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async def refuse(exchange: Exchange) -> None:
        said = f"{key[-30:]} is no key: {exchange.headers.get('authorization', '')}"
        await exchange.answer({"error": {"message": said}} if exchange.raw else b"", status=401)

    monkeypatch.setenv("DOCTOR_KEY", key)
    upstream.behave = refuse
    _, findings = doctor.asked("--call")
    assert "is no key: Bearer ***" in repr(findings)
    assert not any(part in repr(findings) for part in ("doctor-secret", "secret-half", "session-half"))


def test_a_provider_that_cannot_be_asked_hides_nothing_of_the_others(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://someone:hunter2@proxy.example:99999")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    providers = doctor.values["providers"]
    providers["other"] = {**providers["upstream"], "base_url": "http://other.example/v1"}
    code, findings = doctor.asked()
    assert (code, stated(findings, "failed")) == (1, ["provider other: its proxy is no address"])
    assert any(said.startswith("provider upstream: 127.0.0.1:") for said in stated(findings, "ok"))
    assert "hunter2" not in repr(findings)


def test_every_problem_of_a_file_is_a_line(doctor: Doctor) -> None:
    doctor.values["servr"] = {}
    doctor.values["limits"] = {"session_idle": "soon"}
    code, findings = doctor.asked("--offline")
    assert code == 1
    failures = stated(findings, "failed")
    assert len(failures) == 2
    assert any("servr: unknown field" in said for said in failures)
    assert stated(findings, "ok")  # The installation was looked at all the same.


def test_targets_without_a_price_are_all_told(doctor: Doctor) -> None:
    for name in ("small", "large"):
        del doctor.values["targets"][name]["price"]
    _, findings = doctor.asked("--offline")
    unpriced = [finding.about for finding in findings if "no price is known" in finding.said and finding.advice]
    assert {"target small", "target large"} <= set(unpriced)


def test_a_provider_that_does_not_listen_is_told_with_how_far_it_came(doctor: Doctor) -> None:
    doctor.values["providers"]["upstream"]["base_url"] = "http://127.0.0.1:9/v1"
    code, findings = doctor.asked()
    assert code == 1
    (said,) = stated(findings, "failed")
    assert said.startswith("provider upstream: 127.0.0.1:9 cannot be reached")
    assert "then TCP" in said


def test_books_in_use_are_told_with_their_holder_and_left_alone(doctor: Doctor) -> None:
    doctor.data_dir.mkdir()
    with Ledger.open(doctor.data_dir / "books"):
        _, findings = doctor.asked("--offline")
        (held,) = [finding for finding in findings if finding.about == "lock"]
        assert (held.state, f"process {os.getpid()}" in held.said) == ("warning", True)
        server = {"pid": os.getpid(), "url": "http://127.0.0.1:8080", "key": "tf_admin_secret"}
        (doctor.data_dir / "server.json").write_text(json.dumps(server), encoding="utf-8")
        code, findings = doctor.asked("--offline")
        (held,) = [finding for finding in findings if finding.about == "lock"]
        assert (code, held.state) == (0, "ok")
        assert "the server at http://127.0.0.1:8080" in held.said
        assert "books: not read while they are in use" in stated(findings, "skipped")
        assert "tf_admin_secret" not in repr(findings)
    before = {path: path.stat().st_mtime_ns for path in doctor.data_dir.rglob("*")}
    _, findings = doctor.asked("--offline")
    assert "books: can be read: 0 entries" in stated(findings, "ok")
    assert {path: path.stat().st_mtime_ns for path in doctor.data_dir.rglob("*")} == before


def test_a_data_directory_that_is_a_file_is_refused(doctor: Doctor) -> None:
    doctor.data_dir.write_text("not here", encoding="utf-8")
    code, findings = doctor.asked("--offline")
    assert (code, stated(findings, "failed")) == (1, [f"data directory: {doctor.data_dir} is no directory"])


class TestBatches:
    @pytest.fixture
    def records(self, doctor: Doctor, upstream: Upstream) -> list[Path]:
        """Two uploads of before, with a key of their own making."""
        line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions"}
        line["body"] = {"model": "small", "messages": [{"role": "user", "content": "Salve"}]}  # type: ignore[assignment]
        with TokenFactory.from_config(doctor.values) as factory:
            client = factory.openai_client(key=factory.create_key(project="claims"), max_retries=0)
            for _ in range(2):
                client.files.create(file=("lines.jsonl", json.dumps(line).encode()), purpose="batch")
        return sorted((doctor.data_dir / "batches").glob("*.record"))

    def told(self, doctor: Doctor) -> tuple[str, str]:
        before = {path: path.read_bytes() for path in doctor.data_dir.rglob("*") if path.is_file()}
        code, findings = doctor.asked("--offline")
        (found,) = [finding for finding in findings if finding.about == "batches"]
        assert code == (found.state == "failed")
        assert {path: path.read_bytes() for path in doctor.data_dir.rglob("*") if path.is_file()} == before
        return found.state, found.said

    def test_records_that_open_are_right(self, doctor: Doctor, records: list[Path]) -> None:
        assert self.told(doctor) == ("ok", "2 records open with their key")

    @pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:-3] + b"xyz"], ids=["empty", "changed"])
    def test_a_damaged_record_is_named(self, doctor: Doctor, records: list[Path], damage: Any) -> None:
        records[0].write_bytes(damage(records[0].read_bytes()))
        assert self.told(doctor) == ("failed", f"1 of 2 records do not open: {records[0].name}")

    def test_a_key_that_is_gone_or_another_one_is_told(
        self, doctor: Doctor, records: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (doctor.data_dir / "sealing.key").unlink()
        assert self.told(doctor) == ("failed", "sealing.key is gone, and 2 records need it")
        monkeypatch.setenv("DOCTOR_SEAL", "another one")
        doctor.values["batches"] = {"key": "env:DOCTOR_SEAL"}
        assert self.told(doctor) == ("failed", "none of 2 records opens")

    def test_a_stated_key_that_is_not_there_is_told_with_its_path(self, doctor: Doctor) -> None:
        doctor.values["batches"] = {"key": "env:NOBODY_SEALS"}
        state, said = self.told(doctor)
        assert (state, "NOBODY_SEALS is not set" in said, "batches.key" in said) == ("failed", True, True)
        assert not doctor.data_dir.exists()

    def test_a_sealing_key_that_others_may_read_is_told(self, doctor: Doctor) -> None:
        doctor.data_dir.mkdir()
        path = doctor.data_dir / "sealing.key"
        path.write_bytes(bytes(32))
        path.chmod(0o644)
        state, said = self.told(doctor)
        assert (state, f"others than its owner may read {path}" in said) == ("failed", True)
        path.chmod(0o600)
        assert self.told(doctor) == ("skipped", "there are none yet")


class TestVault:
    @pytest.fixture
    def kept(self, doctor: Doctor) -> Path:
        """The key of a vault with a conversation."""
        with TokenFactory.from_config(doctor.values) as factory:
            asked = {"model": "small", "messages": [{"role": "user", "content": "Sono mario@example.it"}]}
            client = factory.openai_client(key=factory.create_key(), max_retries=0)
            stated = {"x-tf-conversation": "chat-a"}
            client.chat.completions.create(**asked, extra_headers=stated)  # type: ignore[call-overload]
        return doctor.data_dir / "vault.key"

    def told(self, doctor: Doctor, about: str = "vault") -> tuple[str, str]:
        before = {path: path.read_bytes() for path in doctor.data_dir.rglob("*") if path.is_file()}
        code, findings = doctor.asked("--offline")
        (found,) = [finding for finding in findings if finding.about == about]
        assert code == (found.state == "failed")
        assert {path: path.read_bytes() for path in doctor.data_dir.rglob("*") if path.is_file()} == before
        return found.state, found.said

    def test_a_vault_that_opens_is_right(self, doctor: Doctor, kept: Path) -> None:
        assert self.told(doctor) == ("ok", "opens with its key")

    def test_a_key_of_the_vault_that_is_gone_or_another_one_is_told(
        self, doctor: Doctor, kept: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DOCTOR_VAULT", "another one")
        doctor.values["vault"] = {"key": "env:DOCTOR_VAULT"}
        assert self.told(doctor) == ("ok", "opens with its key")  # Which is still there beside it.
        kept.unlink()
        assert self.told(doctor) == ("failed", "does not open with the keys that are stated")
        del doctor.values["vault"]
        assert self.told(doctor) == ("failed", "vault.key is gone, and what is kept needs it")

    def test_a_stated_key_that_is_not_there_is_told_with_its_path(self, doctor: Doctor) -> None:
        for vault, path in (
            ({"key": "env:NOBODY_SET_IT"}, "vault.key"),
            ({"old_keys": ["env:NOBODY_SET_IT"]}, "vault.old_keys[0]"),
        ):
            doctor.values["vault"] = vault
            state, said = self.told(doctor)
            assert (state, "NOBODY_SET_IT is not set" in said, path in said) == ("failed", True, True)
        del doctor.values["vault"]
        assert self.told(doctor) == ("skipped", "no conversation is kept yet")
        doctor.values["privacy"] = {"key": "env:NOBODY_SET_IT"}
        state, said = self.told(doctor, "pseudonyms")
        assert (state, "NOBODY_SET_IT is not set" in said, "privacy.key" in said) == ("failed", True, True)

    def test_a_key_of_the_vault_that_others_may_read_is_told(self, doctor: Doctor, kept: Path) -> None:
        kept.chmod(0o644)
        state, said = self.told(doctor)
        assert (state, f"others than its owner may read {kept}" in said) == ("failed", True)


def test_a_key_that_everybody_may_read_is_a_warning(doctor: Doctor, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("sk-file\n", encoding="utf-8")
    path.chmod(0o644)
    doctor.values["providers"]["upstream"]["keys"] = [f"file:{path}"]
    code, findings = doctor.asked("--offline")
    assert (code, len(stated(findings, "warning"))) == (0, 1)
    path.chmod(0o600)
    assert stated(doctor.asked("--offline")[1], "warning") == []


def test_tokens_are_fetched_to_see_whether_they_can_be(doctor: Doctor, tmp_path: Path) -> None:
    answers = iter([(400, json.dumps({"error": "invalid_grant"})), (200, '{"access_token": "t", "expires_in": 900}')])
    with TokenGiver(lambda _: (*next(answers), {})) as giver:
        upstream = doctor.values["providers"]["upstream"]
        upstream |= {"format": "openai_compatible", "keys": [f"google:{service_account(tmp_path, giver.url)}"]}
        code, findings = doctor.asked()
        assert (code, len(stated(findings, "failed"))) == (1, 1)
        code, findings = doctor.asked()
        assert (code, len([said for said in stated(findings, "ok") if "a token from google:/" in said])) == (0, 1)


def test_a_format_that_nothing_speaks_for_is_untested(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "evidence_of", lambda name: Evidence("untested", ""))
    _, findings = doctor.asked("--offline")
    assert len([said for said in stated(findings, "warning") if said.endswith("; untested")]) == 3


def test_a_damaged_vocabulary_is_found(doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = installation.table_of("cl100k_base").read_bytes()
    path = tmp_path / "cl100k_base.tfv"
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    monkeypatch.setattr(installation, "table_of", lambda name: path)
    code, findings = doctor.asked("--offline")
    assert code == 1
    assert all("is damaged" in said for said in stated(findings, "failed"))


def test_old_prices_are_a_warning() -> None:
    def found(now_ms: int) -> str:
        findings = examine(lambda: Settings.from_dict({}), offline=True, clock=lambda: now_ms)
        return next(finding.state for finding in findings if finding.about == "prices")

    built_ms = 1_795_219_200_000  # 2026-11-21
    assert (found(built_ms + 80 * _DAY_MS), found(built_ms + 1000 * _DAY_MS)) == ("ok", "warning")
