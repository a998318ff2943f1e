"""`tokenfoundry estimate`: a prompt or a body at several models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tokenfoundry.cli import app
from tokenfoundry.errors import InvalidInput


def run(*words: str, given: str | None = None) -> str:
    done = CliRunner().invoke(app, ["estimate", *words], input=given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def told(*words: str, given: str | None = None) -> list[dict[str, Any]]:
    decoded: list[dict[str, Any]] = json.loads(run(*words, "--json", given=given))
    return decoded


def test_a_prompt_is_estimated_at_each_model_side_by_side() -> None:
    models = ["-m", "gpt-4o", "-m", "claude-sonnet-4-5", "-m", "acme-1"]
    ours, claude, unknown = told("-p", "Quanto costa?", *models, "--max-tokens", "100")
    assert (ours["is_exact"], ours["tokens"], ours["most"]) == (True, 10, 10)
    assert float(ours["least_cost"]) == pytest.approx(10 * 2.5e-6)
    assert float(ours["most_cost"]) == pytest.approx(10 * 2.5e-6 + 100 * 10e-6)
    assert (claude["is_exact"], claude["method"], claude["max_output_tokens"]) == (False, "factor", 100)
    assert claude["tokens"] < claude["most"]
    assert (unknown["method"], unknown["least_cost"], unknown["most_cost"]) == ("stand-in", None, None)
    table = run("-p", "Quanto costa?", *models, "--max-tokens", "100")
    assert all(word in table for word in ("o200k_base x 1.15, an estimate", "a stand-in", "not known", "USD"))


def test_without_a_bound_the_answer_is_what_the_context_leaves() -> None:
    (one,) = told("-p", "Quanto costa?", "-m", "gpt-4o")
    assert one["max_output_tokens_from"] == "context"
    assert one["max_output_tokens"] + one["tokens"] == 128_000


def test_a_prompt_that_does_not_fit_says_so(tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("uno due tre " * 60_000)
    (one,) = told(str(file), "-m", "gpt-4o")
    assert (one["fits_context"], one["context_tokens"], one["max_output_tokens"]) == (False, 128_000, 0)
    assert "does not fit 128,000" in run(str(file), "-m", "gpt-4o")


def test_an_amount_that_is_too_small_to_show_is_not_shown_as_nothing() -> None:
    table = run("-", "-m", "text-embedding-3-small", given='{"input": "ciao"}')
    assert "< 0.000001 USD" in table


def test_a_body_says_its_model_its_bound_and_its_choices(tmp_path: Path) -> None:
    file = tmp_path / "call.json"
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Ciao"}], "max_tokens": 50, "n": 2}
    file.write_text(json.dumps(body))
    (one,) = told(str(file))
    assert (one["model"], one["max_output_tokens"], one["max_output_tokens_from"]) == ("gpt-4o", 100, "max_tokens")
    (same,) = told("-", given=json.dumps(body))
    assert same == one


@pytest.mark.parametrize("content", ["[1]", '"ciao"', "5"])
def test_a_json_file_that_holds_no_object_is_refused_as_such(tmp_path: Path, content: str) -> None:
    file = tmp_path / "list.json"
    file.write_text(content)
    for words in ([], ["-m", "gpt-4o"]):
        with pytest.raises(InvalidInput, match=r"list\.json is no object, as the body of a call is"):
            run(str(file), *words)


def test_a_text_is_a_prompt_even_when_it_begins_like_json() -> None:
    (one,) = told("-", "-m", "gpt-4o", "--system", "Breve.", given="{nome} deve pagare?")
    assert one["tokens"] > 10


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ([], "give a prompt"),
        (["-p", "Ciao"], "name a model"),
        (["-p", "Ciao", "missing.txt"], "give a prompt"),
        (["missing.txt", "-m", "gpt-4o"], "missing.txt"),
        (["-p", "Ciao", "-m", "gpt-4o", "--endpoint", "speech"], "endpoint: should be one of"),
    ],
)
def test_what_cannot_be_estimated_says_why(words: list[str], what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        run(*words)


def test_a_broken_body_says_so(tmp_path: Path) -> None:
    file = tmp_path / "call.json"
    file.write_text('{"messages": [')
    with pytest.raises(InvalidInput, match="is not JSON"):
        run(str(file), "-m", "gpt-4o")
    file.write_text('{"messages": [{"role": "user", "content": 7}], "max_tokens": 0}')
    with pytest.raises(InvalidInput, match="max_tokens: needs an integer"):
        run(str(file), "-m", "gpt-4o")
    with pytest.raises(InvalidInput, match=r"messages\[0\].content"):
        run(str(file), "-m", "gpt-4o", "--max-tokens", "5")
