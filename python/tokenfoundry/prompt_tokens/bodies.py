"""The tokens of a prompt for a model by its name, and where the number comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from tokenfoundry.counters import BYTES, Counts, Method, TokenCounter
from tokenfoundry.errors import InvalidInput
from tokenfoundry.prompt_tokens.chat import chat_tokens
from tokenfoundry.prompt_tokens.messages import messages_tokens
from tokenfoundry.prompt_tokens.responses import responses_tokens
from tokenfoundry.prompt_tokens.shapes import check_body
from tokenfoundry.prompt_tokens.texts import completions_tokens, embeddings_tokens
from tokenfoundry.prompt_tokens.told import PromptTokens

_ONLY_OF_RESPONSES = ("instructions", "max_output_tokens", "reasoning", "text", "tools")
ENDPOINTS: Final = ("chat", "completions", "embeddings", "messages", "responses")


@dataclass(frozen=True, slots=True)
class PromptCount:
    """The tokens of one prompt for one model."""

    model: str
    family: str
    tokens: int
    """As it is expected to be billed."""
    most: int
    """What it is billed at most: the same where the rule is known exactly, else a bound that is certain for texts; for
    files and sound see `tokenfoundry.prompt_tokens.parts`.
    """
    method: Method
    """How its texts were counted: `exact`, `factor` or `stand-in`, as `TokenCounter.method` says."""
    tokenizer: str
    """What counted its texts: a vocabulary, with the factor where there is one."""
    source: str
    """Of the vocabulary, or of the factor."""
    is_read: bool = True
    """Whether all of it was read: no file, sound or address whose contents were only guessed at."""

    @property
    def is_exact(self) -> bool:
        """Whether the texts were counted by the model's own vocabulary, and nothing beside them is uncertain. A picture
        whose size cannot be told counts the most it can, and sound and files are counted by their bytes.
        """
        return self.method == "exact" and self.is_read and self.tokens == self.most

    def within(self, context_tokens: int | None) -> PromptCount:
        """The same for a model that holds so many, as `PromptTokens.within` says."""
        told = PromptTokens(self.tokens, self.most, self.is_read).within(context_tokens)
        return replace(self, most=told.most)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "is_exact": self.is_exact}


def count_chat(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] | None = None,
    *,
    model: str,
    response_format: Mapping[str, Any] | None = None,
) -> PromptCount:
    """The tokens of a conversation in OpenAI's dialect, as `model` is billed for it.

    >>> counted = count_chat([{"role": "user", "content": "Quanto costa?"}], model="gpt-4o")
    >>> counted.tokens, counted.is_exact
    (10, True)
    >>> count_chat([{"role": "user", "content": "Quanto costa?"}], model="claude-sonnet-4-5").is_exact
    False

    Raises:
        InvalidInput: a message or a tool has another shape, or a text holds a lone surrogate.
    """
    body: dict[str, Any] = {"messages": _listed(messages)}
    if tools is not None:
        body["tools"] = _listed(tools)
    if response_format is not None:
        body["response_format"] = dict(response_format) if isinstance(response_format, Mapping) else response_format
    return count_body(body, model=model, endpoint="chat")


def _listed(given: Any) -> Any:
    """A sequence as JSON has it; what is none is refused where the body is checked."""
    return list(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping) else given


def count_body(body: Mapping[str, Any], *, model: str | None = None, endpoint: str | None = None) -> PromptCount:
    """The tokens of the prompt of a body for the chat, responses, completions, embeddings or (Anthropic's) messages
    endpoint; `model` and `endpoint`, where they are not stated, are those that the body says or shows.

    Raises:
        InvalidInput: the body has another shape, or names no model, or a text holds a lone surrogate.
    """
    if not isinstance(body, Mapping):
        raise InvalidInput("body: needs an object")
    model = body.get("model") if model is None else model
    if not isinstance(model, str) or not model:
        raise InvalidInput("model: is missing")
    name = endpoint_in(body) if endpoint is None else endpoint
    if name not in _COUNTED:
        raise InvalidInput(f"endpoint: should be one of {', '.join(ENDPOINTS)}")
    check_body(name, body)
    counter = TokenCounter.for_model(model)
    told = _COUNTED[name](dict(body), counter.counter, counter)
    most = told.most if counter.is_exact else max(told.most, _COUNTED[name](dict(body), BYTES, counter).most)
    return PromptCount(
        model, counter.family.name, told.tokens, most, counter.method, counter.name, counter.source, told.is_read
    )


_COUNTED: Final[dict[str, Callable[[dict[str, Any], Counts, TokenCounter], PromptTokens]]] = {
    "chat": lambda body, counter, of: chat_tokens(body, counter, template=of.family.template, model=of.model),
    "responses": lambda body, counter, of: responses_tokens(body, counter, template=of.family.template, model=of.model),
    "messages": lambda body, counter, of: messages_tokens(body, counter, template=of.family.template, model=of.model),
    "completions": lambda body, counter, of: completions_tokens(body, counter),
    "embeddings": lambda body, counter, of: embeddings_tokens(body, counter),
}


def endpoint_in(body: Mapping[str, Any]) -> str:
    """The endpoint that such a body is for, by name: the one that its field `endpoint` states, or whose fields it has.
    An `input` of text alone is an embedding's. Raises `InvalidInput`.
    """
    stated = body.get("endpoint")
    if stated is None:
        given = body.get("input")
        has_items = isinstance(given, list) and any(isinstance(item, dict) for item in given)
        if "messages" in body:
            stated = "chat"
        elif "prompt" in body:
            stated = "completions"
        elif has_items or any(field in body for field in _ONLY_OF_RESPONSES):
            stated = "responses"
        elif given is not None:
            stated = "embeddings"
        else:
            raise InvalidInput("messages: is missing, and so are prompt and input, of which a call states one")
    if stated not in ENDPOINTS:
        raise InvalidInput(f"endpoint: should be one of {', '.join(ENDPOINTS)}")
    return str(stated)
