"""Texts with people's names, kept apart from all training: `benchmarks/data/pii/names_*.tsv`.

A line is the text, a tab, and the names as `start,end;start,end`, in bytes of UTF-8; nothing after the tab: no name.
"""

from __future__ import annotations

from pathlib import Path

from pii.items import Item, Truth

# File (without its suffix), title, and the least overlap F1 that is asked for.
FILES = (
    ("names_it", "chat, it", 0.95),
    ("names_en", "chat, en", 0.95),
    ("names_fr", "chat, fr", 0.95),
    ("names_de", "chat, de", 0.95),
    ("names_es", "chat, es", 0.95),
    ("names_news_en", "news, en", 0.78),
    ("names_news_it", "news, it", 0.84),
)


def read(path: Path) -> list[Item]:
    """The items of one file. Raises `SystemExit` with a sentence for a missing file or a line of another form."""
    if not path.is_file():
        raise SystemExit(
            f"bench pii: {path} is missing: the names cannot be scored without it (--skip names leaves them out)"
        )
    items = [
        _item(line, path, number)
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1)
        if line and not line.startswith(b"#")
    ]
    if not items:
        raise SystemExit(f"bench pii: {path} holds no text")
    return items


def _item(line: bytes, path: Path, number: int) -> Item:
    raw, tab, spans = line.rstrip(b"\r").partition(b"\t")
    truths: list[Truth] = []
    try:
        if not tab:
            raise ValueError("no tab")
        text = raw.decode()
        for span in filter(None, spans.decode().split(";")):
            first, last = map(int, span.split(","))
            value = raw[first:last].decode()
            if not 0 <= first < last <= len(raw) or not value.strip():
                raise ValueError(f"the span {span} holds no text")
            start = len(raw[:first].decode())
            truths.append(Truth("PERSON", value, ((start, start + len(value)),)))
    except ValueError as error:
        raise SystemExit(
            f"bench pii: {path}:{number} is not `text TAB start,end;start,end` in bytes: {error}"
        ) from error
    return Item(text, tuple(truths), path.stem, "names")
