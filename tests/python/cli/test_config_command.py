"""`tokenfoundry config check`: a summary of what is right, every problem of what is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from tokenfoundry.cli import app
from tokenfoundry.settings import Settings


def test_a_right_configuration_is_summed_up(tmp_path: Path) -> None:
    path = tmp_path / "factory.yaml"
    path.write_text(Settings.example(), encoding="utf-8")
    done = CliRunner().invoke(app, ["config", "check", str(path), "--json"])
    assert done.exit_code == 0, done.exception
    summary = json.loads(done.stdout)
    assert summary["providers"] == ["openai", "node"]
    assert {"claims-monthly", "prepaid-tokens", "consumer:default"} <= set(summary["budgets"])
    shown = CliRunner().invoke(app, ["config", "check", str(path)]).stdout
    assert "claims-monthly" in shown
    assert not list(tmp_path.glob("*data*"))


def test_every_problem_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "tokenfoundry.yaml").write_text("servr: {}\nlimits: {session_idle: soon}\n", encoding="utf-8")
    command = [sys.executable, "-m", "tokenfoundry", "config", "check"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "servr: unknown field; did you mean server?" in done.stderr
    assert "limits.session_idle: should be a duration" in done.stderr
    assert "2 problems" in done.stderr


def test_a_model_without_a_price_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "factory.yaml"
    path.write_text(
        "providers: {a: {format: openai, base_url: 'http://127.0.0.1:9/v1'}}\n"
        "targets: {mystery: {provider: a, model: mystery-1}}\n",
        encoding="utf-8",
    )
    done = CliRunner().invoke(app, ["config", "check", str(path)])
    assert done.exit_code == 1
    assert "mystery" in str(done.exception)


def test_what_seals_files_is_looked_for_as_other_keys_are(tmp_path: Path) -> None:
    path, data_dir = tmp_path / "factory.yaml", tmp_path / "data"

    def checked(batches: str, *options: str) -> tuple[int, str]:
        path.write_text(f"data_dir: {data_dir}\nbatches: {batches}\n", encoding="utf-8")
        done = CliRunner().invoke(app, ["config", "check", str(path), *options])
        return done.exit_code, f"{done.output} {done.exception}"

    code, said = checked("{key: 'env:NOBODY_SEALS'}", "--strict")
    assert (code, "batches.key" in said, "NOBODY_SEALS is not set" in said) == (1, True, True)
    assert checked("{key: 'env:NOBODY_SEALS'}")[0] == 0
    assert checked("{key: 'env:NOBODY_SEALS', enabled: false}", "--strict")[0] == 0
    assert checked("{}", "--strict")[0] == 0
    assert not data_dir.exists()
    data_dir.mkdir()
    sealing = data_dir / "sealing.key"
    sealing.write_bytes(bytes(32))
    sealing.chmod(0o644)
    code, said = checked("{}", "--strict")
    assert (code, "sealing.key, which holds a key: chmod 600 it" in said.replace("\n", " ")) == (1, True)
