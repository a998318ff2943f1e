"""One text of any size, changed as it comes. It has one numbering, and is not resumed but begun again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tokenfoundry.frames.files.decoding import Utf8
from tokenfoundry.frames.files.formats import compression_of
from tokenfoundry.frames.files.journal import check_paths, refuse_interrupted
from tokenfoundry.frames.files.outputs import Output, PartFile, StandardOutput
from tokenfoundry.frames.files.progress import Progress, no_progress
from tokenfoundry.frames.files.sources import Source

_BLOCK_BYTES = 2**18


def change_text(
    source: Path | None,
    target: Path | None,
    *,
    feed: Callable[[str], str],
    close: Callable[[], str],
    sync: Callable[[], None] = lambda: None,
    force: bool = False,
    progress: Progress = no_progress,
) -> None:
    """Writes what `feed` and `close` give, to a file that appears whole or not at all; None is standard input or
    output.

    `sync` is called when all is written and before it is named. Raises as `change_file` does.
    """
    if target is not None:
        check_paths(source, target, resume=False, force=force)
        refuse_interrupted(target, force=force)
    decode = Utf8()
    lines = 0
    with ExitStack() as opened:
        reading = opened.enter_context(Source(source, compression_of(source)))
        output: Output = StandardOutput()
        if target is not None:
            part = output = PartFile(target, compression_of(target))
            opened.callback(part.discard)
        is_last = False
        while not is_last:
            block = reading.read(_BLOCK_BYTES)
            is_last = not block
            text = decode(block, lines)
            lines += text.count("\n")
            output.write(feed(text).encode())
            progress(reading.taken_bytes, lines)
        output.write(close().encode())
        sync()
        output.finish()
