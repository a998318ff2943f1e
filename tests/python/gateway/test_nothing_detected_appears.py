"""Personal data of every kind through every endpoint, within a conversation: nothing of it is anywhere it could be
looked for, and the caller gets all of it back.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.anthropic_upstream import answer_message, message, text, tool_use
from support.factories import config
from support.openai_provider import echo_everything, response
from support.serving import served
from support.upstream import Exchange, Upstream, chunk, completion, usage_of
from tokenfoundry.factory import TokenFactory
from tokenfoundry.gateway.admin import ROUTES
from tokenfoundry.privacy import Detector, catalogue
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import Settings
from tokenfoundry.translate.responses_events import sequence

# What a value is called where it stands; the numbers are published examples or made of 1234567 and the like.
KINDS = {
    "EMAIL_ADDRESS": ("dato", "mario.rossi@example.it"),
    "IBAN_CODE": ("dato", "IT60X0542811101000000123456"),
    "CREDIT_CARD": ("dato", "4111 1111 1111 1111"),
    "IT_FISCAL_CODE": ("dato", "RSSMRA85T10A562S"),
    "PHONE_NUMBER": ("dato", "+39 333 123 4567"),
    "IP_ADDRESS": ("dato", "203.0.113.77"),
    "MAC_ADDRESS": ("dato", "00:1B:44:11:3A:B7"),
    "CRYPTO": ("dato", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    "SECRET": ("dato", "sk-proj-Ab3dEf6hIj9kLmN0pQrStUvWxYz1234567890abcdEFGH"),
    "STREET_ADDRESS": ("dato", "Via Garibaldi 12, 10122 Torino"),
    "PERSON": ("Il cliente si chiama", "Giulia Bianchi"),
    "DATE_OF_BIRTH": ("nato il", "10/12/1985"),
    "IT_VAT_CODE": ("partita IVA", "00743110157"),
    "IT_IDENTITY_CARD": ("carta d'identità", "CA12345AA"),
    "IT_PASSPORT": ("passaporto", "YA1234567"),
    "IT_DRIVER_LICENSE": ("patente", "U1B23C456D"),
    "LICENSE_PLATE": ("targa", "AB123CD"),
    "BIC": ("BIC", "ABNABE2A"),
    "US_SSN": ("SSN", "536-90-4399"),
    "US_ITIN": ("ITIN", "912-90-3457"),
    "US_NPI": ("NPI", "1234567893"),
    "ABA_ROUTING_NUMBER": ("routing number", "021000021"),
    "MEDICAL_LICENSE": ("DEA number", "AB1234563"),
    "UK_NHS": ("NHS number", "943 476 5919"),
    "UK_NINO": ("National Insurance number", "AB123456C"),
    "UK_POSTCODE": ("postcode", "SW1A 1AA"),
    "UK_VEHICLE_REGISTRATION": ("vehicle registration", "AB12 CDE"),
    "DE_TAX_ID": ("Steuer-ID", "36574261809"),
    "DE_PASSPORT": ("Reisepass", "C01X00T478"),
    "DE_ID_CARD": ("Personalausweis", "L01X00T471"),
    "DE_SOCIAL_SECURITY": ("Sozialversicherungsnummer", "15070649C103"),
    "AT_SVNR": ("Sozialversicherungsnummer", "1237010180"),
    "CH_AHV": ("AHV-Nummer", "7569217076985"),
    "FR_NIR": ("numéro de sécurité sociale", "295109912611193"),
    "FR_SIREN": ("SIREN", "732829320"),
    "FR_SIRET": ("SIRET", "73282932000074"),
    "ES_NIF": ("DNI", "54362315K"),
    "ES_NIE": ("NIE", "X2482300W"),
    "ES_CIF": ("CIF", "J99216582"),
    "PT_NIF": ("NIF", "123456789"),
    "PL_PESEL": ("PESEL", "44051401359"),
    "PL_NIP": ("NIP", "8567346215"),
    "PL_REGON": ("REGON", "192598184"),
    "NL_BSN": ("BSN", "111222333"),
    "BE_NATIONAL_NUMBER": ("rijksregisternummer", "85073003328"),
    "EU_VAT_NUMBER": ("VAT", "ATU13585627"),
    "EE_ISIKUKOOD": ("isikukood", "36805280109"),
    "DK_CPR": ("CPR", "2110625629"),
    "FI_PERSONAL_IDENTITY_CODE": ("henkilötunnus", "131052-308T"),
    "SE_PERSONNUMMER": ("personnummer", "8803200016"),
    "NO_FODSELSNUMMER": ("fødselsnummer", "15108695088"),
    "CZ_BIRTH_NUMBER": ("rodné číslo", "7103192745"),
    "RO_CNP": ("CNP", "1630615123457"),
    "HR_OIB": ("OIB", "33392005961"),
    "GR_AMKA": ("AMKA", "01013099997"),
    "IE_PPS": ("PPS", "1234567FA"),
    "BG_EGN": ("EGN", "7501015979"),
    "DATE_TIME": ("il giorno", "14 marzo 2024"),
    "DE_BSNR": ("BSNR", "021234568"),
    "DE_FUEHRERSCHEIN": ("Führerschein", "B072RRE2I55"),
    "DE_HANDELSREGISTER": ("Handelsregister", "HRB 123456"),
    "DE_HEALTH_INSURANCE": ("Krankenversichertennummer", "A162376485"),
    "DE_KFZ": ("Kennzeichen", "M-AB 1234"),
    "DE_LANR": ("LANR", "123456674"),
    "DE_PLZ": ("PLZ", "10115"),
    "DE_TAX_NUMBER": ("Steuernummer", "181/815/08155"),
    "DE_VAT_ID": ("USt-IdNr.", "DE136695976"),
    "ES_PASSPORT": ("pasaporte", "AAA123456"),
    "FR_CNI": ("carte d'identité", "X4RTBPFW4"),
    "FR_PASSPORT": ("passeport", "12AB34567"),
    "IT_HEALTH_CARD": ("tessera sanitaria", "80380001237235637820"),
    "PL_IDENTITY_CARD": ("dowód osobisty", "ABA551961"),
    "POSTCODE": ("CAP", "20121"),
    "SE_ORGANISATIONSNUMMER": ("organisationsnummer", "552739-1402"),
    "UK_DRIVING_LICENCE": ("driving licence", "MORGA657054SM9IJ"),
    "UK_PASSPORT": ("UK passport", "123456789"),
    "URL": ("sito", "https://mario.example.it/me"),
    "US_BANK_NUMBER": ("account number", "12345678901"),
    "US_CLAIM_NUMBER": ("claim number", "CLM 12345678"),
    "US_DRIVER_LICENSE": ("driver license", "D1234567"),
    "US_HEALTH_INSURANCE_MEMBER_ID": ("member ID", "ABC123456789"),
    "US_MBI": ("Medicare", "1EG4-TE5-MK73"),
    "US_PASSPORT": ("passport", "A12345678"),
    "US_PRESCRIPTION_NUMBER": ("prescription", "RX 1234567"),
    "US_PRIOR_AUTHORIZATION_NUMBER": ("prior authorization", "PA 12345678"),
    "US_PROVIDER_TAX_ID": ("EIN", "12-3456789"),
    "US_REFERRAL_NUMBER": ("referral number", "REF 1234567"),
    "UUID": ("id", "123e4567-e89b-12d3-a456-426614174000"),
}
# All that there is, and of it what is allowed unless it is named.
PRIVACY = {"profile": "strict", "policy": dict.fromkeys(("DATE_TIME", "URL", "UUID"), "pseudonymize")}
LINES = [f"{label}: {value}." for label, value in KINDS.values()]
TEXT = "\n".join(LINES)
ARGUMENTS = {"to": KINDS["EMAIL_ADDRESS"][1], "note": f'"{KINDS["PERSON"][1]}"\n', "iban": KINDS["IBAN_CODE"][1]}
ARGUMENTS_TEXT = json.dumps(ARGUMENTS)


def test_there_is_an_example_of_each_kind_and_it_is_found_as_that() -> None:
    assert set(KINDS) == set(catalogue())
    detector = Detector(profile="strict")
    for line, (entity, (_, value)) in zip(LINES, KINDS.items(), strict=True):
        assert (entity, value) in [(found.entity, line[found.start : found.end]) for found in detector.detect(line)], (
            line
        )


async def provider(exchange: Exchange) -> None:
    """Says again what it was told, and calls a tool where there is one with what it was told of it."""
    path, body = exchange.path.removeprefix("/v1"), exchange.body
    if path == "/messages":
        await _message(exchange)
    elif path == "/chat/completions" and body.get("tools"):
        told = next(each for each in body["messages"] if each.get("tool_calls"))["tool_calls"][0]["function"][
            "arguments"
        ]
        await _call_a_tool(exchange, told)
    elif path == "/responses" and body.get("tools"):
        told = next(each for each in body["input"] if each.get("type") == "function_call")["arguments"]
        await _respond(exchange, told)
    else:
        await echo_everything(exchange)


async def _respond(exchange: Exchange, arguments: str) -> None:
    if not exchange.body.get("stream"):
        await exchange.answer(response("ok", arguments))
        return
    await exchange.start_stream()
    for event in sequence(response("ok", arguments)):
        await exchange.event(event)
    await exchange.end_stream()


async def _message(exchange: Exchange) -> None:
    messages = exchange.body["messages"]
    content = messages[-1]["content"]
    last = content if isinstance(content, str) else content[-1].get("text") or content[-1]["content"]
    blocks = [text(last)]
    for each in messages:
        if each["role"] == "assistant" and isinstance(each["content"], list):
            blocks.append(tool_use("send", each["content"][0]["input"]))
    await answer_message(message(*blocks))(exchange)


async def _call_a_tool(exchange: Exchange, arguments: str) -> None:
    if not exchange.body.get("stream"):
        reply = completion("", usage=usage_of(9, 9), finish="tool_calls")
        called = {"id": "c2", "type": "function", "function": {"name": "send", "arguments": arguments}}
        reply["choices"][0]["message"] = {"role": "assistant", "content": None, "tool_calls": [called]}
        await exchange.answer(reply)
        return
    await exchange.start_stream()
    named = {"index": 0, "id": "c2", "type": "function", "function": {"name": "send", "arguments": ""}}
    await exchange.event(chunk({"role": "assistant", "tool_calls": [named]}))
    for character in arguments:
        await exchange.event(chunk({"tool_calls": [{"index": 0, "function": {"arguments": character}}]}))
    await exchange.event(chunk({}, finish="tool_calls"))
    await exchange.event({**chunk({}), "choices": [], "usage": usage_of(9, 9)})
    await exchange.event(b"[DONE]")
    await exchange.end_stream()


SCHEMA = {"type": "object", "properties": {"to": {"type": "string", "description": f"es. {ARGUMENTS['to']}"}}}
OPENAI_CALL = {"id": "c1", "type": "function", "function": {"name": "send", "arguments": ARGUMENTS_TEXT}}
ANTHROPIC_CALL = {"type": "tool_use", "id": "toolu_0", "name": "send", "input": ARGUMENTS}
RESULT = f"inviato: {TEXT}"

# Path and body; `asked_back` are the texts that the answer has to hold again.
CALLS: list[tuple[str, dict[str, Any], bool]] = [
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": TEXT}], "user": ARGUMENTS["to"]}, True),
    (
        "/v1/chat/completions",
        {
            "messages": [
                {"role": "system", "content": LINES[0]},
                {"role": "user", "content": [{"type": "text", "text": TEXT}]},
                {"role": "assistant", "content": None, "tool_calls": [OPENAI_CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": RESULT},
            ],
            "tools": [{"type": "function", "function": {"name": "send", "parameters": SCHEMA}}],
        },
        False,
    ),
    ("/v1/responses", {"input": TEXT, "instructions": LINES[0], "metadata": {"chi": ARGUMENTS["to"]}}, True),
    (
        "/v1/responses",
        {
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": TEXT}]},
                {"type": "function_call", "call_id": "c1", "name": "send", "arguments": ARGUMENTS_TEXT},
                {"type": "function_call_output", "call_id": "c1", "output": RESULT},
            ],
            "tools": [{"type": "function", "name": "send", "parameters": SCHEMA}],
        },
        False,
    ),
    ("/v1/completions", {"prompt": TEXT, "max_tokens": 4000}, True),
    ("/v1/messages", {"messages": [{"role": "user", "content": TEXT}], "max_tokens": 4000, "system": LINES[0]}, True),
    (
        "/v1/messages",
        {
            "messages": [
                {"role": "user", "content": TEXT},
                {"role": "assistant", "content": [ANTHROPIC_CALL]},
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "toolu_0", "content": RESULT}],
                },
            ],
            "max_tokens": 4000,
            "tools": [{"name": "send", "input_schema": SCHEMA}],
        },
        False,
    ),
    ("/v1/embeddings", {"input": [TEXT, LINES[1]], "user": ARGUMENTS["to"]}, False),
]


ALL = {path for path, _, _ in CALLS}
OF_MODEL = {
    "fast": ALL,  # All but chat and embeddings are said to it as chat.
    "native": {"/v1/responses", "/v1/completions"},
    "deep": {"/v1/chat/completions", "/v1/messages"},
}


@pytest.fixture
def settings(upstream: Upstream, tmp_path: Path) -> Settings:
    """The targets of other tests, and one of Anthropic's format, which `/v1/messages` goes to."""
    stated = config(upstream.base_url, tmp_path / "data", privacy=PRIVACY)
    stated["providers"]["claude"] = {"format": "anthropic", "base_url": upstream.base_url}
    stated["targets"]["claude"] = {**stated["targets"]["small"], "provider": "claude", "model": "claude-1"}
    stated["aliases"]["deep"] = ["claude"]
    native = ["chat", "responses", "completions"]
    stated["targets"]["native"] = {**stated["targets"]["small"], "model": "native-1", "endpoints": native}
    return Settings.from_dict(stated)


def streamed(path: str, raw: str) -> str:
    """All text of a streamed answer, with the pieces of its places put together."""
    said, events = "", [json.loads(line[6:]) for line in raw.split("\n") if line.startswith("data: {")]
    for event in events:
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or {}
            said += delta.get("content") or choice.get("text") or ""
            for called in delta.get("tool_calls") or ():
                said += called["function"].get("arguments") or ""
        if isinstance(event.get("delta"), str):
            said += event["delta"]
        elif isinstance(event.get("delta"), dict):
            said += event["delta"].get("text") or event["delta"].get("partial_json") or ""
    return said


def whole(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from whole(item)


def test_nothing_that_is_detected_appears_anywhere(
    settings: Settings, upstream: Upstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    upstream.behave = provider
    records: list[CallRecord] = []
    places: dict[str, str] = {}
    with TokenFactory(settings) as gateway, served(gateway.app()) as url:
        gateway.on_record(records.append)
        key = gateway.create_key(project="claims")
        headers = {"authorization": f"Bearer {key}", "x-tf-conversation": "ticket-4711", "cache-control": "no-cache"}
        calls = 0
        for model in ("fast", "native", "deep"):
            for path, body, is_asked_back in CALLS:
                if path not in OF_MODEL[model]:
                    continue
                for stream in (False, True) if path != "/v1/embeddings" else (False,):
                    asked = {"model": model, **body, **({"stream": True} if stream else {})}
                    reply = httpx.post(url + path, json=asked, headers=headers, trust_env=False, timeout=30)
                    assert reply.status_code == 200, reply.text
                    calls += 1
                    said = streamed(path, reply.text) if stream else "\n".join(whole(reply.json()))
                    if is_asked_back:
                        assert TEXT in said, (path, stream)
                    if "tools" in body:
                        assert all(value in said.replace("\\", "") for value in ("mario.rossi@example.it", "Giulia"))
        open_files = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())
        places["the books while they are open"] = open_files.decode("latin-1")
        for route in ROUTES:
            if route.method == "GET" and "{" not in route.template:
                places[route.path] = json.dumps(gateway.admin.handle("GET", route.path, {}), default=str)
        places["entries"] = repr([(entry, entry.detail) for entry in gateway.ledger.entries()])
        places["health"] = repr(gateway.health()) + repr(gateway.event_counts)
        assert gateway.ledger.vault().count()[0] == 1
    assert calls == len(upstream.received) >= 12
    assert len(records) == calls
    places["records"] = repr(records) + "".join(record.to_bytes().decode() for record in records)
    places["logs"] = caplog.text
    closed_files = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())
    places["the books when they are closed"] = closed_files.decode("latin-1")
    for number, exchange in enumerate(upstream.received):
        as_read = "\n".join(whole(exchange.body)) + repr(exchange.body)
        places[f"request {number} to {exchange.path}"] = f"{exchange.raw.decode()} {as_read} {exchange.headers}"
    for where, found in places.items():
        for entity, (_, value) in KINDS.items():
            assert value not in found, f"{entity} in {where}"
