"""HTML of texts whose personal data is shown as coloured spans. Everything from outside is escaped here."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

_COLOURS: Final = ("#fde2e4", "#e2ece9", "#dfe7fd", "#fff1c1", "#e8dff5", "#d6f0d8", "#fcd5b5", "#d0ebf5")
_SPAN: Final = "background:{};color:#1b1b1b;border-radius:3px;padding:0 3px;font-family:monospace"
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; line-height: 1.5 }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def span(entity: str, shown: str) -> str:
    """A coloured span; an entity has one colour everywhere.

    >>> "&lt;b&gt;" in span("BADGE", "<b>")
    True
    """
    colour = _COLOURS[zlib.crc32(entity.encode()) % len(_COLOURS)]
    return f'<span title="{escape(entity)}" style="{_SPAN.format(colour)}">{escape(shown)}</span>'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """A table of cells that are HTML already; the first `left` columns are text, the others numbers."""

    def line(tag: str, cells: Sequence[str]) -> str:
        aligned = ("left" if at < left else "right" for at in range(len(cells)))
        return "".join(
            f'<{tag} style="text-align:{side};padding:2px 10px;vertical-align:top">{cell}</{tag}>'
            for side, cell in zip(aligned, cells, strict=True)
        )

    body = "".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    heads = line("th", [escape(column) for column in columns])
    return f'<table style="border-collapse:collapse"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'


def page(title: str, body: str) -> str:
    """A whole document around HTML; it runs no script and fetches nothing."""
    return _PAGE.format(title=escape(title), body=body)
