"""The commands as a user types them, in processes of their own."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
import yaml

from support.factories import config
from support.upstream import Upstream, echo

TEXT = (
    "Gentile cliente,\nscriva a mario.rossi@example.it o chiami il +39 333 123 4567.\r\n"
    "IBAN IT60X0542811101000000123456\n"
)
SAFE = "Gentile cliente,\nscriva a [EMAIL_ADDRESS_1] o chiami il [PHONE_NUMBER_1].\r\nIBAN [IBAN_CODE_1]\n"


def run(*arguments: str, cwd: Path, status: int = 0, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "tokenfoundry", *arguments]
    environment = {**os.environ, "COLUMNS": "200", "PYTHONWARNINGS": "error"}
    done = subprocess.run(command, cwd=cwd, capture_output=True, input=stdin, timeout=60, env=environment, check=False)
    assert done.returncode == status, done.stderr.decode()
    return done


@contextmanager
def serving(cwd: Path) -> Iterator[str]:
    """`tokenfoundry serve` in this folder; yields its URL, then stops it as a user would."""
    command = [sys.executable, "-m", "tokenfoundry", "serve", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=cwd, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}
    )
    try:
        assert process.stderr is not None
        found = re.search(r"http://[\d.:]+", process.stderr.readline())
        assert found, process.stderr.read()
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        process.stderr.close()
        process.wait(timeout=20)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[tuple[Path, Upstream]]:
    """A folder with a configuration, and the provider it names."""
    with Upstream(echo) as upstream:
        (tmp_path / "tokenfoundry.yaml").write_text(yaml.safe_dump(config(upstream.base_url, tmp_path / "data")))
        yield tmp_path, upstream


def test_help_names_every_command(tmp_path: Path) -> None:
    said = run("--help", cwd=tmp_path).stdout.decode()
    for command in ("serve", "demo", "redact", "count", "keys", "budgets", "report", "audit", "echo-provider"):
        assert f" {command} " in said
    assert run("--version", cwd=tmp_path).stdout.startswith(b"tokenfoundry ")


def test_the_demo_ends_well_and_shows_every_step(tmp_path: Path) -> None:
    said = run("demo", "--keep", str(tmp_path / "kept"), cwd=tmp_path).stdout.decode()
    sent, returned = said.split("3. What the caller got back")
    for value in ("IT60 X054", "RSSMRA85T10A562S", "4111 1111", "mario.rossi@example.it"):
        assert value not in sent.split("2. What the provider received")[1]
        assert value in returned
    for step in (
        "cache           hit",
        "calls to the provider: 0",
        "429 budget_exceeded",
        "claims-monthly",
        "verified 5 entries",
    ):
        assert step in returned
    verified = json.loads(run("audit", "verify", "--json", "--data-dir", str(tmp_path / "kept"), cwd=tmp_path).stdout)
    assert (verified["size"], verified["problem"]) == (5, "")
    assert b"--keep" in run("demo", "--keep", str(tmp_path / "kept"), cwd=tmp_path, status=1).stderr


def test_redact_a_text_file_keeps_all_else_to_the_byte(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_bytes(TEXT.encode())
    done = run("redact", "note.txt", cwd=tmp_path)
    assert done.stdout == SAFE.encode()
    assert b"EMAIL_ADDRESS" in done.stderr
    assert run("redact", "-", cwd=tmp_path, stdin=TEXT.encode()).stdout == SAFE.encode()
    assert b"[EMAIL_ADDRESS]" in run("redact", "note.txt", "--action", "redact", cwd=tmp_path).stdout
    only = run("redact", "note.txt", "--entity", "IBAN_CODE", cwd=tmp_path).stdout
    assert b"mario.rossi@example.it" in only
    assert b"[IBAN_CODE_1]" in only


def test_redact_columns_of_a_csv_file(tmp_path: Path) -> None:
    rows = [
        ["id", "note"],
        ["1", 'dice "scrivi a mario.rossi@example.it",\nciao'],
        ["2", "niente"],
        ["3", "a@example.it b@example.it"],
    ]
    with (tmp_path / "in.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    done = run("redact", "in.csv", "--column", "note", "-o", "out.csv", "--json", cwd=tmp_path)
    assert json.loads(done.stderr) == {"EMAIL_ADDRESS": 3}
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        made = list(csv.reader(file))
    assert made[1] == ["1", 'dice "scrivi a [EMAIL_ADDRESS_1]",\nciao']
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbfnote\na@example.it\n")
    assert run("redact", "bom.csv", "--column", "note", cwd=tmp_path).stdout == b"\xef\xbb\xbfnote\n[EMAIL_ADDRESS_1]\n"
    assert made[2:] == [["2", "niente"], ["3", "[EMAIL_ADDRESS_1] [EMAIL_ADDRESS_2]"]]


@pytest.mark.parametrize(
    ("arguments", "content", "message"),
    [
        (["missing.txt"], None, "No such file"),
        (["in.csv", "--column", "text"], b"id,note\n1,a\n", "no column 'text'; it has id, note"),
        (["in.csv", "--column", "note"], b"id,note\n1\n", "line 2 has not as many fields"),
        (["in.csv", "--column", "note"], b"id,note\n1,a,b\n", "line 2 has not as many fields"),
        (["in.csv", "--column", "note"], b'id,note\n1,"a"b"\n', "is not CSV"),
        (["in.csv", "--column", "note"], b"", "no column 'note'"),
        (["in.csv", "--column", "note"], b"note,note\na,b\n", "two columns of the file have the same name"),
        (["in.csv"], b"caff\xe8\n", "not UTF-8"),
        (["in.csv", "--action", "eat"], b"a", "eat"),
        (["in.csv", "--entity", "SHOE_SIZE"], b"a", "SHOE_SIZE"),
    ],
)
def test_a_bad_file_is_one_clear_sentence_and_no_output(
    tmp_path: Path, arguments: list[str], content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "in.csv").write_bytes(content)
    done = run("redact", *arguments, "-o", "out.csv", cwd=tmp_path, status=1)
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("out")]


def test_count_by_tokenizer_and_model(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Quanto costa? 🙂\n", encoding="utf-8")
    counted = json.loads(run("count", "a.txt", "-", "--json", cwd=tmp_path, stdin=b"ciao").stdout)
    assert counted["tokenizer"] == "o200k_base"
    assert [row["characters"] for row in counted["files"]] == [16, 4]
    assert (
        json.loads(run("count", "a.txt", "--model", "gpt-4", "--json", cwd=tmp_path).stdout)["tokenizer"]
        == "cl100k_base"
    )
    assert b"mystery" in run("count", "a.txt", "--model", "mystery", cwd=tmp_path, status=1).stderr


def test_keys_and_budgets_without_a_server(project: tuple[Path, Upstream]) -> None:
    folder, _ = project
    made = json.loads(run("keys", "create", "--project", "claims", "--json", cwd=folder).stdout)
    assert made["key"].startswith("tf_")
    assert made["id"].encode() in run("keys", "list", cwd=folder).stdout
    run("keys", "set-state", made["id"], "frozen", cwd=folder)
    assert b"frozen" in run("keys", "list", cwd=folder).stdout
    run("budgets", "set", "claims", "--hard", "12.5", "--match", "project=claims", cwd=folder)
    (budget,) = json.loads(run("budgets", "list", "--json", cwd=folder).stdout)["budgets"]
    assert (budget["name"], budget["hard"], budget["match"]) == ("claims", "12.5", {"project": ["claims"]})
    run("budgets", "list", cwd=folder)
    run("budgets", "remove", "claims", cwd=folder)
    assert b"no budget is called" in run("budgets", "remove", "claims", cwd=folder, status=1).stderr
    assert b"hard" in run("budgets", "set", "claims", "--hard", "lots", cwd=folder, status=1).stderr
    assert (
        b"needs axis=value"
        in run("budgets", "set", "claims", "--hard", "1", "--match", "x", cwd=folder, status=1).stderr
    )


def test_the_same_commands_reach_a_running_server(project: tuple[Path, Upstream]) -> None:
    folder, upstream = project
    with serving(folder) as url:
        server_file = folder / "data" / "server.json"
        assert stat.S_IMODE(server_file.stat().st_mode) == 0o600
        key = run("keys", "create", "--project", "claims", cwd=folder).stdout.decode().strip()
        run("budgets", "set", "two-calls", "--hard", "2", "--unit", "requests", "--match", "project=claims", cwd=folder)
        assert b"'a b'" in run("budgets", "remove", "a b", cwd=folder, status=1).stderr
        client = openai.OpenAI(api_key=key, base_url=f"{url}/v1", max_retries=0)
        ask: Any = [{"role": "user", "content": "scrivi a mario.rossi@example.it"}]
        reply = client.chat.completions.create(model="fast", messages=ask)
        assert reply.choices[0].message.content == ask[0]["content"]
        assert client.chat.completions.create(model="fast", messages=ask).tokenfoundry["cache"] == "hit"  # type: ignore[attr-defined]
        with pytest.raises(openai.RateLimitError) as raised:
            client.chat.completions.create(model="fast", messages=ask, seed=2)
        assert "two-calls" in str(raised.value)
        (row,) = json.loads(run("report", "--json", cwd=folder).stdout)["rows"]
        assert (row["value"], row["calls"], row["hits"], row["refused"]) == ("claims", 3, 1, 1)
        assert b"claims" in run("report", cwd=folder).stdout
        assert b"verified" in run("audit", "verify", cwd=folder).stdout
        refused = run("serve", "--port", "0", cwd=folder, status=1).stderr.decode()
        assert "tokenfoundry serve" in refused
        assert re.search(r"process \d+|pid \d+", refused)
    assert not server_file.exists()
    assert len(upstream.received) == 1


def test_reports_of_nothing_say_so(tmp_path: Path) -> None:
    assert b"nothing was ever served" in run("report", cwd=tmp_path, status=1).stderr
    assert b"names no targets" in run("serve", cwd=tmp_path, status=1).stderr
    assert b"there is no file" in run("serve", "--config", "nowhere.yaml", cwd=tmp_path, status=1).stderr


def test_a_typo_in_the_configuration_is_named_with_its_path(project: tuple[Path, Upstream]) -> None:
    folder, _ = project
    text = (folder / "tokenfoundry.yaml").read_text()
    (folder / "tokenfoundry.yaml").write_text(text.replace("trust: on_prem", "trst: on_prem"))
    said = run("serve", cwd=folder, status=1).stderr.decode()
    assert "targets.node.trst" in said
    assert "trust" in said


def test_a_changed_byte_in_the_books_is_found_by_audit_verify(project: tuple[Path, Upstream]) -> None:
    folder, _ = project
    run("demo", "--keep", str(folder / "kept"), cwd=folder)
    changed = False
    for path in (folder / "kept" / "books").glob("*"):
        if path.suffix in (".log", ".sst"):
            data = path.read_bytes()
            if b'"echo-small"' in data:
                path.write_bytes(data.replace(b'"echo-small"', b'"echo-smaLL"'))
                changed = True
    assert changed
    done = run("audit", "verify", "--data-dir", str(folder / "kept"), cwd=folder, status=1)
    assert b"verified" not in done.stdout


def test_the_echo_provider_is_honest_and_stops(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tokenfoundry", "echo-provider", "--record", str(tmp_path / "seen.jsonl")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        base_url = json.loads(process.stdout.readline())["base_url"]
        with openai.OpenAI(api_key="none", base_url=base_url, max_retries=0) as client:
            ask: Any = [{"role": "user", "content": "uno due tre"}]
            reply = client.chat.completions.create(model="any", messages=ask)
            assert (reply.model, reply.choices[0].message.content) == ("echo", "Echo: uno due tre")
            short = client.chat.completions.create(model="any", messages=ask, max_tokens=2)
            assert (short.choices[0].finish_reason, short.usage.completion_tokens) == ("length", 2)  # type: ignore[union-attr]
            one, two = client.embeddings.create(model="any", input=["a", "b"]).data
            assert len(one.embedding) == 16
            assert one.embedding != two.embedding
            stream = client.chat.completions.create(model="any", messages=ask, stream=True)
            assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "Echo: uno due tre"
        seen = [json.loads(line) for line in (tmp_path / "seen.jsonl").read_text().splitlines()]
        assert len(seen) == 4
    finally:
        process.terminate()
        deadline = time.monotonic() + 10
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if process.stdout is not None:
            process.stdout.close()
    assert process.returncode is not None
