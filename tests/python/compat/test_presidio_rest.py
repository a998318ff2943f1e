"""The REST pair: shapes, batches, and that every bad request gets `{"error": ...}`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tokenfoundry.compat.presidio import AnalyzerEngine, app
from tokenfoundry.compat.presidio.rest import PresidioApp

ANALYZE = {"text": "Scrivi a anna@example.it", "language": "it"}
FOUND = {"start": 9, "end": 24, "score": 1.0, "entity_type": "EMAIL_ADDRESS"}


@pytest.fixture(scope="module")
def service() -> PresidioApp:
    return app()


async def call(service: PresidioApp, method: str, path: str, body: Any = None, query: str = "") -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": []}
    await service(scope, receive, send)
    start, content = sent
    kind = dict(start["headers"])[b"content-type"]
    return start["status"], json.loads(content["body"]) if kind == b"application/json" else content["body"].decode()


async def test_a_text_is_analyzed(service: PresidioApp) -> None:
    assert await call(service, "POST", "/analyze", ANALYZE) == (200, [{**FOUND, "analysis_explanation": None}])


async def test_a_list_of_texts_is_analyzed_one_by_one(service: PresidioApp) -> None:
    status, found = await call(service, "POST", "/analyze", {**ANALYZE, "text": ["nothing", ANALYZE["text"]]})
    assert (status, [len(results) for results in found]) == (200, [0, 1])


async def test_every_parameter_is_heard(service: PresidioApp) -> None:
    recognizer = {
        "name": "Zip",
        "supported_language": "it",
        "supported_entity": "ZIP",
        "patterns": [{"name": "zip", "regex": r"\b\d{5}\b", "score": 0.05}],
        "context": ["cap"],
    }
    body = {
        "text": "20121 Milano, 20122 anna@example.it",
        "language": "it",
        "entities": ["ZIP"],
        "ad_hoc_recognizers": [recognizer],
        "context": ["CAP"],
        "return_decision_process": True,
        "score_threshold": 0.4,
        "allow_list": ["22$"],
        "allow_list_match": "regex",
        "correlation_id": "x",
    }
    status, (found,) = await call(service, "POST", "/analyze", body)
    assert (status, found["start"], found["score"]) == (200, 0, 0.4)
    assert found["analysis_explanation"]["supportive_context_word"] == "cap"


async def test_a_text_is_anonymized_and_turned_back(service: PresidioApp) -> None:
    key = {"type": "encrypt", "key": "k" * 16}
    body = {"text": ANALYZE["text"], "analyzer_results": [FOUND], "anonymizers": {"EMAIL_ADDRESS": key}}
    status, made = await call(service, "POST", "/anonymize", body)
    assert (status, made["items"][0]["operator"], "anna" in made["text"]) == (200, "encrypt", False)
    back = {
        "text": made["text"],
        "anonymizer_results": made["items"],
        "deanonymizers": {"DEFAULT": {"type": "decrypt", "key": "k" * 16}},
    }
    status, restored = await call(service, "POST", "/deanonymize", back)
    assert (status, restored["text"]) == (200, ANALYZE["text"])


async def test_lists_of_texts_are_anonymized_together(service: PresidioApp) -> None:
    body = {"text": [ANALYZE["text"], "nothing"], "analyzer_results": [[FOUND], []]}
    status, made = await call(service, "POST", "/anonymize", body)
    assert (status, [each["text"] for each in made]) == (200, ["Scrivi a <EMAIL_ADDRESS>", "nothing"])


async def test_what_there_is_can_be_asked_for(service: PresidioApp) -> None:
    for path, expected in [
        ("/recognizers", "IbanRecognizer"),
        ("/supportedentities", "IBAN_CODE"),
        ("/anonymizers", "mask"),
        ("/deanonymizers", "decrypt"),
        ("/health", "up"),
    ]:
        status, content = await call(service, "GET", path, query="language=en")
        assert status == 200
        assert expected in content


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/analyze", b"", 400),
        ("POST", "/analyze", b"\xff", 400),
        ("POST", "/analyze", b"[" * 100_000, 400),
        ("POST", "/analyze", [], 400),
        ("POST", "/analyze", {"text": "a"}, 400),
        ("POST", "/analyze", {"text": "", "language": "en"}, 400),
        ("POST", "/analyze", {"text": "a", "language": ""}, 400),
        ("POST", "/analyze", {"text": 3, "language": "en"}, 400),
        ("POST", "/analyze", {"text": "a", "language": "en", "entities": ["NOTHING"]}, 400),
        ("POST", "/analyze", {"text": "a", "language": "en", "regex_flags": 64, "allow_list": ["a"]}, 200),
        ("POST", "/analyze", {"text": "a", "language": "en", "allow_list_match": "fuzzy"}, 400),
        ("POST", "/analyze", {"text": "a", "language": "en", "ad_hoc_recognizers": [{"name": "x"}]}, 400),
        ("POST", "/analyze", {"text": "a", "language": "en", "ad_hoc_recognizers": [{}] * 100}, 400),
        (
            "POST",
            "/analyze",
            {"text": "a", "language": "en", "ad_hoc_recognizers": [{"supported_entity": "X", "deny_list": [3]}]},
            400,
        ),
        ("POST", "/anonymize", {"text": "a"}, 400),
        ("POST", "/anonymize", {"text": "a", "analyzer_results": [3]}, 422),
        ("POST", "/anonymize", {"text": "a", "analyzer_results": [FOUND]}, 422),
        ("POST", "/anonymize", {"text": ["a"], "analyzer_results": []}, 422),
        ("POST", "/anonymize", {"text": "a", "analyzer_results": [], "anonymizers": {"A": {"type": "custom"}}}, 400),
        ("POST", "/anonymize", {"text": "a", "analyzer_results": [], "anonymizers": {"A": {}}}, 422),
        ("POST", "/deanonymize", {"text": "a", "anonymizer_results": [{"start": 0}]}, 422),
        ("GET", "/analyze", None, 405),
        ("POST", "/health", {}, 405),
        ("GET", "/nothing", None, 404),
    ],
)
async def test_a_bad_request_is_told_what_is_wrong(
    service: PresidioApp, method: str, path: str, body: Any, status: int
) -> None:
    answered, content = await call(service, method, path, body)
    assert answered == status, content
    assert status == 200 or isinstance(content["error"], str)


async def test_a_body_over_the_limit_is_refused() -> None:
    service = app(AnalyzerEngine(), max_body_bytes=10)
    assert (await call(service, "POST", "/analyze", ANALYZE))[0] == 413


async def test_a_fault_inside_is_a_500_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(AnalyzerEngine):
        def analyze(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("inside")

    answered = await call(app(Broken()), "POST", "/analyze", ANALYZE)
    assert answered == (500, {"error": "Internal server error"})
    assert "anna@" not in caplog.text


async def test_the_registry_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "recognizers.yaml"
    path.write_text("supported_languages: [it]\nrecognizers: [IbanRecognizer]", encoding="utf-8")
    monkeypatch.setenv("RECOGNIZER_REGISTRY_CONF_FILE", str(path))
    assert await call(app(), "GET", "/supportedentities") == (200, ["IBAN_CODE"])


async def test_the_application_starts_and_stops(service: PresidioApp) -> None:
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await service({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
