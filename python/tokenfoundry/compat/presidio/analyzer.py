"""`AnalyzerEngine`: what personal data a text holds, with Presidio's parameters and results."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from tokenfoundry.compat.presidio.context import enhance
from tokenfoundry.compat.presidio.matcher import DEFAULT_FLAGS, Rule, matcher
from tokenfoundry.compat.presidio.predefined import CatalogueRecognizer, detector
from tokenfoundry.compat.presidio.recognizers import EntityRecognizer, metadata_of
from tokenfoundry.compat.presidio.registry import RecognizerRegistry
from tokenfoundry.compat.presidio.results import DictAnalyzerResult, RecognizerResult
from tokenfoundry.errors import InvalidInput
from tokenfoundry.privacy import Finding

_decisions = logging.getLogger(f"{__name__}.decisions")

Matching = Literal["exact", "regex"]


class AnalyzerEngine:
    """Finds personal data by the recognizers of `registry`; without one, by all predefined ones.

    `supported_languages` are those that recognizers of yours are made for; the predefined ones know all of theirs
    always. `default_score_threshold` holds where neither a call nor a recognizer says otherwise; None leaves out what
    the detector itself does. With `strict`, asking for an entity that is not looked for raises; without, it is
    warned about and not found. `log_decision_process` logs what was found, without values.

    `nlp_engine`, `app_tracer` and `context_aware_enhancer` are taken and not used.

    Thread-safe as long as its registry is left alone.

    >>> AnalyzerEngine().analyze("Scrivi a mario@example.it", language="it", entities=["EMAIL_ADDRESS"])
    [type: EMAIL_ADDRESS, start: 9, end: 25, score: 1.0]
    """

    def __init__(
        self,
        registry: RecognizerRegistry | None = None,
        nlp_engine: object = None,
        app_tracer: object = None,
        log_decision_process: bool = False,
        default_score_threshold: float | None = None,
        supported_languages: Sequence[str] | None = None,
        context_aware_enhancer: object = None,
        *,
        strict: bool = False,
    ) -> None:
        self.supported_languages = list(supported_languages or ["en"])
        if registry is None:
            registry = RecognizerRegistry(supported_languages=self.supported_languages)
        elif set(registry.supported_languages) != set(self.supported_languages):
            raise InvalidInput(
                f"Misconfigured engine: the registry supports {registry.supported_languages}, "
                f"the analyzer {self.supported_languages}"
            )
        if not registry.recognizers:
            registry.load_predefined_recognizers(languages=self.supported_languages)
        self.registry = registry
        self.log_decision_process = log_decision_process
        self.default_score_threshold = default_score_threshold
        self.strict = strict

    def get_recognizers(self, language: str | None = None) -> list[EntityRecognizer]:
        """The recognizers for texts in `language`, or in any supported one."""
        languages = [language] if language else self.supported_languages
        found = [r for one in languages for r in self.registry.get_recognizers(one, all_fields=True)]
        return list(dict.fromkeys(found))

    def get_supported_entities(self, language: str | None = None) -> list[str]:
        """The names of what can be found, sorted."""
        return sorted({entity for r in self.get_recognizers(language) for entity in r.get_supported_entities()})

    def analyze(
        self,
        text: str,
        language: str,
        entities: Sequence[str] | None = None,
        correlation_id: str | None = None,
        score_threshold: float | None = None,
        return_decision_process: bool = False,
        ad_hoc_recognizers: Sequence[EntityRecognizer] | None = None,
        context: Sequence[str] | None = None,
        allow_list: Sequence[str] | None = None,
        allow_list_match: Matching = "exact",
        regex_flags: int = DEFAULT_FLAGS,
        nlp_artifacts: object = None,
    ) -> list[RecognizerResult]:
        """The findings in `text`, the surest first, positions in code points.

        Those of the predefined recognizers do not overlap each other; those of your own may overlap anything.

        `entities` are what to look for (all when empty). `ad_hoc_recognizers` join in for this call. `context` are
        words that belong to the text without being in it, such as the name of a column. A finding is left out whose
        value is in `allow_list`, or with `allow_list_match="regex"` that one of its expressions matches somewhere.
        With `return_decision_process` each finding has an `analysis_explanation`.

        Raises `InvalidInput` (a `ValueError`) for a text with a lone surrogate, when no recognizer serves the call,
        and with `strict` for an entity that is not looked for.
        """
        recognizers = self.registry.get_recognizers(language, entities or None, not entities, ad_hoc_recognizers)
        if self.strict and entities:
            self._check_all_found(entities, recognizers)
        wanted = list(entities or {entity: None for r in recognizers for entity in r.get_supported_entities()})
        words = list(context or ())
        results = self._from_catalogue(text, recognizers, wanted, score_threshold, words)
        for recognizer in recognizers:
            if isinstance(recognizer, CatalogueRecognizer):
                continue
            found = _analyzed(recognizer, text, wanted)
            enhance(text, found, recognizer, words)
            results += [r for r in found if r.score >= self._threshold(r, recognizer, score_threshold)]
        results = EntityRecognizer.remove_duplicates(results)
        results = _not_allowed(text, results, list(allow_list or ()), allow_list_match, regex_flags)
        if self.log_decision_process:
            _decisions.info("%s: %s", correlation_id, results)
        if not return_decision_process:
            for result in results:
                result.analysis_explanation = None
        return results

    def _from_catalogue(
        self,
        text: str,
        recognizers: list[EntityRecognizer],
        wanted: list[str],
        score_threshold: float | None,
        context: list[str],
    ) -> list[RecognizerResult]:
        """One pass for all predefined recognizers."""
        owners = {
            entity: recognizer
            for recognizer in recognizers
            if isinstance(recognizer, CatalogueRecognizer)
            for entity in recognizer.supported_entities
        }
        asked = [entity for entity in wanted if entity in owners]
        if not asked:
            return []
        everything = {
            entity
            for recognizer in self.registry.recognizers
            if isinstance(recognizer, CatalogueRecognizer)
            for entity in recognizer.supported_entities
        }
        found = _detected(text, tuple(sorted(everything | set(asked))), asked, self._lowest(score_threshold), context)
        results = []
        for finding in found:
            result = owners[finding.entity].result(finding)
            if result.score >= self._threshold(result, owners[finding.entity], score_threshold):
                results.append(result)
        return results

    def _lowest(self, score_threshold: float | None) -> float | None:
        return self.default_score_threshold if score_threshold is None else score_threshold

    def _threshold(
        self, result: RecognizerResult, recognizer: EntityRecognizer, score_threshold: float | None
    ) -> float:
        if score_threshold is not None:
            return score_threshold
        thresholds = recognizer.score_thresholds
        return thresholds.get(result.entity_type, thresholds.get("default", self.default_score_threshold or 0.0))

    def _check_all_found(self, entities: Sequence[str], recognizers: list[EntityRecognizer]) -> None:
        found = {entity for recognizer in recognizers for entity in recognizer.get_supported_entities()}
        if missing := sorted(set(entities) - found):
            raise InvalidInput(f"not looked for: {', '.join(missing)}; looked for: {', '.join(sorted(found))}")


class BatchAnalyzerEngine:
    """`AnalyzerEngine` over lists and dictionaries.

    >>> found = BatchAnalyzerEngine().analyze_iterator(["nothing", "mario@example.it"], language="it")
    >>> [len(results) for results in found]
    [0, 1]
    """

    def __init__(self, analyzer_engine: AnalyzerEngine | None = None) -> None:
        self.analyzer_engine = analyzer_engine or AnalyzerEngine()

    def analyze_iterator(
        self, texts: Iterable[object], language: str, batch_size: int = 1, n_process: int = 1, **kwargs: Any
    ) -> list[list[RecognizerResult]]:
        """The findings of each text; numbers and truth values are read as text.

        `kwargs` are those of `AnalyzerEngine.analyze`; `batch_size` and `n_process` change nothing. Raises
        `InvalidInput` for values of other kinds.
        """
        return [self.analyzer_engine.analyze(_as_text(value), language, **kwargs) for value in texts]

    def analyze_dict(
        self,
        input_dict: Mapping[str, Any],
        language: str,
        keys_to_skip: Sequence[str] | None = None,
        batch_size: int = 1,
        n_process: int = 1,
        **kwargs: Any,
    ) -> Iterator[DictAnalyzerResult]:
        """The findings of each value, its key being context; `keys_to_skip` name inner keys as `outer.inner`."""
        skipped = set(keys_to_skip or ())
        context = list(kwargs.pop("context", None) or ())
        for key, value in input_dict.items():
            found: Any = []
            inner = [*context, str(key)]
            if not value or key in skipped:
                pass
            elif isinstance(value, Mapping):
                below = [name.removeprefix(f"{key}.") for name in skipped if name.startswith(f"{key}.")]
                found = self.analyze_dict(value, language, below, context=inner, **kwargs)
            elif isinstance(value, str | int | float):
                found = self.analyzer_engine.analyze(str(value), language, context=inner, **kwargs)
            elif isinstance(value, Iterable):
                found = self.analyze_iterator(value, language, context=inner, **kwargs)
            else:
                raise InvalidInput(f"type {type(value)} is unsupported.")
            yield DictAnalyzerResult(key, value, found)


def _detected(
    text: str, everything: tuple[str, ...], asked: list[str], score_threshold: float | None, context: list[str]
) -> list[Finding]:
    """With context words, also what is found when they stand before the text and nothing else is there."""
    find = detector(everything).detect
    found = find(text, entities=asked, score_threshold=score_threshold)
    prefix = " ".join([*context, ""]).replace("_", " ")
    if not prefix.strip():
        return found
    for more in find(prefix + text, entities=asked, score_threshold=score_threshold):
        start, end = more.start - len(prefix), more.end - len(prefix)
        if start >= 0 and not any(start < other.end and other.start < end for other in found):
            found.append(Finding(more.entity, start, end, more.score, more.reason))
    return found


def _analyzed(recognizer: EntityRecognizer, text: str, entities: list[str]) -> list[RecognizerResult]:
    if not recognizer.is_loaded:
        recognizer.load()
        recognizer.is_loaded = True
    found = recognizer.analyze(text=text, entities=entities, nlp_artifacts=None) or []
    for result in found:
        result.recognition_metadata = {**metadata_of(recognizer), **(result.recognition_metadata or {})}
    return found


def _not_allowed(
    text: str, results: list[RecognizerResult], allowed: list[str], matching: Matching, flags: int
) -> list[RecognizerResult]:
    if matching not in ("exact", "regex"):
        raise InvalidInput("allow_list_match must either be set to 'exact' or 'regex'.")
    if not allowed:
        return results
    if matching == "exact":
        return [result for result in results if text[result.start : result.end] not in allowed]
    allowing = matcher(tuple(Rule("allow_list", regex, int(flags)) for regex in allowed))
    return [result for result in results if not any(allowing.matches(text[result.start : result.end]))]


def _as_text(value: object) -> str:
    if value and not isinstance(value, str | int | float):
        raise InvalidInput(f"texts, numbers and truth values can be analyzed, not {type(value).__name__}")
    return str(value)
