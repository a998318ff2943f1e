"""How many tokens a picture is, by its size and the published rule of the model that reads it.

The size is read from the head of the picture's own bytes, which nobody decodes. One that is named by an address, or
whose head is of no format that models read, is counted at the most its rule knows.

Sources, by family, in `tokenfoundry.picture_rules`. Where a rule can be read in two ways, such as whether a small
picture is made larger, it is read as the one that counts more: a hold must not be below the bill.
"""

from __future__ import annotations

import binascii
import io
import struct

from tokenfoundry.picture_rules import DENSEST, USUAL, Size, known_rule_of

# Of base64 text. What stands before the size of a JPEG, such as a small picture of it, is rarely longer, and hostile
# bytes must not keep the parser busy.
_MOST_OF_A_HEAD = 128 << 10
_READ = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"RIFF")


def picture_tokens(model: str, picture: str, *, detail: str | None = None, strict: bool = False) -> int:
    """The tokens of a picture: its address, which may be a `data:` one with its bytes, or its bytes alone in base64.

    A model of which no rule is published has that of most of OpenAI's; with `strict` the densest one of all.

    >>> picture_tokens("gpt-4o", "https://example.it/gatto.png")
    1445
    >>> picture_tokens("gpt-4o", "https://example.it/gatto.png", detail="low")
    85
    """
    return counted_picture(model, picture, detail=detail, strict=strict)[0]


def counted_picture(model: str, picture: str, *, detail: str | None = None, strict: bool = False) -> tuple[int, bool]:
    """The same, and whether it is what the rule says of this picture, not the most it says of any."""
    rule = known_rule_of(model) or (DENSEST if strict else USUAL)
    if detail == "low":
        return rule.at_low_detail, rule.at_low_detail < rule.most
    size = size_of(picture)
    return (rule.most, False) if size is None else (min(rule.most, rule.tokens(size)), True)


def size_of(picture: str) -> Size | None:
    """Width and height in pixels, both above 0; None when they cannot be told."""
    start = 0
    if picture.startswith("data:"):
        start = picture.find(",") + 1
        if not picture.endswith(";base64,", 0, start):
            return None
    taken = picture[start : start + _MOST_OF_A_HEAD]
    try:
        head = binascii.a2b_base64(taken[: len(taken) // 4 * 4])
    except (binascii.Error, ValueError):
        return None
    if not head.startswith(_READ):
        return None
    import imagesize  # Here, as it brings clients of the network that every start would wait for.

    try:
        width, height = imagesize.get(io.BytesIO(head))
    except (ValueError, struct.error):
        return None
    return (int(width), int(height)) if width > 0 and height > 0 else None
