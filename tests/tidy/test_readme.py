"""What the README shows is true: its configuration loads, its code runs, its commands and links exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.upstream import Upstream, echo
from tokenfoundry.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_code_runs_with_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (configuration,) = blocks("yaml")
    service, engines = blocks("python")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    monkeypatch.chdir(tmp_path)
    assert Settings.from_yaml(configuration).budgets[0].name == "claims"
    with Upstream(echo) as upstream:
        pointed = configuration.replace("https://api.openai.com/v1", upstream.base_url)
        (tmp_path / "tokenfoundry.yaml").write_text(pointed, encoding="utf-8")
        names: dict[str, object] = {}
        exec(service, names)
        names["factory"].close()  # type: ignore[attr-defined]
    assert capsys.readouterr().out.startswith("Scrivi a mario.rossi@example.it 0.00000")
    exec(engines, names)


def test_every_command_and_link_is_there() -> None:
    for script in set(re.findall(r"\bscripts/[a-z-]+|\.ci/run", TEXT)):
        assert (ROOT / script).is_file(), script
    for link in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (ROOT / link).exists(), link
    for path in re.findall(r"`((?:cpp|python|tests|benchmarks)/[\w./]+)`", TEXT):
        assert (ROOT / path).exists(), path
    names = {path.stem.removeprefix("bench_") for path in (ROOT / "benchmarks" / "python").glob("bench_*.py")}
    assert all(f"`{name}`" in TEXT for name in names)
