"""What presets and formats do beyond the recorded requests."""

from __future__ import annotations

import email.parser
import email.policy
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.errors import InvalidInput
from tokenfoundry.providers.formats import Endpoint
from tokenfoundry.providers.formats.registry import FORMATS, TRANSLATIONS
from tokenfoundry.providers.presets import PRESETS
from tokenfoundry.settings.formats import FORMATS as SETTINGS
from tokenfoundry.settings.formats import FormatName
from tokenfoundry.translate import Translations, Untranslatable
from tokenfoundry.usage import Usage

TO = Endpoint("http://h/v1", "m", "key")


def body_of(format_name: str, dialect: str, body: dict[str, Any], *, stream: bool = False, to: Endpoint = TO) -> Any:
    return msgspec.json.decode(FORMATS[format_name].request(dialect, body, to, stream=stream, now_ms=0).body)


def test_every_format_of_the_settings_is_one_that_is_spoken() -> None:
    assert FORMATS.keys() == SETTINGS.keys() == set(get_args(FormatName))
    assert all(format.name == name for name, format in FORMATS.items())


def test_every_preset_names_its_source() -> None:
    assert all(preset.source for preset in PRESETS.values())


def test_every_format_can_be_told_chat() -> None:
    translations = Translations(TRANSLATIONS)
    assert all(translations.path("chat", format.dialects) is not None for format in FORMATS.values())


def test_usage_of_every_dialect_that_is_spoken_can_be_read() -> None:
    unread = {"images", "speech", "transcriptions", "moderations", "responses"}
    unread |= {"image_edits", "image_variations", "translations"}  # Read where they are served.
    for format in FORMATS.values():
        for dialect in format.dialects - unread:
            assert Usage.from_body(dialect, {}) is None


CHAT = {"messages": [{"role": "user", "content": "Ciao"}]}


@pytest.mark.parametrize("field", ["logprobs", "top_logprobs", "logit_bias", "n"])
def test_what_groq_refuses_is_refused_before_it_is_asked(field: str) -> None:
    asked = {"logprobs": True, "top_logprobs": 2, "logit_bias": {"1": 1}, "n": 2}[field]
    with pytest.raises(Untranslatable) as caught:
        FORMATS["groq"].request("chat", {**CHAT, field: asked}, TO, stream=False, now_ms=0)
    assert caught.value.param == field


@pytest.mark.parametrize(
    ("model", "given", "sent"),
    [
        ("gpt-4o", {"max_tokens": 5}, {"max_tokens": 5}),
        ("gpt-4o", {"max_completion_tokens": 5}, {"max_completion_tokens": 5}),
        ("o3-mini", {"max_tokens": 5}, {"max_completion_tokens": 5}),
        ("gpt-5.1", {"max_tokens": 5, "max_completion_tokens": 3}, {"max_completion_tokens": 3}),
        ("o3-mini", {}, {}),
    ],
)
def test_the_bound_is_in_the_field_that_the_model_takes(
    model: str, given: dict[str, int], sent: dict[str, int]
) -> None:
    made = body_of("openai", "chat", {**CHAT, **given}, to=Endpoint("http://h", model, None))
    assert {name: made[name] for name in made if name.startswith("max_")} == sent


def test_stream_options_go_only_with_a_stream() -> None:
    asked = {**CHAT, "stream_options": {"include_obfuscation": False}}
    assert "stream_options" not in body_of("openai", "chat", asked)
    options = body_of("openai", "chat", {**asked, "stream": True}, stream=True)["stream_options"]
    assert options == {"include_obfuscation": False, "include_usage": True}


def test_responses_and_embeddings_survive_as_they_are() -> None:
    asked = {"input": "x", "max_output_tokens": 5, "x_unknown": [1]}
    assert body_of("openai", "responses", asked) == {**asked, "model": "m"}
    assert body_of("vllm", "embeddings", {"input": ["x"], "y": 1}) == {"input": ["x"], "y": 1, "model": "m"}


def test_an_azure_deployment_is_in_the_path_only_where_azure_has_it_there() -> None:
    to = Endpoint("https://demo.example.it/openai", "d/1", "key", {"api_version": "2025-03-01-preview"})
    urls = [
        FORMATS["azure"].request(dialect, {**CHAT, "input": "x"}, to, stream=False, now_ms=0).url
        for dialect in ("embeddings", "responses")
    ]
    assert urls == [
        "https://demo.example.it/openai/deployments/d%2F1/embeddings?api-version=2025-03-01-preview",
        "https://demo.example.it/openai/responses?api-version=2025-03-01-preview",
    ]


@pytest.mark.parametrize("name", ["azure", "gemini", "vertex", "cohere", "mistral", "bedrock"])
def test_a_format_that_needs_a_key_says_so(name: str) -> None:
    format = FORMATS[name]
    dialect = "chat" if name == "azure" else min(format.dialects - {"embeddings"})
    body = {**CHAT, "contents": [], "requests": [], "texts": []}
    with pytest.raises(InvalidInput, match="needs a key"):
        format.request(dialect, body, Endpoint("http://h", "m", None), stream=False, now_ms=0)


def test_bedrock_signs_for_the_region_in_its_address_or_asks_for_one() -> None:
    def signed(base_url: str, **options: str) -> str:
        to = Endpoint(base_url, "m", "AKID:secret", options)
        return (
            FORMATS["bedrock"]
            .request("converse", {"messages": []}, to, stream=False, now_ms=0)
            .headers["authorization"]
        )

    assert "/eu-west-1/bedrock/" in signed("https://bedrock-runtime.eu-west-1.amazonaws.com")
    assert "/eu-south-1/bedrock/" in signed("https://proxy.example.it", region="eu-south-1")
    with pytest.raises(InvalidInput, match="region"):
        signed("https://proxy.example.it")


def test_a_call_of_another_model_gets_the_signature_that_gemini_3_takes_in_its_stead() -> None:
    calls = [{"functionCall": {"name": "f", "args": {}}}, {"functionCall": {"name": "g", "args": {}}}]
    asked = {
        "contents": [{"role": "model", "parts": [{"text": "x"}, *calls]}, {"role": "user", "parts": [{"text": "y"}]}]
    }
    parts = body_of("gemini", "gemini", asked, to=Endpoint("http://h", "gemini-3-flash", "key"))["contents"][0]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == [None, "skip_thought_signature_validator", None]
    assert body_of("gemini", "gemini", asked, to=Endpoint("http://h", "gemini-2.5-pro", "key")) == asked


ERRORS: list[tuple[str, Any, str]] = [
    ("openai", {"error": {"message": "no such model", "code": None}}, "no such model"),
    ("vllm", {"object": "error", "message": "too long"}, "too long"),
    ("xai", {"code": "x", "error": "bad key"}, "bad key"),
    ("mistral", {"object": "error", "message": "unknown", "type": "x"}, "unknown"),
    ("gemini", {"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}}, "bad"),
    ("gemini", [{"error": {"code": 400, "message": "bad"}}], "bad"),
    ("vertex", {"error": {"message": "denied"}}, "denied"),
    ("cohere", {"message": "invalid request", "id": "x"}, "invalid request"),
    ("bedrock", {"message": "throttled"}, "throttled"),
    ("bedrock", {"Message": "expired"}, "expired"),
]


@pytest.mark.parametrize(("name", "body", "said"), ERRORS)
def test_an_error_reply_is_read_in_the_providers_own_shape(name: str, body: Any, said: str) -> None:
    assert FORMATS[name].error_message(body) == said


@given(st.sampled_from(sorted(FORMATS)), st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=4))
def test_an_error_reply_of_any_other_shape_says_nothing(name: str, body: Any) -> None:
    for each in (body, {"error": body}, {"error": {"message": body}}, {"message": body}, [body]):
        assert isinstance(FORMATS[name].error_message(each), str)


def test_a_transcription_is_posted_as_a_form() -> None:
    file = {"name": 'a".wav', "content_type": "audio/wav", "data": b"\x00\r\n--\xff"}
    asked = {"file": file, "language": "it", "temperature": "0.5", "include[]": ["logprobs"]}
    made = FORMATS["openai"].request("transcriptions", asked, TO, stream=False, now_ms=0)
    assert made.url == "http://h/v1/audio/transcriptions"
    assert made.headers["authorization"] == "Bearer key"
    assert _form(made.headers["content-type"], made.body) == {
        "file": b"\x00\r\n--\xff",
        "language": b"it",
        "temperature": b"0.5",
        "include[]": b"logprobs",
        "model": b"m",
    }


def test_speech_comes_as_it_is() -> None:
    made = FORMATS["openai"].request("speech", {"input": "x", "voice": "alloy"}, TO, stream=False, now_ms=0)
    assert made.headers["accept"].startswith("audio/")
    assert list(FORMATS["openai"].framing("speech").feed(b"\xff\x00")) == [{"sound": b"\xff\x00"}]


@pytest.mark.parametrize(
    ("dialect", "last"),
    [
        ("responses", {"type": "response.incomplete", "response": {}}),
        ("images", {"type": "image_generation.completed"}),
        ("transcriptions", {"type": "transcript.text.done"}),
    ],
)
def test_the_newer_streams_end_with_an_event_of_their_own(dialect: str, last: dict[str, Any]) -> None:
    framing = FORMATS["openai"].framing(dialect)
    events = [{"type": "x.delta"}, last, {"type": "after"}]
    data = b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in events)
    assert list(framing.feed(data)) == events[:2]
    assert framing.ended


def _form(content_type: str, data: bytes) -> dict[str, bytes]:
    head = f"content-type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + data)
    fields = {}
    for part in message.iter_parts():  # type: ignore[attr-defined]
        fields[part.get_param("name", header="content-disposition")] = part.get_payload(decode=True)
    return fields
