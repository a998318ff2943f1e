"""Texts of a few MB that nobody wrote for a test: books, manuals, code and logs out of Debian packages.

The packages are fetched with apt, unpacked without being installed, and kept beside the rivals. What is read of them:
the handbook and the reference of Debian in five languages, Python's own library, JSON of the country and language
codes, and the logs of many servers that fail2ban is tested on.
"""

from __future__ import annotations

import gzip
import html
import random
import re
import subprocess
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
UNPACKED = ROOT / ".bench-venv" / "tokens-corpora"
PACKAGES = (
    "debian-handbook",
    "debian-reference-en",
    "debian-reference-it",
    "debian-reference-ja",
    "debian-reference-zh-cn",
    "manpages-it",
    "fail2ban",
    "iso-codes",
)
HANDBOOK = "usr/share/doc/debian-handbook/html"
REFERENCE = "usr/share/debian-reference/debian-reference"
LOGS = "usr/lib/python3/dist-packages/fail2ban/tests/files/logs"
MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)
IDEOGRAPHIC = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
NOT_ASCII = re.compile("[^\x00-\x7f]")
BLANK_LINES = re.compile(r"\n\s*\n\s*")


def unpacked() -> Path:
    """The folder of the unpacked packages; fetches them the first time."""
    stamp = UNPACKED / ".whole"
    if not stamp.exists():
        UNPACKED.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=UNPACKED, check=True, stderr=subprocess.DEVNULL)
        for package in sorted(UNPACKED.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", package.name, "."], cwd=UNPACKED, check=True)
            package.unlink()
        stamp.touch()
    return UNPACKED


def prose_of(page: str) -> str:
    """The text of a page of HTML, a paragraph a line."""
    return BLANK_LINES.sub("\n\n", html.unescape(MARKUP.sub(" ", page))).strip() + "\n"


def handbook(folder: Path, language: str) -> Iterator[str]:
    for path in sorted((folder / HANDBOOK / language).glob("*.html")):
        yield prose_of(path.read_text(encoding="utf-8"))


def zipped(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        yield gzip.decompress(path.read_bytes()).decode("utf-8", errors="replace")


def plain(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        yield path.read_text(encoding="utf-8", errors="replace")


def translated(folder: Path, language: str, foreign: re.Pattern[str]) -> Iterator[str]:
    """The lines of a handbook that were translated: what was not is English."""
    for page in handbook(folder, language):
        yield "".join(line for line in page.splitlines(keepends=True) if foreign.search(line))


def english(folder: Path) -> Iterator[str]:
    yield from handbook(folder, "en-US")
    yield from zipped([folder / f"{REFERENCE}.en.txt.gz"])


def italian(folder: Path) -> Iterator[str]:
    yield from handbook(folder, "it-IT")
    yield from zipped([folder / f"{REFERENCE}.it.txt.gz"])
    yield from zipped(sorted((folder / "usr/share/man/it").rglob("*.gz")))


def code(folder: Path) -> Iterator[str]:
    library = Path(sysconfig.get_path("stdlib"))
    yield from plain(path for path in sorted(library.glob("*.py")) if path.is_file())
    yield from plain(sorted((folder / "usr/lib/python3/dist-packages/fail2ban").rglob("*.py")))


def cjk(folder: Path) -> Iterator[str]:
    for language in ("zh-CN", "ja-JP", "ko-KR", "zh-TW"):
        yield from translated(folder, language, IDEOGRAPHIC)
    yield from zipped([folder / f"{REFERENCE}.ja.txt.gz", folder / f"{REFERENCE}.zh-cn.txt.gz"])


def mixed(folder: Path) -> Iterator[str]:
    for language in ("de-DE", "ru-RU", "el-GR", "ar-MA", "fr-FR", "vi-VN"):
        yield from translated(folder, language, NOT_ASCII)


def logs(folder: Path) -> Iterator[str]:
    yield from plain(sorted((folder / "usr/share/iso-codes/json").glob("*.json")))
    yield from plain(path for path in sorted((folder / LOGS).rglob("*")) if path.is_file())


KINDS: dict[str, Callable[[Path], Iterator[str]]] = {
    "english": english,
    "italian": italian,
    "code": code,
    "cjk": cjk,
    "mixed": mixed,
    "json/logs": logs,
}


def corpora(characters: int) -> dict[str, str]:
    """The texts by kind, each at most so many characters long."""
    folder = unpacked()
    return {name: "".join(texts(folder))[:characters] for name, texts in KINDS.items()}


def prompts(texts: dict[str, str], count: int) -> list[str]:
    """Cuts of the texts, half of them English, of 20 to 8,000 characters, short ones oftener, as chat prompts are."""
    rng = random.Random(20)
    others = [name for name in texts if name != "english"]
    made = []
    for _ in range(count):
        text = texts["english" if rng.random() < 0.5 else rng.choice(others)]
        length = round(20 * 400 ** rng.random())
        start = rng.randrange(len(text) - length)
        made.append(text[start : start + length])
    return made
