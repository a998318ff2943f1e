"""`redact`, `restore` and `count` of data sets, as somebody types them."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tokenfoundry.cli import app
from tokenfoundry.errors import TokenFoundryError
from tokenfoundry.frames.files import texts

RUN = CliRunner()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text("id;note\n1;scrivi a anna@example.it\n2;IBAN IT60X0542811101000000123456\n")
    notes = ["anna@example.it", None, "mario@example.it"]
    pq.write_table(pa.table({"id": [1, 2, 3], "note": notes}), tmp_path / "in.parquet")
    return tmp_path


def run(*arguments: str, status: int = 0) -> str:
    done = RUN.invoke(app, [*arguments])
    error = f"error: {done.exception}" if isinstance(done.exception, TokenFoundryError) else ""
    assert done.exit_code == status, done.output + error
    return error or done.stdout


def test_a_parquet_file_is_redacted_and_restored(here: Path) -> None:
    run("redact", "in.parquet", "out.parquet", "--columns", "note", "--map", "map.sealed")
    assert pq.read_table("out.parquet")["note"].to_pylist() == ["[EMAIL_ADDRESS_1]", None, "[EMAIL_ADDRESS_2]"]
    run("restore", "out.parquet", "back.parquet", "--map", "map.sealed")
    assert pq.read_table("back.parquet").equals(pq.read_table("in.parquet"))


def test_a_text_goes_through_a_map_and_back(here: Path) -> None:
    (here / "note.txt").write_text("scrivi a anna@example.it, [EMAIL_ADDRESS_9]\n")
    run("redact", "note.txt", "safe.txt", "--map", "map.sealed")
    assert (here / "safe.txt").read_text() == "scrivi a [EMAIL_ADDRESS_1], [LITERAL_1]\n"
    run("restore", "safe.txt", "back.txt", "--map", "map.sealed")
    assert (here / "back.txt").read_text() == (here / "note.txt").read_text()
    assert run("restore", "safe.txt", "--map", "map.sealed") == (here / "note.txt").read_text()


def test_a_text_whose_map_is_cut_short_is_not_restored_in_part(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "note.txt").write_text("scrivi a anna@example.it\n")
    run("redact", "note.txt", "safe.txt", "--map", "map.sealed")
    os.truncate("map.sealed", os.path.getsize("map.sealed") - 1)
    for block_bytes in (2**18, 3):
        monkeypatch.setattr(texts, "_BLOCK_BYTES", block_bytes)
        said = run("restore", "safe.txt", "back.txt", "--map", "map.sealed", status=1)
        assert "[EMAIL_ADDRESS_1] has no value in the map" in said
        assert not (here / "back.txt").exists()


def test_the_policy_of_the_options_and_of_a_file(here: Path) -> None:
    run("redact", "in.csv", "a.csv", "--columns", "note", "--policy", "IBAN_CODE=mask,default=redact", "--threads", "1")
    assert (here / "a.csv").read_text() == ("id;note\n1;scrivi a [EMAIL_ADDRESS]\n2;IBAN ***********************3456\n")
    run("redact", "in.csv", "b.csv", "--columns", "note", "--entities", "EMAIL_ADDRESS", "--languages", "it,en")
    assert "IT60X0542811101000000123456" in (here / "b.csv").read_text()
    (here / "own.yaml").write_text("privacy: {policy: {default: redact, IBAN_CODE: block}}\n")
    said = run("redact", "in.csv", "c.csv", "--columns", "note", "--config", "own.yaml", status=1)
    assert "row 2 of column 'note' holds IBAN_CODE at 5..32, which the privacy policy blocks" in said
    assert not (here / "c.csv").exists()
    run("redact", "in.csv", "c.csv", "--columns", "note", "--config", "own.yaml", "--policy", "IBAN_CODE=allow")
    assert (here / "c.csv").read_text() == "id;note\n1;scrivi a [EMAIL_ADDRESS]\n2;IBAN IT60X0542811101000000123456\n"
    (here / "key").write_text("at least sixteen characters\n")
    (here / "own.yaml").write_text(f"privacy: {{policy: {{default: hash}}, key: 'file:{here}/key'}}\n")
    run("redact", "in.csv", "e.csv", "--columns", "note", "--config", "own.yaml", "--policy", "IBAN_CODE=redact")
    run(
        "redact",
        "in.csv",
        "f.csv",
        "--columns",
        "note",
        "--policy",
        "default=hash,IBAN_CODE=redact",
        "--key",
        f"file:{here}/key",
    )
    assert re.search(r"scrivi a \[EMAIL_ADDRESS:[0-9a-f]{16}\]\n2;IBAN \[IBAN_CODE\]", (here / "e.csv").read_text())
    assert (here / "e.csv").read_text() == (here / "f.csv").read_text()
    assert "hash needs a key" in run("redact", "in.csv", "g.csv", "--columns", "note", "--action", "hash", status=1)
    assert "needs entity=action" in run("redact", "in.csv", "d.csv", "--columns", "note", "--policy", "x", status=1)


def test_a_report_is_written_as_json_and_html_without_a_value(here: Path) -> None:
    for name in ("report.json", "report.html"):
        run("redact", "in.csv", "out.csv", "--columns", "note", "--report", name, "--force")
        assert "anna@example.it" not in (here / name).read_text()
        assert "EMAIL_ADDRESS" in (here / name).read_text()
    made = json.loads((here / "report.json").read_text())
    assert (made["risk"], made["counts"]) == ("high", {"EMAIL_ADDRESS": 1, "IBAN_CODE": 1})
    told = json.loads(run("redact", "in.csv", "out.csv", "--columns", "note", "--json", "--force"))
    assert told == made
    assert "ends in .json or .html" in run("redact", "in.csv", "--columns", "note", "--report=x", status=1)
    assert "a report is of columns" in run("redact", "in.csv", "o", "--report", "report.json", status=1)
    asked = ("redact", "in.csv", "never.csv", "--columns", "note", "--report")
    assert "there is no directory absent" in run(*asked, "absent/report.html", status=1)
    (here / "taken.html").mkdir()
    assert "it is a directory" in run(*asked, "taken.html", status=1)
    assert not (here / "never.csv").exists()
    (here / "in.csv").rename(here / "in.json")
    assert "line" in run("redact", "in.json", "--report"), "the findings of a text, as ever"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in.csv", "in.csv", "--columns", "note", "--force"], "the output is the input"),
        (["in.csv", "out.jsonl", "--columns", "note"], "a file keeps its format"),
        (["in.parquet", "out.parquet"], "name its columns"),
        (["in.parquet", "out.parquet", "--columns", "id"], "is not text, it is int64"),
        (["in.parquet", "--columns", "note"], "Parquet is read from its end"),
        (["in.csv", "out.csv", "-o", "out.csv"], "OUT and --output are the same"),
        (["in.csv", "out.csv", "--columns", "note,note"], "the column 'note' is named twice"),
        (["none.csv", "out.csv", "--columns", "note"], "No such file"),
        (["in.csv", "no/out.csv", "--columns", "note"], "there is no directory no"),
        (["in.csv", "out.csv", "--columns", "note", "--delimiter", "ab"], "not one character"),
        (["in.csv", "out.csv", "--columns", "note", "--format", "xml"], "there is no format 'xml'"),
        (["in.csv", "out.csv", "--columns", "note", "--map", "no/map"], "there is no directory no"),
    ],
)
def test_a_mistake_says_what_to_do_and_leaves_nothing(here: Path, arguments: list[str], message: str) -> None:
    before = {path.name for path in here.iterdir()}
    assert message in run("redact", *arguments, status=1)
    assert {path.name for path in here.iterdir()} == before


def test_what_is_there_is_kept_unless_it_is_forced(here: Path) -> None:
    run("redact", "in.csv", "out.csv", "--columns", "note")
    assert "--force to replace it" in run("redact", "in.csv", "out.csv", "--columns", "note", status=1)
    run("redact", "in.csv", "-o", "out.csv", "--columns", "note")
    run("redact", "in.csv", "out.csv", "--columns", "note", "--force")


def test_standard_input_and_output(here: Path) -> None:
    command = [sys.executable, "-m", "tokenfoundry", "redact", "-", "--columns", "note"]
    done = subprocess.run(command, input=(here / "in.csv").read_bytes(), capture_output=True, check=True)
    assert done.stdout == b"id;note\n1;scrivi a [EMAIL_ADDRESS_1]\n2;IBAN [IBAN_CODE_1]\n"
    done = subprocess.run(
        [*command, "--format", "jsonl"], input=b'{"note":"anna@example.it"}', capture_output=True, check=True
    )
    assert done.stdout == b'{"note":"[EMAIL_ADDRESS_1]"}'


def test_an_interrupted_command_says_how_to_go_on_and_shows_where_it_is(here: Path) -> None:
    """On a terminal: rows, speed and time left; control-C; the same command with --resume."""
    with (here / "big.csv").open("w") as file:
        file.write("note\n" + "".join(f"riga {at} anna{at}@example.it {'x' * 200}\n" for at in range(60_000)))
    command = [sys.executable, "-m", "tokenfoundry", "redact", "big.csv", "out.csv", "--columns", "note", "--entities"]
    command += ["EMAIL_ADDRESS", "--threads", "1"]
    leader, follower = pty.openpty()
    process = subprocess.Popen(command, stderr=follower, env=os.environ | {"TERM": "xterm", "COLUMNS": "160"})
    os.close(follower)
    seen = b""
    while not re.search(rb"[1-9][\d,]* rows", seen):
        seen += os.read(leader, 4096)
    process.send_signal(signal.SIGINT)
    rest: list[bytes] = []
    reader = threading.Thread(target=_read_all, args=(leader, rest))
    reader.start()
    assert process.wait(30) == 130
    reader.join(10)
    os.close(leader)
    shown = (seen + b"".join(rest)).decode()
    assert re.search(r"\d/14\.\d MB", shown)
    assert "with --resume goes on" in shown
    assert not (here / "out.csv").exists()
    run(*command[3:], "--resume")
    made = (here / "out.csv").read_text()
    assert (made.count("[EMAIL_ADDRESS_1]"), "example.it" in made) == (60_000, False)


def _read_all(descriptor: int, into: list[bytes]) -> None:
    try:
        while data := os.read(descriptor, 4096):
            into.append(data)
    except OSError:  # The terminal ends with its last process.
        return


def test_tokens_and_cost_of_a_data_set(here: Path) -> None:
    models = ["--model", "gpt-4o", "--model", "gpt-4", "--model", "claude-sonnet-4-5"]
    told = json.loads(run("count", "in.parquet", "--columns", "note", *models, "--output-tokens", "100", "--json"))
    assert (told["rows"], told["texts"], told["characters"]) == (3, 2, 31)
    assert set(told["tokens"]) == {"o200k_base", "cl100k_base", "o200k_base x 1.15"}
    by_model = {each["model"]: each for each in told["models"]}
    assert by_model["gpt-4o"]["exact"]
    assert by_model["gpt-4o"]["tokens"] == told["tokens"]["o200k_base"]["note"]
    assert float(by_model["gpt-4o"]["output_cost"]) == 300 * 10e-6
    table = run("count", "in.csv", "--columns", "note", *models)
    assert "2 rows, 2 texts" in table
    assert "USD" in table
    (here / "note.txt").write_text("Quanto costa?")
    assert "USD" in run("count", "note.txt", "--model", "gpt-4o")
    assert "mystery" in run("count", "in.csv", "--columns", "note", "--model", "mystery", status=1)
    assert "no column 'x'" in run("count", "in.csv", "--columns", "x", status=1)
