"""Qwen has its text composed (NFC): what comes back from the ids is what `unicodedata` makes of it, for whatever both
know, and the ids are those of that text. `tokenizers` does so by an older Unicode, and is held to what that one knew.
"""

from __future__ import annotations

import random
import unicodedata

from tokenizers import normalizers

import tokenfoundry as tf
from support.reference_tokens import CODE_POINTS, fuzzed

ASSIGNED = [chr(code_point) for code_point in CODE_POINTS if unicodedata.category(chr(code_point)) != "Cn"]
MARKS = [character for character in ASSIGNED if unicodedata.combining(character)]
HANGUL = "\u1100\u1112\u1161\u1175\u11a7\u11a8\u11c2\uac00\ud55c\ud7a3"


def check(tokenizer: tf.Tokenizer, text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == composed, ascii(text)
    assert ids == tokenizer.encode(composed)
    assert tokenizer.count(text) == len(ids)


def test_every_character_alone_and_behind_a_letter_and_a_mark() -> None:
    tokenizer = tf.Tokenizer.load("qwen")
    for characters in _batched(ASSIGNED, 256):
        check(tokenizer, " ".join(characters))
        check(tokenizer, "".join(f"a{character}e\u0323{character}\u0301 " for character in characters))


def test_marks_and_syllables_in_any_order() -> None:
    tokenizer = tf.Tokenizer.load("qwen")
    rng = random.Random(1)
    letters = [character for character in ASSIGNED if unicodedata.decomposition(character)]
    for _ in range(4_000):
        pieces = [*rng.choices(MARKS, k=4), *rng.choices(letters, k=2), *rng.choices(HANGUL, k=4), "a", "o", " "]
        check(tokenizer, "".join(rng.choices(pieces, k=rng.randrange(1, 30))))


def test_fuzzed_texts() -> None:
    tokenizer = tf.Tokenizer.load("qwen")
    known = set(ASSIGNED)
    for seed in range(3_000):
        text = "".join(character for character in fuzzed(seed) if character in known)
        check(tokenizer, text)


def test_the_reference_composes_alike_all_but_what_came_to_unicode_after_it() -> None:
    tokenizer, reference = tf.Tokenizer.load("qwen"), normalizers.NFC()
    others = set()
    for characters in _batched([chr(code_point) for code_point in CODE_POINTS], 256):
        if not _alike("".join(map(_beside_marks, characters)), tokenizer, reference):
            others |= {each for each in characters if not _alike(_beside_marks(each), tokenizer, reference)}
    assert 0 < len(others) <= 120
    assert all(unicodedata.ucd_3_2_0.category(each) == "Cn" for each in others)
    for each in others & set(ASSIGNED):
        check(tokenizer, _beside_marks(each))


def _beside_marks(character: str) -> str:
    return f"a\u0301{character}\u0316 {character}\u0301 \u0301{character} "


def _alike(text: str, tokenizer: tf.Tokenizer, reference: normalizers.NFC) -> bool:
    return tokenizer.decode(tokenizer.encode(text)) == reference.normalize_str(text)


def _batched(characters: list[str], size: int) -> list[list[str]]:
    return [characters[start : start + size] for start in range(0, len(characters), size)]
