"""Does the complexity score tell hard prompts from simple ones better than their length does?

Fits the weights of `tokenfoundry.routing.complexity` on the fitted families of `complexity.prompts` (logistic
regression with an L2 penalty, by Newton's method), and prints the area under the ROC curve on the families that were
held out, beside that of the length alone: the probability that a hard prompt scores above a simple one. The penalty is
the one that does best on fitted families that a fit has not seen (cross-validation, whole families at a time), and the
intercept is moved so that 0.5 is the threshold with the best balanced accuracy there. What is held out decides nothing.
Of the package's own weights it also prints the figures on the blind test, whose prompts were written after everything
else was final.

    fit_complexity.py            prints the figures of the weights in the package, and the time of one score
    fit_complexity.py --write    writes the prompts and the weights anew
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, log
from pathlib import Path
from typing import NamedTuple

from complexity.prompts import Prompt, blind, commit, committed, written
from complexity.slots import LANGUAGES
from tokenfoundry.routing import complexity
from tokenfoundry.routing.complexity import FEATURES, Outline
from tokenfoundry.tokens import Tokenizer

_PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
_FOLDS = 8
_STEPS = 30
_ROUNDS = 200  # Of the measurement of time.
_SCORES = Path(complexity.__file__).with_name("scores.py")
_WRITER = "benchmarks/python/fit_complexity.py"
_HEAD = f'"""The weights of the complexity score. Written by `{_WRITER}`; not to be edited."""\n'

Vector = list[float]


def vector_of(prompt: Prompt) -> Vector:
    found, _ = complexity.features_of(prompt.text, Outline(prompt.turns, prompt.tools, prompt.max_tokens))
    return [1.0, *(found.get(name, 0.0) for name in FEATURES)]


def fitted(rows: Sequence[Vector], labels: Sequence[bool], penalty: float) -> Vector:
    """The bias and the weights that make the labels most likely; the penalty spares the bias."""
    size = len(rows[0])
    weights = [0.0] * size
    for _ in range(_STEPS):
        gradient = [0.0] + [-penalty * weight for weight in weights[1:]]
        diagonal = [1e-9] + [penalty] * (size - 1)
        hessian = [[diagonal[row] * (row == column) for column in range(size)] for row in range(size)]
        for row, label in zip(rows, labels, strict=True):
            chance = _squeezed(_dot(weights, row))
            spread = chance * (1 - chance)
            for i, value in enumerate(row):
                if value:
                    gradient[i] += (label - chance) * value
                    line = hessian[i]
                    for j, other in enumerate(row):
                        line[j] += spread * value * other
        step = _solved(hessian, gradient)
        weights = [weight + change for weight, change in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-9:
            break
    return weights


def _solved(matrix: list[Vector], right: Vector) -> Vector:
    """Gaussian elimination; the matrix is symmetric and positive."""
    lines = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    size = len(lines)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(lines[row][column]))
        lines[column], lines[pivot] = lines[pivot], lines[column]
        for row in range(column + 1, size):
            factor = lines[row][column] / lines[column][column]
            if factor:
                lines[row] = [value - factor * above for value, above in zip(lines[row], lines[column], strict=True)]
    solution = [0.0] * size
    for row in reversed(range(size)):
        rest = sum(lines[row][column] * solution[column] for column in range(row + 1, size))
        solution[row] = (lines[row][size] - rest) / lines[row][row]
    return solution


def _dot(left: Vector, right: Vector) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _squeezed(value: float) -> float:
    return 1 / (1 + exp(-value))


def auc(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """The probability that a hard one scores above a simple one; a tie is half."""
    hard = [score for score, label in zip(scores, labels, strict=True) if label]
    simple = [score for score, label in zip(scores, labels, strict=True) if not label]
    wins = sum((a > b) + (a == b) / 2 for a in hard for b in simple)
    return wins / (len(hard) * len(simple))


def best_threshold(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """The middle of the two neighbouring scores between which the balanced accuracy is best."""
    ordered = sorted(zip(scores, labels, strict=True))
    hard, simple = sum(labels), len(labels) - sum(labels)
    best, threshold, below_hard, below_simple = 0.0, 0.5, 0, 0
    for (score, label), (above, _) in pairwise(ordered):
        below_hard, below_simple = below_hard + label, below_simple + (not label)
        balanced = (below_simple / simple + (hard - below_hard) / hard) / 2
        if score < above and balanced > best:
            best, threshold = balanced, (score + above) / 2
    return threshold


class Fit(NamedTuple):
    bias: float
    weights: dict[str, float]
    penalty: float
    unseen_auc: float  # Of the fitted families, each scored by a fit without it.

    def score(self, row: Vector) -> float:
        return _squeezed(_dot([self.bias, *self.weights.values()], row))


def fit(prompts: Sequence[Prompt]) -> Fit:
    """On what is not held out. The bias and weights are rounded as they are written."""
    seen = [prompt for prompt in prompts if not prompt.held_out]
    rows, labels = [vector_of(prompt) for prompt in seen], [prompt.hard for prompt in seen]
    families = list(dict.fromkeys(prompt.family for prompt in seen))
    folds = [families.index(prompt.family) % _FOLDS for prompt in seen]
    unseen = {penalty: _scores_of_unseen(rows, labels, folds, penalty) for penalty in _PENALTIES}
    penalty = max(_PENALTIES, key=lambda each: auc(unseen[each], labels))
    threshold = best_threshold(unseen[penalty], labels)
    bias, *weights = fitted(rows, labels, penalty)
    bias -= log(threshold / (1 - threshold))
    named = {name: round(weight, 3) for name, weight in zip(FEATURES, weights, strict=True)}
    return Fit(round(bias, 3), named, penalty, auc(unseen[penalty], labels))


def _scores_of_unseen(
    rows: Sequence[Vector], labels: Sequence[bool], folds: Sequence[int], penalty: float
) -> list[float]:
    """The score of each row by a fit on the other folds."""
    weights = {}
    for fold in range(_FOLDS):
        others = [index for index, each in enumerate(folds) if each != fold]
        weights[fold] = fitted([rows[index] for index in others], [labels[index] for index in others], penalty)
    return [_squeezed(_dot(weights[fold], row)) for row, fold in zip(rows, folds, strict=True)]


def measured(
    prompts: Sequence[Prompt], score: Callable[[Prompt], float], tokens: Callable[[Prompt], float]
) -> list[str]:
    """Lines with the figures for each language and all together, on what was held out."""
    lines = [f"{'':10}{'prompts':>9}{'AUC score':>11}{'AUC length':>12}{'correct at 0.5':>16}"]
    groups = [(language, [each for each in prompts if each.language == language]) for language in LANGUAGES]
    core = [each for each in prompts if each.family == "core"]
    for name, part in [("all", prompts), *groups, *([("core", core)] if core else [])]:
        labels, scores = [each.hard for each in part], [score(each) for each in part]
        right = statistics.fmean((value >= 0.5) == label for value, label in zip(scores, labels, strict=True))
        by_length = auc([tokens(each) for each in part], labels)
        lines.append(f"{name:10}{len(part):>9}{auc(scores, labels):>11.3f}{by_length:>12.3f}{right:>16.1%}")
    return lines


def time_of_score_us(prompts: Sequence[Prompt]) -> float:
    """The CPU time of a score: the median over prompts of about 1.2 KB, of each the best of many rounds."""
    texts = [prompt.text for prompt in prompts if 1000 <= len(prompt.text.encode()) <= 1400]
    best = dict.fromkeys(texts, float("inf"))
    for _ in range(_ROUNDS):
        for text in texts:
            started = time.thread_time_ns()
            complexity.score(text)
            best[text] = min(best[text], (time.thread_time_ns() - started) / 1000)
    return statistics.median(best.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the prompts and the weights anew")
    write = parser.parse_args().write
    tokenizer = Tokenizer.load("o200k_base")
    if write:
        commit(written())
    prompts = committed()
    found = fit(prompts)
    if write:
        table = "".join(f'    "{name}": {weight},\n' for name, weight in found.weights.items())
        _SCORES.write_text(
            f"{_HEAD}\nBIAS = {found.bias}\nWEIGHTS: dict[str, float] = {{\n{table}}}\n", encoding="utf-8"
        )
    held_out = [prompt for prompt in prompts if prompt.held_out]
    say = sys.stdout.write
    say(f"{len(prompts)} prompts, {len(prompts) - len(held_out)} of them fitted, {len(held_out)} held out\n")
    say(f"penalty {found.penalty}: AUC {found.unseen_auc:.3f} on fitted families that the fit had not seen\n")
    lines = measured(
        held_out,
        lambda prompt: found.score(vector_of(prompt)),
        lambda prompt: float(tokenizer.count(prompt.text)),
    )
    say("\n".join(lines) + "\n")
    if not write:
        say("\nthe blind test, with the weights in the package\n")
        lines = measured(
            blind(),
            lambda prompt: complexity.score(prompt.text, Outline(prompt.turns, prompt.tools, prompt.max_tokens)).value,
            lambda prompt: float(tokenizer.count(prompt.text)),
        )
        say("\n".join(lines) + "\n\n")
        say(f"one score of a prompt of about 1.2 KB: {time_of_score_us(prompts):.1f} us of CPU\n")


if __name__ == "__main__":
    main()
