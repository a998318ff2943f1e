"""`tekken.json`, Mistral's tokenizer. Its special tokens come first: an ordinary id is the rank behind them.

Source: `mistral_common` 1.13 (`tokens/tokenizers/tekken.py`), which also numbers the special tokens of the older files,
that do not name them, and fills up with `<SPECIAL_n>`.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput
from tokenfoundry.vocabularies import special
from tokenfoundry.vocabularies.patterns import pattern_of
from tokenfoundry.vocabularies.strict_json import field

_OF_OLDER_FILES: Final = (
    *("<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]"),
    *("[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]"),
    *("[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]"),
)


def build(content: dict[str, Any], name: str) -> bytes:
    """The table of a file.

    Raises:
        InvalidInput: it is cut, its tokens are not numbered without gaps, or its pattern is unknown.
    """
    config = field(content, "config", dict)
    special_count = field(config, "default_num_special_tokens", int)
    token_count = field(config, "default_vocab_size", int) - special_count
    listed = field(content, "vocab", list)
    written = field(config, "num_vocab_tokens", int)
    is_sized = 0 <= special_count < special.MOST_IDS and 0 < token_count <= written
    if len(listed) != written or not is_sized:
        raise InvalidInput(f"it has {len(listed)} tokens of {written}, and {token_count} are in use: it is damaged")
    lines = [_line(entry, rank, special_count) for rank, entry in enumerate(listed)]
    ranks = "".join(lines[:token_count]).encode("ascii")
    pattern = pattern_of(field(config, "pattern", str))
    return _core.table_of_ranks(ranks, name, pattern, [], special.plain(_special_tokens(content, special_count)), True)


def _line(entry: object, rank: int, special_count: int) -> str:
    """A token as a line of ranks."""
    if not isinstance(entry, dict) or field(entry, "rank", int) != rank:
        raise InvalidInput(f"token {rank} has another rank: it is damaged or cut")
    token = field(entry, "token_bytes", str)
    try:
        decoded = base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(f"token {rank} is no base64: it is damaged") from None
    spelled = entry.get("token_str")
    if spelled is not None and spelled != decoded.decode("utf-8", errors="replace"):
        raise InvalidInput(f"token {rank} is not what its `token_str` spells: it is damaged")
    return f"{token} {rank + special_count}\n"


def _special_tokens(content: dict[str, Any], count: int) -> dict[str, int]:
    listed = content.get("special_tokens")
    if listed is None:
        named = dict(enumerate(_OF_OLDER_FILES[:count]))
    elif isinstance(listed, list) and all(isinstance(entry, dict) for entry in listed):
        named = {field(entry, "rank", int): field(entry, "token_str", str) for entry in listed}
    else:
        raise InvalidInput("`special_tokens` is no list of objects: it is damaged")
    tokens = {named.get(token_id, f"<SPECIAL_{token_id}>"): token_id for token_id in range(count)}
    if len(tokens) != count or not set(named) <= set(range(count)) or (listed and len(listed) != len(named)):
        raise InvalidInput("its special tokens do not have a name and an id each: it is damaged")
    return tokens
