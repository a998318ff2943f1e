"""How many tokens the prompt of a chat-completions body is: its texts, and what the chat template adds around them.

The overhead per message is OpenAI's published rule for its chat models (cookbook, "How to count tokens with
tiktoken"): three tokens a message, one more for a name, and three that prime the reply; other families have numbers of
their own (`tokenfoundry.families`). What a tool call and its result take is fitted to bills that public tests
recorded; its JSON is taken as the most it can be.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.counters import Counts
from tokenfoundry.families import Template
from tokenfoundry.prompt_tokens.parts import format_tokens, part_tokens, saved_by_system, tool_tokens, value_tokens
from tokenfoundry.prompt_tokens.told import PromptTokens

OPENAI = Template(tools_as_types=True, shows_format=True)

_SYSTEM = ("system", "developer")
_PER_CALL = 3
_PER_PARALLEL_CALL = 8
_PER_RESULT = 2
_LESS_FOR_FUNCTION = 2  # Its role is not said beside its name.
_NAME_OF_UNKNOWN = 4


def chat_tokens(body: dict[str, Any], counter: Counts, *, template: Template = OPENAI, model: str = "") -> PromptTokens:
    """The prompt tokens of a chat-completions body whose shape was checked; `model` decides what a picture counts."""
    count = counter.count
    per_message = template.per_message
    tokens = template.priming + template.hidden
    more = template.hidden_most - template.hidden if template.hidden_most > template.hidden else 0
    is_read = True
    names: dict[str, int] | None = None
    for message in body["messages"]:
        tokens += per_message
        for field, value in message.items():
            if type(value) is str and field != "tool_call_id":
                tokens += count(value)
                if field == "name":
                    tokens += template.per_name
                    if message.get("role") == "function":
                        tokens -= _LESS_FOR_FUNCTION
                        more += _LESS_FOR_FUNCTION
            elif type(value) is list and field == "content":
                for part in value:
                    told = part_tokens(part, counter, model)
                    tokens += told.tokens
                    more += told.most - told.tokens
                    is_read &= told.is_read
            elif value is not None:
                names = {} if names is None else names
                told = _told_of_tools(field, value, names, counter)
                tokens += told.tokens
                more += max(0, told.most - told.tokens)
    declared = _declared(body, counter, template)
    return PromptTokens(tokens + declared.tokens, tokens + more + declared.most, is_read)


def _told_of_tools(field: str, value: Any, names: dict[str, int], counter: Counts) -> PromptTokens:
    """Of a field of a message that is neither its text nor who says it. `names` are the sizes of the names of calls by
    their ids, to which calls are added and which results ask.
    """
    if field == "tool_call_id" and isinstance(value, str):
        tokens = names.get(value, _NAME_OF_UNKNOWN) + _PER_RESULT
        return PromptTokens(tokens, max(tokens, counter.count(value)))
    parts = value if isinstance(value, list) else [value]
    most = sum(value_tokens(part, counter) for part in parts if part is not None)
    if field == "tool_calls":
        tokens = _PER_PARALLEL_CALL * len(parts) if len(parts) > 1 else 0
        for call in parts:
            name, said = _called(call.get("function") if isinstance(call, dict) else None, counter)
            if isinstance(call, dict) and isinstance(call.get("id"), str):
                names[call["id"]] = name
            tokens += _PER_CALL + name + said
        return PromptTokens(tokens, max(tokens, most))
    if field == "function_call":
        tokens = _PER_CALL + sum(_called(value, counter))
        return PromptTokens(tokens, max(tokens, most))
    return PromptTokens(most, most)


def _called(function: Any, counter: Counts) -> tuple[int, int]:
    """The tokens of the name of a function that was called, and of its arguments."""
    if not isinstance(function, dict):
        return 0, 0
    name, arguments = (value_tokens(function.get(field) or "", counter) for field in ("name", "arguments"))
    return name, arguments


def _declared(body: dict[str, Any], counter: Counts, template: Template) -> PromptTokens:
    """Of the tools that may be called, and of the format of the answer."""
    tokens = most = 0
    tools, functions = body.get("tools"), body.get("functions")
    if tools or functions:
        definitions = _definitions(tools, functions)
        declared = [tools, functions] if tools and functions else tools or functions
        told = tool_tokens(declared, definitions, counter, template)
        tokens, most = told.tokens + template.with_tools_in_chat, told.most
        if definitions is not None and template.tools_as_types:
            systems = (each.get("content") for each in body["messages"] if each.get("role") in _SYSTEM)
            if isinstance(said := next(systems, None), str):
                tokens -= saved_by_system(said, counter)
        tokens += _forced(body.get("function_call"), counter)
    if stated := body.get("response_format"):
        told = format_tokens(stated, counter, template)
        tokens, most = tokens + told.tokens, most + told.most
    return PromptTokens(tokens, max(tokens, most))


def _definitions(tools: Any, functions: Any) -> list[dict[str, Any]] | None:
    """Of all of them; None where one is no function, or nothing that a provider takes."""
    tools, functions = tools or [], functions or []
    if not isinstance(tools, list) or not isinstance(functions, list):
        return None
    made = [tool.get("function") if isinstance(tool, dict) else None for tool in tools] + functions
    known = [function for function in made if isinstance(function, dict)]
    return known if len(known) == len(made) else None


def _forced(choice: Any, counter: Counts) -> int:
    """Of the function that has to be called, or of none that may be."""
    if isinstance(choice, dict):
        return 4 + _called(choice, counter)[0]
    return 1 if choice == "none" else 0
