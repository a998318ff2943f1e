"""What words before a finding add to its score, for recognizers that name such words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tokenfoundry.compat.presidio.recognizers import EntityRecognizer
from tokenfoundry.compat.presidio.results import RecognizerResult

# Presidio's figures. It counts five words without stop words and punctuation; with them that is about eight.
_BONUS = 0.35
_LEAST_WITH_CONTEXT = 0.4
_WORDS_BEFORE = 8
_CHARACTERS_BEFORE = 160

_WORD = re.compile(r"\w+")


def enhance(
    text: str, results: Iterable[RecognizerResult], recognizer: EntityRecognizer, outside: Sequence[str]
) -> None:
    """Raises the score of each result that one of the recognizer's words speaks for.

    A word speaks when it is part of one before the finding, of the finding itself, or of the `outside` words that
    came with the text, in any case.
    """
    wanted = [(word, word.lower()) for word in recognizer.context]
    if not wanted:
        return
    given = [word.lower() for word in outside]
    for result in results:
        metadata = result.recognition_metadata or {}
        if metadata.get(RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY):
            continue
        heard = [*_words_around(text, result), *given]
        speaking = next((word for word, lowered in wanted if any(lowered in other for other in heard)), None)
        if speaking is None:
            continue
        result.score = min(1.0, max(result.score + _BONUS, _LEAST_WITH_CONTEXT))
        if result.analysis_explanation:
            result.analysis_explanation.set_supportive_context_word(speaking)
            result.analysis_explanation.set_improved_score(result.score)


def _words_around(text: str, result: RecognizerResult) -> list[str]:
    before = text[max(0, result.start - _CHARACTERS_BEFORE) : result.start].lower()
    words = _WORD.findall(before)[-_WORDS_BEFORE:]
    # A context of several words is looked for in what stands between the first and the last of them.
    itself = text[result.start : min(result.end, result.start + _CHARACTERS_BEFORE)].lower()
    return [*words, " ".join(words), *_WORD.findall(itself)[:1]]
