"""The models that only tiktoken's own table still knows (`tiktoken/model.py` of tiktoken 0.14)."""

from __future__ import annotations

from typing import Final

_R50K: Final = (
    *("davinci", "curie", "babbage", "ada"),
    *("text-davinci-001", "text-curie-001", "text-babbage-001", "text-ada-001"),
    *(f"text-similarity-{size}-001" for size in ("davinci", "curie", "babbage", "ada")),
    *(f"text-search-{size}-doc-001" for size in ("davinci", "curie", "babbage", "ada")),
    *("code-search-babbage-code-001", "code-search-ada-code-001"),
)
_P50K: Final = (
    *("text-davinci-003", "text-davinci-002", "code-davinci-002", "code-davinci-001"),
    *("code-cushman-002", "code-cushman-001", "davinci-codex", "cushman-codex"),
)
_MODELS: Final = {
    **dict.fromkeys(_R50K, "r50k_base"),
    **dict.fromkeys(_P50K, "p50k_base"),
    **dict.fromkeys(("text-davinci-edit-001", "code-davinci-edit-001"), "p50k_edit"),
    **dict.fromkeys(("gpt2", "gpt-2"), "gpt2"),
    **dict.fromkeys(("davinci-002", "babbage-002"), "cl100k_base"),
}
_FAMILIES: Final = {
    "gpt-oss-": "o200k_harmony",
    "ft:davinci-002": "cl100k_base",
    "ft:babbage-002": "cl100k_base",
}


def encoding_name_of_older(model_name: str) -> str | None:
    """The name of the encoding of such a model, by its name or by what it begins with; None: it is not one of them."""
    families = (name for beginning, name in _FAMILIES.items() if model_name.startswith(beginning))
    return _MODELS.get(model_name) or next(families, None)
