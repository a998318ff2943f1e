"""Writes unicode_classes.cc: the class of every code point, as the pretokenizers need it, in a two-stage table.

    pip install unicodedata2==16.0.0
    python cpp/tokenfoundry/tokens/tools/generate_unicode.py > cpp/tokenfoundry/tokens/unicode_classes.cc

Unicode 16.0.0 is the version inside the reference, tiktoken 0.14, whose regular expressions are regex-syntax 0.8.11.
tests/equivalence compares every code point, so a reference that moves to another version fails there, by name.
"""

import sys

import unicodedata2

VERSION = "16.0.0"
BLOCK_CODE_POINTS = 128  # ASCII is block 0, so it needs no first stage.
ROW_VALUES = 32

# One bit each, as in unicode_internal.h.
UPPER, LOWER, UNCASED, MARK, NUMBER, SPACE, NEWLINE, OTHER = (1 << bit for bit in range(8))
GENERAL_CATEGORIES = {
    "Lu": UPPER,
    "Lt": UPPER,
    "Ll": LOWER,
    "Lm": UNCASED,
    "Lo": UNCASED,
    "Mn": MARK,
    "Mc": MARK,
    "Me": MARK,
    "Nd": NUMBER,
    "Nl": NUMBER,
    "No": NUMBER,
}
# The property White_Space (PropList.txt), less carriage return and line feed, which have a class of their own.
WHITE_SPACE = {
    *range(0x09, 0x0E),
    0x20,
    0x85,
    0xA0,
    0x1680,
    *range(0x2000, 0x200B),
    0x2028,
    0x2029,
    0x202F,
    0x205F,
    0x3000,
}


def class_of(code_point: int) -> int:
    if code_point in (0x0A, 0x0D):
        return NEWLINE
    if code_point in WHITE_SPACE:
        return SPACE
    return GENERAL_CATEGORIES.get(unicodedata2.category(chr(code_point)), OTHER)


def rows(values: list[int]) -> str:
    lines = [values[start : start + ROW_VALUES] for start in range(0, len(values), ROW_VALUES)]
    return "\n".join("    " + " ".join(f"{value}," for value in line) for line in lines)


def main() -> None:
    if unicodedata2.unidata_version != VERSION:
        sys.exit(f"unicodedata2 knows Unicode {unicodedata2.unidata_version}, wanted {VERSION}")
    blocks: dict[tuple[int, ...], int] = {}
    block_of = []
    for start in range(0, 0x110000, BLOCK_CODE_POINTS):
        block = tuple(class_of(code_point) for code_point in range(start, start + BLOCK_CODE_POINTS))
        block_of.append(blocks.setdefault(block, len(blocks)))
    if len(blocks) > 256:
        sys.exit(f"{len(blocks)} blocks do not fit a byte")
    classes = [value for block in blocks for value in block]
    sys.stdout.write(
        f"""// Written by tools/generate_unicode.py from Unicode {VERSION}. Not edited by hand.
#include "tokenfoundry/tokens/unicode_internal.h"

namespace tokenfoundry::tokens {{

// clang-format off
const uint8_t kUnicodeBlocks[{len(block_of)}] = {{
{rows(block_of)}
}};

const uint8_t kUnicodeClasses[{len(classes)}] = {{
{rows(classes)}
}};
// clang-format on

}}  // namespace tokenfoundry::tokens
"""
    )


if __name__ == "__main__":
    main()
