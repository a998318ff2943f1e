"""`tokenizer.json` of Hugging Face: byte-pair models, of bytes or of SentencePiece's characters.

What the file says of a text it is given: added tokens are found first, of those that are allowed; then each part
between them is normalized, cut (`pre_tokenizer`) and merged. `truncation`, `padding` and `post_processor` are about
what is made of the ids afterwards: here a text has the ids that it has, as from `encode(text,
add_special_tokens=False)`.

Source: the crate `tokenizers` 0.23 (src/tokenizer/added_vocabulary.rs, src/models/bpe, src/pre_tokenizers).
"""

from __future__ import annotations

import array
import dataclasses
import sys
from typing import Any, Final

from tokenfoundry import _core
from tokenfoundry.errors import InvalidInput
from tokenfoundry.vocabularies import byte_level, characters, special
from tokenfoundry.vocabularies.strict_json import field

_LONGEST_LEARNT: Final = 256  # Letters, twice what is known; so that a file cannot make its reading slow.
_UNUSED_OPTIONS: Final = ("dropout", "continuing_subword_prefix", "end_of_word_suffix")


@dataclasses.dataclass(frozen=True)
class _Added:
    """An added token, and how a text must spell it."""

    token_id: int
    text: str
    is_special: bool
    is_normalized: bool
    traits: list[str]


def build(content: dict[str, Any], name: str) -> bytes:
    """The table of a file.

    Raises:
        InvalidInput: it does not fit together, or asks for what is not known here.
    """
    model = field(content, "model", dict)
    _check_model(model)
    vocabulary = field(model, "vocab", dict)
    added = [_added(entry, vocabulary) for entry in field({"added_tokens": []} | content, "added_tokens", list)]
    _check_ids(vocabulary, added)
    added_texts = {token.text for token in added}
    special_texts = {token.text for token in added if token.is_special}
    cutting = byte_level.cutting(content)
    spelling = byte_level.SPELLING
    if cutting is None:
        cutting = characters.cutting(content, model)
        spelling = characters.spelling_of(vocabulary)
    _check_added(added, cutting.text_rules)

    ordinary: list[tuple[int, bytes]] = []
    further = [(token.token_id, token.text, token.traits) for token in added]
    spelled: set[str] = set()
    for token, token_id in vocabulary.items():
        if token in special_texts:
            continue
        value = spelling.bytes_of(token)
        if value is not None:
            ordinary.append((token_id, value))
            spelled.add(token)
        elif token not in added_texts:
            further.append((token_id, spelling.decoded(token), [special.NEVER]))
    merges, made = _merges(field(model, "merges", list), vocabulary, spelled)
    _check_made(spelled - made - added_texts, vocabulary)
    return _core.table_of_merges(
        name,
        cutting.pretokenizer,
        cutting.text_rules,
        further,
        ordinary,
        merges,
        spelling.byte_ids({token: vocabulary[token] for token in spelled}),
        bool(model.get("ignore_merges", False)),
    )


def _check_model(model: dict[str, Any]) -> None:
    kind = model.get("type", "BPE")  # Older files do not say.
    if kind != "BPE" or "merges" not in model:
        raise InvalidInput(f"its model is {kind!r}, not byte pairs (`BPE`) with `merges`")
    for option in _UNUSED_OPTIONS:
        if model.get(option) not in (None, "", 0.0):
            raise InvalidInput(f"its model has {option} {model[option]!r}, which is not known here")
    for token, token_id in field(model, "vocab", dict).items():
        if not special.is_id(token_id):
            raise InvalidInput(f"the token {token!r} has the id {token_id!r}: it is damaged")


def _added(entry: object, vocabulary: dict[str, int]) -> _Added:
    if not isinstance(entry, dict):
        raise InvalidInput("an added token is no object: it is damaged")
    text, token_id = field(entry, "content", str), field(entry, "id", int)
    if not special.is_id(token_id):
        raise InvalidInput(f"the added token {text!r} has the id {token_id}: it is damaged")
    if not text or vocabulary.get(text, token_id) != token_id:
        raise InvalidInput(f"the added token {text!r} has the id {token_id}, and another one in the vocabulary")
    if entry.get("single_word"):
        raise InvalidInput(
            f"the added token {text!r} is one only as a whole word (`single_word`), which is not known here"
        )
    is_special = field(entry, "special", bool)
    traits = [] if is_special else [special.MAY_BE_ORDINARY]
    traits += [special.TAKES_SPACE_BEFORE] * bool(entry.get("lstrip"))
    traits += [special.TAKES_SPACE_BEHIND] * bool(entry.get("rstrip"))
    return _Added(token_id, text, is_special, bool(entry.get("normalized", not is_special)), traits)


def _check_ids(vocabulary: dict[str, int], added: list[_Added]) -> None:
    """No id twice, and below the highest ordinary one none left out: else a token has gone missing."""
    ordinary = set(vocabulary.values())
    if len(ordinary) != len(vocabulary):
        raise InvalidInput("two tokens have one id: it is damaged")
    ids = [token.token_id for token in added]
    if len(set(ids)) != len(ids) or any(token.token_id in ordinary and token.text not in vocabulary for token in added):
        raise InvalidInput("two added tokens have one id, or that of another token: it is damaged")
    missing = set(range(max(ordinary, default=-1) + 1)) - ordinary - set(ids)
    if missing or not ordinary:
        raise InvalidInput(f"no token has the id {min(missing, default=0)}: it is damaged")


def _check_added(added: list[_Added], text_rules: list[str]) -> None:
    for token in added:
        is_changed = bool(set(text_rules) - {"nfc", "from_characters"}) or not token.text.isascii()
        if token.is_normalized and not token.is_special and text_rules and is_changed:
            raise InvalidInput(f"the added token {token.text!r} is sought in normalized text, which is not known here")


def _merges(listed: list[Any], vocabulary: dict[str, int], spelled: set[str]) -> tuple[bytes, set[str]]:
    """Triples of ids: left, right, and what they become; and all that is made so. Left out are those of tokens that no
    text comes to, and those into a special token, which text must not become.
    """
    ids = array.array("I")
    made: set[str] = set()
    for rank, merge in enumerate(listed):
        pair = merge.split(" ") if isinstance(merge, str) else merge
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
            raise InvalidInput(f"merge {rank} is not of two tokens: it is damaged")
        left, right = pair
        merged = left + right
        if left not in vocabulary or right not in vocabulary or merged not in vocabulary:
            raise InvalidInput(
                f"merge {rank}, of {left!r} and {right!r}, is not of tokens of its vocabulary: it is damaged"
            )
        made.add(merged)
        if left in spelled and right in spelled and merged in spelled:
            ids.extend((vocabulary[left], vocabulary[right], vocabulary[merged]))
    if sys.byteorder != "little":
        ids.byteswap()
    return ids.tobytes(), made


def _check_made(unmade: set[str], vocabulary: dict[str, int]) -> None:
    """No merge has gone missing: a token that was learnt is made of two others. Those that somebody named, as Gemma's
    `<table>`, are not spelled by two others; no text comes to them. So it is also where a whole piece that is a token
    needs no merge (`ignore_merges`, as of Llama 3, whose file has merges for each token): parts of other pieces do.
    """
    short = [token for token in unmade if len(token) <= _LONGEST_LEARNT]
    for token in sorted(short, key=vocabulary.__getitem__):
        for cut in range(1, len(token)):
            left, right = token[:cut], token[cut:]
            if left in vocabulary and right in vocabulary:
                raise InvalidInput(f"no merge makes {token!r} of {left!r} and {right!r}, or of others: it is damaged")
