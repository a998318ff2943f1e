"""How many tokens a prompt is: its texts, and what its provider puts around them, by the family of the model.

bodies      `count_chat` and `count_body`: any body, for a model by its name, with its source said
chat        chat completions
responses   the responses endpoint
messages    Anthropic's dialect
texts       completions and embeddings
parts       pictures, sound, files, tools
told        what a count says
"""

from tokenfoundry.prompt_tokens.bodies import ENDPOINTS, PromptCount, count_body, count_chat, endpoint_in
from tokenfoundry.prompt_tokens.chat import chat_tokens
from tokenfoundry.prompt_tokens.messages import messages_tokens
from tokenfoundry.prompt_tokens.responses import responses_tokens
from tokenfoundry.prompt_tokens.told import PromptTokens

__all__ = [
    "ENDPOINTS",
    "PromptCount",
    "PromptTokens",
    "chat_tokens",
    "count_body",
    "count_chat",
    "endpoint_in",
    "messages_tokens",
    "responses_tokens",
]
