"""Presidio's two services, analyzer and anonymizer, as one ASGI application.

    uvicorn --factory tokenfoundry.compat.presidio.rest:app

Source of the shapes: Presidio's REST API reference (microsoft.github.io/presidio/api-docs). A text is never logged.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl

import msgspec

from tokenfoundry.compat.presidio.analyzer import AnalyzerEngine
from tokenfoundry.compat.presidio.anonymizer import AnonymizerEngine, DeanonymizeEngine
from tokenfoundry.compat.presidio.matcher import DEFAULT_FLAGS
from tokenfoundry.compat.presidio.operators import OperatorConfig
from tokenfoundry.compat.presidio.recognizers import PatternRecognizer
from tokenfoundry.compat.presidio.registry import RecognizerRegistry
from tokenfoundry.compat.presidio.results import EngineResult, InvalidParamError, OperatorResult, RecognizerResult
from tokenfoundry.errors import InvalidInput, MissingExtra
from tokenfoundry.gateway.asgi import ClientGone, Receive, Scope, Send, headers_of, path_of, read_body, write
from tokenfoundry.gateway.replies import Answer, Refused, invalid, json_answer

REGISTRY_FILE_VARIABLE = "RECOGNIZER_REGISTRY_CONF_FILE"  # Presidio's.

_MAX_BODY_BYTES = 32 * 1024 * 1024
_MAX_AD_HOC = 32  # Recognizers of one request, which are compiled for it.

_log = logging.getLogger(__name__)

_Body = TypeVar("_Body", bound=msgspec.Struct)


class _Analyze(msgspec.Struct):
    text: str | list[str]
    language: str
    entities: list[str] | None = None
    correlation_id: str | None = None
    score_threshold: float | None = None
    return_decision_process: bool | None = None
    ad_hoc_recognizers: list[dict[str, Any]] | None = None
    context: list[str] | None = None
    allow_list: list[str] | None = None
    allow_list_match: Literal["exact", "regex"] | None = None
    regex_flags: int | None = None


class _Anonymize(msgspec.Struct):
    text: str | list[str]
    analyzer_results: list[Any]
    anonymizers: dict[str, dict[str, Any]] | None = None


class _Deanonymize(msgspec.Struct):
    text: str
    anonymizer_results: list[dict[str, Any]]
    deanonymizers: dict[str, dict[str, Any]] | None = None


def app(analyzer: AnalyzerEngine | None = None, *, max_body_bytes: int = _MAX_BODY_BYTES) -> PresidioApp:
    """An ASGI application with `/analyze`, `/anonymize`, `/deanonymize`, and what they offer under `/recognizers`,
    `/supportedentities`, `/anonymizers` and `/deanonymizers`; `/health`.

    Without an `analyzer` it has all predefined recognizers, or those of the YAML file that the environment variable
    `RECOGNIZER_REGISTRY_CONF_FILE` names. It knows no keys and no users: put it where only those who may can reach it.

    Raises as `RecognizerRegistry.add_recognizers_from_yaml` does.

    >>> app()
    PresidioApp()
    """
    return PresidioApp(analyzer if analyzer is not None else _configured(), max_body_bytes=max_body_bytes)


class PresidioApp:
    """Made by `app`. Errors are `{"error": "..."}` with 400 for a bad request and 422 for a bad parameter of one."""

    def __init__(self, analyzer: AnalyzerEngine, *, max_body_bytes: int) -> None:
        self._analyzer = analyzer
        self._anonymizer = AnonymizerEngine()
        self._deanonymizer = DeanonymizeEngine()
        self._max_body_bytes = max_body_bytes
        self._posts: dict[str, Callable[[bytes], Answer]] = {
            "/analyze": self._analyze,
            "/anonymize": self._anonymize,
            "/deanonymize": self._deanonymize,
        }
        self._gets: dict[str, Callable[[str | None], Answer]] = {
            "/recognizers": lambda language: json_answer([r.name for r in analyzer.get_recognizers(language)]),
            "/supportedentities": lambda language: json_answer(analyzer.get_supported_entities(language)),
            "/anonymizers": lambda _: json_answer(self._anonymizer.get_anonymizers()),
            "/deanonymizers": lambda _: json_answer(self._deanonymizer.get_deanonymizers()),
            "/health": lambda _: Answer(200, b"Presidio service is up", content_type="text/plain; charset=utf-8"),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            raise RuntimeError(f"this application does not speak {scope['type']}")

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - the edge: whatever happened, the client gets the error's shape
            answer = _refusal(error)
        await write(answer, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path, method = path_of(scope), scope["method"]
        if path in self._posts:
            _expect(method, "POST")
            body = await read_body(headers_of(scope), receive, max_bytes=self._max_body_bytes)
            # In a thread: a batch or a recognizer that is to be compiled takes its time.
            return await asyncio.to_thread(self._posts[path], body)
        if path in self._gets:
            _expect(method, "GET")
            query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
            return self._gets[path](query.get("language"))
        raise invalid(f"there is nothing at {path}", status=404)

    def _analyze(self, body: bytes) -> Answer:
        asked = _decoded(body, _Analyze)
        if not asked.text:
            raise invalid("No text provided")
        if not asked.language:
            raise invalid("No language provided")
        ad_hoc = asked.ad_hoc_recognizers or []
        if len(ad_hoc) > _MAX_AD_HOC:
            raise invalid(f"at most {_MAX_AD_HOC} ad_hoc_recognizers may come with a request")
        options: dict[str, Any] = {
            "entities": asked.entities,
            "correlation_id": asked.correlation_id,
            "score_threshold": asked.score_threshold,
            "return_decision_process": bool(asked.return_decision_process),
            "ad_hoc_recognizers": [PatternRecognizer.from_dict(fields) for fields in ad_hoc],
            "context": asked.context,
            "allow_list": asked.allow_list,
            "allow_list_match": asked.allow_list_match or "exact",
            "regex_flags": DEFAULT_FLAGS if asked.regex_flags is None else asked.regex_flags,
        }
        texts = asked.text if isinstance(asked.text, list) else [asked.text]
        found = [
            [_shown(result) for result in self._analyzer.analyze(text, asked.language, **options)] for text in texts
        ]
        return json_answer(found if isinstance(asked.text, list) else found[0])

    def _anonymize(self, body: bytes) -> Answer:
        """One text and its results, or a list of each."""
        asked = _decoded(body, _Anonymize)
        operators = _operators(asked.anonymizers)
        if isinstance(asked.text, str):
            return json_answer(self._anonymized(asked.text, asked.analyzer_results, operators).to_dict())
        if len(asked.text) != len(asked.analyzer_results):
            raise invalid("there must be as many lists of analyzer_results as texts", status=422)
        pairs = zip(asked.text, asked.analyzer_results, strict=True)
        return json_answer([self._anonymized(text, results, operators).to_dict() for text, results in pairs])

    def _anonymized(self, text: str, results: object, operators: dict[str, OperatorConfig]) -> EngineResult:
        if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
            raise InvalidParamError("Invalid input, analyzer_results must be a list of objects")
        found = [RecognizerResult.from_json(result) for result in results]
        return self._anonymizer.anonymize(text, found, operators)

    def _deanonymize(self, body: bytes) -> Answer:
        asked = _decoded(body, _Deanonymize)
        items = [OperatorResult.from_json(item) for item in asked.anonymizer_results]
        return json_answer(self._deanonymizer.deanonymize(asked.text, items, _operators(asked.deanonymizers)).to_dict())

    def __repr__(self) -> str:
        return "PresidioApp()"


def _configured() -> AnalyzerEngine:
    path = os.environ.get(REGISTRY_FILE_VARIABLE)
    if not path:
        return AnalyzerEngine()
    registry = RecognizerRegistry.from_yaml(path)
    return AnalyzerEngine(registry, supported_languages=registry.supported_languages)


def _operators(configured: dict[str, dict[str, Any]] | None) -> dict[str, OperatorConfig]:
    operators = {entity: OperatorConfig.from_json(fields) for entity, fields in (configured or {}).items()}
    if any(operator.operator_name == "custom" for operator in operators.values()):
        raise invalid("Custom type anonymizer is not supported")
    return operators


def _shown(result: RecognizerResult) -> dict[str, Any]:
    explanation = result.analysis_explanation
    return {
        "analysis_explanation": explanation.to_dict() if explanation else None,
        "end": result.end,
        "entity_type": result.entity_type,
        "score": result.score,
        "start": result.start,
    }


def _decoded(body: bytes, kind: type[_Body]) -> _Body:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid(f"Invalid request json: {error}") from None
    except RecursionError:
        raise invalid("Invalid request json: nested too deeply") from None


def _expect(method: str, allowed: str) -> None:
    if method != allowed:
        raise Refused(405, "method_not_allowed", f"use {allowed}", headers={"allow": allowed})


def _refusal(error: Exception) -> Answer:
    if isinstance(error, Refused):
        return json_answer({"error": str(error)}, status=error.status, headers=error.headers)
    if isinstance(error, InvalidParamError):
        return json_answer({"error": str(error)}, status=422)
    if isinstance(error, InvalidInput):
        return json_answer({"error": str(error)}, status=400)
    if isinstance(error, MissingExtra):
        return json_answer({"error": str(error)}, status=501)
    _log.error("a request failed", exc_info=error)
    return json_answer({"error": "Internal server error"}, status=500)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
