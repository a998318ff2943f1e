"""Writes unicode_compositions.cc: what canonical composition (NFC) needs to know of each code point.

    pip install unicodedata2==16.0.0
    python cpp/tokenfoundry/tokens/tools/generate_compositions.py > cpp/tokenfoundry/tokens/unicode_compositions.cc

The version is that of unicode_classes.cc. Syllables of Hangul are computed, not listed.
"""

import sys

import unicodedata2

VERSION = "16.0.0"
BLOCK_CODE_POINTS = 256
CODE_POINTS = [*range(0xD800), *range(0xE000, 0x110000)]
HANGUL = range(0xAC00, 0xD7A4)
HANGUL_BEHIND = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}  # What a syllable may be joined from, but its first.
UNSURE = 0x80  # It is not composed, or may join what is before it. The lower bits are the index of its class.


def rows(values: list[int], count: int) -> str:
    lines = [values[start : start + count] for start in range(0, len(values), count)]
    return "\n".join("    " + " ".join(f"{value}," for value in line) for line in lines)


def triples(values: list[tuple[int, int, int]]) -> str:
    lines = [values[start : start + 5] for start in range(0, len(values), 5)]
    return "\n".join("    " + " ".join(f"{{{a}, {b}, {c}}}," for a, b, c in line) for line in lines)


def compositions() -> dict[tuple[int, int], int]:
    pairs = {}
    for code_point in CODE_POINTS:
        parts = unicodedata2.decomposition(chr(code_point)).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        first, second = (int(part, 16) for part in parts)
        if unicodedata2.normalize("NFC", chr(first) + chr(second)) == chr(code_point):
            pairs[first, second] = code_point
    return pairs


def main() -> None:
    if unicodedata2.unidata_version != VERSION:
        sys.exit(f"unicodedata2 knows Unicode {unicodedata2.unidata_version}, wanted {VERSION}")
    pairs = compositions()
    behind = {second for _, second in pairs} | HANGUL_BEHIND
    classes = sorted({unicodedata2.combining(chr(code_point)) for code_point in CODE_POINTS})
    if len(classes) > UNSURE:
        sys.exit(f"{len(classes)} combining classes do not fit")

    def property_of(code_point: int) -> int:
        character = chr(code_point)
        index = classes.index(unicodedata2.combining(character))
        is_sure = code_point not in behind and unicodedata2.normalize("NFC", character) == character
        return index if is_sure else index | UNSURE

    blocks: dict[tuple[int, ...], int] = {}
    block_of = []
    for start in range(0, 0x110000, BLOCK_CODE_POINTS):
        is_surrogate = 0xD800 <= start < 0xE000
        block = tuple(0 if is_surrogate else property_of(start + i) for i in range(BLOCK_CODE_POINTS))
        block_of.append(blocks.setdefault(block, len(blocks)))
    if len(blocks) > 256:
        sys.exit(f"{len(blocks)} blocks do not fit a byte")

    parts: list[int] = []
    decompositions = []
    for code_point in CODE_POINTS:
        whole = unicodedata2.normalize("NFD", chr(code_point))
        if code_point not in HANGUL and whole != chr(code_point):
            decompositions.append((code_point, len(parts), len(whole)))
            parts += map(ord, whole)
    joined = [(first, second, whole) for (first, second), whole in sorted(pairs.items())]
    properties = [value for block in blocks for value in block]
    sys.stdout.write(
        f"""// Written by tools/generate_compositions.py from Unicode {VERSION}. Not edited by hand.
#include "tokenfoundry/tokens/nfc_internal.h"

namespace tokenfoundry::tokens {{

// clang-format off
const uint8_t kNfcBlocks[{len(block_of)}] = {{
{rows(block_of, 32)}
}};

const uint8_t kNfcProperties[{len(properties)}] = {{
{rows(properties, 32)}
}};

const Decomposition kDecompositions[{len(decompositions)}] = {{
{triples(decompositions)}
}};

const uint32_t kDecomposed[{len(parts)}] = {{
{rows(parts, 16)}
}};

const Composition kCompositions[{len(joined)}] = {{
{triples(joined)}
}};
// clang-format on

}}  // namespace tokenfoundry::tokens
"""
    )


if __name__ == "__main__":
    main()
