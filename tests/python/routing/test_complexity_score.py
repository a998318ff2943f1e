"""The complexity score: bounded, the same each time, and better than length at telling hard from simple."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complexity.prompts import blind, committed, written
from fit_complexity import auc, fit
from tokenfoundry.routing.complexity import FEATURES, Outline, language_of, score
from tokenfoundry.routing.scores import BIAS, WEIGHTS

LANGUAGES = ("it", "en", "fr", "de", "es")


def test_there_are_enough_prompts_and_no_family_is_on_both_sides() -> None:
    prompts = committed()
    assert len(prompts) >= 1000
    assert {prompt.language for prompt in prompts} == set(LANGUAGES)
    fitted = {prompt.family for prompt in prompts if not prompt.held_out}
    held_out = {prompt.family for prompt in prompts if prompt.held_out}
    assert fitted.isdisjoint(held_out)
    assert not {prompt.text for prompt in prompts if prompt.held_out} & {
        prompt.text for prompt in prompts if not prompt.held_out
    }


def test_the_blind_test_is_of_other_tasks_in_all_languages() -> None:
    prompts, others = blind(), committed()
    assert len({prompt.text for prompt in prompts}) == len(prompts) >= 300
    assert {prompt.family for prompt in prompts}.isdisjoint(prompt.family for prompt in others)
    assert {prompt.text for prompt in prompts}.isdisjoint(prompt.text for prompt in others)
    for language in LANGUAGES:
        labels = [prompt.hard for prompt in prompts if prompt.language == language]
        assert len(labels) == 2 * sum(labels) == len(prompts) / len(LANGUAGES)


def test_on_the_blind_test_the_threshold_is_right_more_often_than_chance() -> None:
    """What it says beyond is in the README: no more may be promised."""
    right = [(score(prompt.text).value >= 0.5) == prompt.hard for prompt in blind()]
    assert sum(right) / len(right) > 0.65


def test_the_prompts_are_those_that_their_tables_make() -> None:
    assert committed() == written()


def test_the_weights_are_those_of_the_fit() -> None:
    found = fit(committed())
    assert pytest.approx(found.bias, abs=0.002) == BIAS
    assert found.weights == pytest.approx(WEIGHTS, abs=0.002)
    assert list(WEIGHTS) == list(FEATURES)


@pytest.mark.parametrize("language", [*LANGUAGES, "all"])
def test_on_prompts_it_was_not_fitted_on_the_score_beats_length(language: str) -> None:
    prompts = [each for each in committed() if each.held_out and language in (each.language, "all")]
    labels = [prompt.hard for prompt in prompts]
    scores = [score(each.text, Outline(each.turns, each.tools, each.max_tokens)).value for each in prompts]
    by_length = auc([float(len(prompt.text)) for prompt in prompts], labels)
    assert auc(scores, labels) > max(0.78, by_length + 0.2)


PAIRS = [
    ("Traduci in inglese: domani piove.", "Dimostra che esistono infiniti numeri primi e spiega ogni passaggio."),
    ("Fix the spelling: teh cat", "Design a queue that survives a crash, and justify the trade-offs."),
    ("Merci beaucoup !", "Compare ces deux contrats et explique pourquoi la clause 4 contredit l'annexe."),
    ("Nenne drei Synonyme für „klein“.", "Entwirf ein System ohne Ausfall und begründe die Alternativen."),
    ("¿Cuál es la capital de Chile?", "Analiza los riesgos de este plan y justifica qué harías primero y por qué."),
]


@pytest.mark.parametrize(("simple", "hard"), PAIRS)
def test_a_task_is_harder_than_a_question(simple: str, hard: str) -> None:
    assert score(simple).value < 0.5 < score(hard).value


def test_a_long_document_does_not_make_a_simple_question_hard() -> None:
    document = "The meeting began at nine. Everybody was there, and the minutes were read. " * 40
    assert score(f"Translate into Italian:\n\n{document}").value < 0.5


@given(text=st.text(alphabet="aà1?{=\n -.;proveè€\ud800", max_size=200), tools=st.integers(0, 50))
def test_the_score_is_from_0_to_1_and_the_same_each_time(text: str, tools: int) -> None:
    outline = Outline(3, tools, 10**8)
    found = score(text, outline)
    assert 0 <= found.value <= 1
    assert found == score(text, outline)
    assert all(0 < value <= 1 for value in found.features.values())


def test_the_contributions_add_up_to_the_score() -> None:
    from math import exp

    found = score("Prove that 7 is prime, explain each step; what if it were not?")
    assert found.value == pytest.approx(1 / (1 + exp(-BIAS - sum(found.contributions.values()))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_of_a_prompt_of_some_length_is_known(language: str) -> None:
    texts = [each.text for each in committed() if each.language == language and len(each.text) > 120]
    right = sum(language_of(text) == language for text in texts)
    assert right / len(texts) > 0.97


def test_its_time_is_bounded_for_any_prompt() -> None:
    def best_of(text: str) -> float:
        times = []
        for _ in range(7):
            started = time.thread_time()
            score(text)
            times.append(time.thread_time() - started)
        return min(times)

    # Only the length of a megabyte is read; a hundredth of a second is far above either.
    assert best_of("prove why; {x} = 1\n" * 60_000) < 0.01
