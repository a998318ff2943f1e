"""Each waste that is planted in the demo is found, with its money, and nothing else of note."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from support.booked import export_of
from tokenfoundry.analytics.advice import Finding, advise, labels_of_file
from tokenfoundry.analytics.advice.rows import open_rows
from tokenfoundry.analytics.demo_data import CONFIGURATION, write_demo_data
from tokenfoundry.analytics.demo_data.traffic import PLANTED
from tokenfoundry.analytics.rows import ExportDirectory, open_views
from tokenfoundry.cli import app
from tokenfoundry.errors import InvalidInput
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage

SETTINGS = Settings.from_yaml(CONFIGURATION)


def by_kind(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.kind: finding for finding in findings}


def spent_nano(demo: ExportDirectory, where: str) -> int:
    with open_views(demo) as connection:
        ((found,),) = connection.execute(f"select sum(money_nano)::BIGINT from calls where {where}").fetchall()
    return int(found)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_planted_is_found_and_nothing_else_of_note(tmp_path: Path, seed: int) -> None:
    demo = write_demo_data(tmp_path / "year", calls=25_000, seed=seed)
    findings = advise(demo, SETTINGS)
    assert {finding.kind: finding.subject.split("-1000")[0] for finding in findings} == PLANTED
    assert len(findings) == len(PLANTED)
    assert [finding.stake_nano for finding in findings] == sorted((each.stake_nano for each in findings), reverse=True)


def test_the_money_at_stake_is_what_the_calls_would_have_cost_less(demo: ExportDirectory) -> None:
    found = by_kind(advise(demo, SETTINGS))
    triage = spent_nano(demo, "intent = 'mail-triage' and outcome = 'answered'")
    # gpt-mini is 6 % of gpt-large, of input and of output.
    assert found["smaller_model"].stake_nano == pytest.approx(triage * 0.94, rel=1e-6)
    assert found["smaller_model"].evidence["smaller_target"] == "gpt-mini"
    digest = spent_nano(demo, "intent = 'nightly-digest' and kind = 'settled'")
    assert found["off_peak"].stake_nano == digest - digest // 2
    index = spent_nano(demo, "intent = 'document-index'")
    assert 0 < found["batch_embeddings"].stake_nano <= index // 2 + 1
    chat = spent_nano(demo, "intent = 'contract-chat'")
    assert 0.3 * chat < found["prompt_caching"].stake_nano < 0.9 * chat
    looped = spent_nano(demo, "session = 'agent-1000000000000'")
    assert 0.95 * looped < found["loop"].stake_nano < looped
    assert found["loop"].evidence["first"] == "2025-05-21 22:00Z"
    assert found["cap_max_tokens"].evidence["max_tokens_allowed"] == 16384
    assert int(found["cache_embeddings"].evidence["different_inputs"]) <= 900


def test_labels_decide_which_model_would_do(demo: ExportDirectory, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(
        "intent,model,score\nmail-triage,gpt-4o,0.95\nmail-triage,gpt-4o-mini,0.5\n"
        "code-assist,gpt-4o,0.90\ncode-assist,gpt-4o-mini,0.88\n"
    )
    findings = advise(demo, SETTINGS, labels=labels_of_file(file))
    assert {finding.subject for finding in findings if finding.kind == "smaller_model"} == {"code-assist"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("intent,model\na,b\n", "line 2: needs the columns intent, model and score"),
        ("intent,model,score\na,b,1.5\n", r"line 2: score 1\.5 is not from 0 to 1"),
        ("intent,model,score\na,b,good\n", "line 2: needs the columns"),
        ("intent,model,score\na,b,1\ncaff\xe8,b,1\n", "line 3: is not UTF-8 text"),
        (f"intent,model,score\n{'a' * 200_000},b,1\n", "line 2: is not CSV: field larger than"),
    ],
)
def test_labels_that_are_wrong_are_refused_with_their_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(InvalidInput, match=said):
        labels_of_file(file)


def test_many_calls_of_a_target_with_tiers_cost_what_one_does_so_many_times(demo: ExportDirectory) -> None:
    """In one sum they would fall into the dearest tier, in which no single call is."""
    stated: dict[str, Any] = yaml.safe_load(CONFIGURATION)
    stated["targets"]["gemini"] = {"provider": "node", "model": "gemini-2.5-pro", "region": "us"}
    stated["fx"] = {"USD": [{"from": "2020-01-01", "rate": "0.90"}]}
    with open_rows(demo, Settings.from_dict(stated), start=None, until=None, labels={}) as rows:
        assert rows is not None
        one, dear = (
            rows.book.cost_nano("gemini", Usage(input_tokens=tokens, output_tokens=50), at=rows.until_ms)[0]
            for tokens in (1000, 500_000)
        )
        assert rows.cost_nano("gemini", 500, input_tokens=500_000, output_tokens=25_000) == 500 * one
        assert rows.cost_nano("gemini", 1, input_tokens=500_000, output_tokens=50) == dear > 500 * one


def test_sound_is_priced_as_sound_and_speech_is_no_work_for_a_smaller_model(tmp_path: Path) -> None:
    stated: dict[str, Any] = yaml.safe_load(CONFIGURATION)
    stated["targets"]["voice"] = {
        "provider": "openai",
        "model": "voice-1",
        "region": "us",
        "price": {"input": "2", "output": "8", "input_audio": "32"},
    }
    heard = {"target": "voice", "input_tokens": 1000, "output_tokens": 4, "input_audio_tokens": 900}
    spoken = {"target": "tts", "characters": 50, "intent": "announce", "cost_nano": 750_000}
    calls = [{**heard, "intent": "hear", "cost_nano": 29_032_000}] * 60 + [spoken] * 60
    rows_of = export_of(tmp_path, calls)
    configured = Settings.from_dict(stated)
    assert {finding.subject for finding in advise(rows_of, configured) if finding.kind == "smaller_model"} == {"hear"}
    with open_rows(rows_of, configured, start=None, until=None, labels={}) as rows:
        assert rows is not None
        assert rows.cost_nano("voice", 60, input_tokens=60_000, output_tokens=240, input_audio_tokens=54_000) == (
            60 * 29_032_000
        )


def test_without_batch_rates_there_is_nothing_to_say_of_batches(demo: ExportDirectory) -> None:
    stated: dict[str, Any] = yaml.safe_load(CONFIGURATION)
    for target in stated["targets"].values():
        target["price"].pop("batch", None)
    assert not {"off_peak", "batch_embeddings"} & set(by_kind(advise(demo, Settings.from_dict(stated))))


def test_the_commands_say_it_in_text_and_json(demo: ExportDirectory, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*arguments, "--exports", str(demo.path)])
        assert result.exit_code == 0, f"{result.output} {result.exception!r}"
        return result.stdout

    assert "EUR at stake" in run("advise")
    assert len(json.loads(run("advise", "--json"))["findings"]) == len(PLANTED)
    other = tmp_path / "other.yaml"
    other.write_text(CONFIGURATION.replace("large: [gpt-large]", "large: [gpt-mini]"))
    bounds = ["--start", "2025-02-01", "--until", "2025-02-08"]
    assert "saved EUR" in run("whatif", str(other), *bounds)
    found = json.loads(run("whatif", str(other), "--by", "target", "--json", *bounds))
    assert float(found["total"]["saved"]) > 0
    for arguments, said in (
        (["whatif", str(other), "--by", "colour"], "--by: 'colour' is not one of"),
        (["whatif", str(other), "--caching", "never"], "--caching: 'never' is not one of"),
        (["whatif", str(tmp_path / "none.yaml")], "there is no file"),
    ):
        result = CliRunner().invoke(app, arguments)
        assert isinstance(result.exception, InvalidInput)
        assert said in str(result.exception)
