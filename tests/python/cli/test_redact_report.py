"""`redact --report` says what is found, where and why, and never a value; `--column` lets the header speak."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from tokenfoundry.cli import app

RUN = CliRunner()


def test_a_report_names_place_and_reason_and_no_value(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("riga uno\nscrivi a mario@example.it\n🍋 passaporto YA1234567\n", encoding="utf-8")
    result = RUN.invoke(app, ["redact", str(file), "--report", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["findings"] == [
        {
            "entity": "EMAIL_ADDRESS",
            "line": 2,
            "column": 10,
            "length": 16,
            "score": 1.0,
            "reason": "the grammar of addresses",
        },
        {
            "entity": "IT_PASSPORT",
            "line": 3,
            "column": 14,
            "length": 9,
            "score": 0.86,
            "reason": "form, beside a word that speaks for it",
        },
    ]
    table = RUN.invoke(app, ["redact", str(file), "--report"])
    assert "IT_PASSPORT" in table.output
    assert "YA1234567" not in table.output
    assert "mario" not in table.output


def test_a_report_writes_no_text(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("x", encoding="utf-8")
    result = RUN.invoke(app, ["redact", str(file), "--report", "-o", str(tmp_path / "out")])
    assert result.exit_code != 0
    assert not (tmp_path / "out").exists()


def test_the_name_of_a_column_speaks_for_its_values(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("nome,password,note\nx,Soleil75!,00743110157\n", encoding="utf-8")
    result = RUN.invoke(app, ["redact", str(file), "--column", "password", "--column", "note"])
    assert result.stdout == "nome,password,note\nx,[SECRET_1],00743110157\n"


def test_a_table_is_redacted_to_its_last_row(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("id,nome,password\n" + "".join(f"{i},x,pippo{i}!x\n" for i in range(20_000)), encoding="utf-8")
    result = RUN.invoke(app, ["redact", str(file)])
    assert result.stdout.count("[SECRET_") == 20_000
    assert "pippo" not in result.stdout
