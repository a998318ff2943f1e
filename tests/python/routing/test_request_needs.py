"""What a body needs of a model is read in each dialect, and nothing is read into a plain one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfoundry.routing.needs import needs_of

TEXT = {"role": "user", "content": "Ciao"}


def saying(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(parts)}]}


# Shapes: OpenAI, "Create chat completion".
CHAT = [
    ({"messages": [TEXT]}, ""),
    ({"messages": [TEXT], "n": 1, "logprobs": False, "tools": [], "reasoning_effort": "none"}, ""),
    (saying({"type": "text", "text": "Ciao"}), ""),
    (saying({"type": "image_url", "image_url": {"url": "https://example.it/a.png"}}), "vision"),
    (saying({"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}), "audio"),
    (saying({"type": "file", "file": {"file_id": "file-1"}}), "files"),
    ({"messages": [TEXT], "tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
    ({"messages": [TEXT], "functions": [{"name": "f"}]}, "tools"),
    ({"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]}]}, "tools"),
    ({"messages": [{"role": "tool", "tool_call_id": "c", "content": "7"}]}, "tools"),
    ({"messages": [TEXT], "response_format": {"type": "text"}}, ""),
    ({"messages": [TEXT], "response_format": {"type": "json_object"}}, "json_object"),
    ({"messages": [TEXT], "response_format": {"type": "json_schema", "json_schema": {}}}, "json_schema"),
    ({"messages": [TEXT], "logprobs": True}, "logprobs"),
    ({"messages": [TEXT], "n": 2}, "choices"),
    ({"messages": [TEXT], "reasoning_effort": "low"}, "reasoning"),
    ({"messages": [TEXT], "modalities": ["text", "audio"], "audio": {"voice": "alloy"}}, "audio"),
]
# Shapes: Anthropic, "Create a message".
MESSAGES = [
    ({"messages": [TEXT], "max_tokens": 5}, ""),
    (saying({"type": "image", "source": {"type": "base64", "data": "AA=="}}), "vision"),
    (saying({"type": "document", "source": {"type": "base64", "media_type": "application/pdf"}}), "files"),
    (saying({"type": "document", "source": {"type": "text", "data": "Ciao"}}), ""),
    (saying({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": {}}]}), "tools vision"),
    ({"messages": [TEXT], "tools": [{"name": "f", "input_schema": {}}]}, "tools"),
    ({"messages": [TEXT], "thinking": {"type": "enabled", "budget_tokens": 1024}}, "reasoning"),
    ({"messages": [TEXT], "thinking": {"type": "disabled"}}, ""),
    ({"messages": [TEXT], "output_format": {"type": "json_schema", "schema": {}}}, "json_schema"),
    ({"messages": [TEXT], "output_config": {"format": {"type": "json_schema"}}}, "json_schema"),
]
# Shapes: OpenAI, "Create a model response".
RESPONSES = [
    ({"input": "Ciao"}, ""),
    ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "https://example.it/a.png"}]}]},
     "vision"),
    ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}]}, "files"),
    ({"input": [{"type": "function_call_output", "call_id": "c", "output": "7"}]}, "tools"),
    ({"input": "Ciao", "text": {"format": {"type": "json_schema", "name": "n", "schema": {}}}}, "json_schema"),
    ({"input": "Ciao", "text": {"format": {"type": "text"}}}, ""),
    ({"input": "Ciao", "reasoning": {"effort": "high"}}, "reasoning"),
    ({"input": "Ciao", "top_logprobs": 3}, "logprobs"),
    ({"input": "Ciao", "include": ["message.output_text.logprobs"]}, "logprobs"),
]  # fmt: skip
# Shapes: Google, "generateContent".
GEMINI = [
    ({"contents": [{"parts": [{"text": "Ciao"}]}]}, ""),
    ({"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "AA=="}}]}]}, "vision"),
    ({"contents": [{"parts": [{"inline_data": {"mime_type": "audio/wav", "data": "AA=="}}]}]}, "audio"),
    ({"contents": [{"parts": [{"fileData": {"mimeType": "application/pdf"}}]}]}, "files"),
    ({"contents": [], "generationConfig": {"responseSchema": {}, "responseMimeType": "application/json"}},
     "json_object"),
    ({"contents": [], "generationConfig": {"responseSchema": {"type": "OBJECT"}, "candidateCount": 2}},
     "json_schema choices"),
]  # fmt: skip
OTHERS = [
    ("completions", {"prompt": "Ciao", "logprobs": 3, "n": 2}, "logprobs choices"),
    ("completions", {"prompt": "Ciao"}, ""),
    ("embeddings", {"input": ["Ciao"], "tools": [1]}, ""),
]
CASES = [
    *(("chat", *case) for case in CHAT),
    *(("messages", *case) for case in MESSAGES),
    *(("responses", *case) for case in RESPONSES),
    *(("gemini", *case) for case in GEMINI),
    *OTHERS,
]


@pytest.mark.parametrize(("dialect", "body", "needed"), CASES)
def test_a_body_needs_what_its_parts_need(dialect: str, body: dict[str, Any], needed: str) -> None:
    assert needs_of(dialect, body) == frozenset(needed.split())


anything = st.recursive(
    st.sampled_from((None, True, 7, "user", "image_url", "json_schema")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(("type", "content", "role", "source", "parts", "output", "effort", "format")), inner
        ),
    ),
    max_leaves=8,
)
fields = ("messages", "input", "contents", "tools", "n", "response_format", "reasoning", "text", "thinking", "include")


@given(
    dialect=st.sampled_from(("chat", "messages", "responses", "completions", "gemini")),
    body=st.dictionaries(st.sampled_from(fields), anything),
)
def test_a_body_of_any_shape_is_read_without_an_error(dialect: str, body: dict[str, Any]) -> None:
    needs_of(dialect, body)
