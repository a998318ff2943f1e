"""Logs of a shop's machines, without anybody's data: `benchmarks/data/pii/logs.txt` with numbers filled in.

`<D6>` is a number of six digits, `<HEX8>` eight hexadecimal ones, `<1-28>` a number from 1 to 28, `<IP>`, `<CLOCK>`,
`<UUID>`, `<EAN>`, `<SECONDS>` and `<MS>` (of Unix) what they say, and any other slot one of the
words at the file's end.
"""

from __future__ import annotations

import functools
import random
import re
import uuid

from stdnum import ean

from pii.wording import DATA, alternatives, sections

LINES_PER_TEXT = 100
_SLOT = re.compile(r"<(?:([A-Z]+)(\d*)|(\d+)-(\d+))>")


@functools.cache
def _templates() -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    read = sections(DATA / "logs.txt")
    words = alternatives(read.pop("words"))
    return tuple(line for lines in read.values() for line in lines), words


def logs(limit_bytes: int, seed: int = 7) -> list[str]:
    """Texts of 100 lines each, at least `limit_bytes` together: web server, system, JSON, stack traces, SQL. Seeded."""
    chance = random.Random(seed)
    templates, words = _templates()

    def filled(match: re.Match[str]) -> str:
        name, count, low, high = match.groups()
        if low:
            return str(chance.randint(int(low), int(high)))
        if name == "D":
            return str(chance.randrange(10 ** (int(count) - 1), 10 ** int(count)))
        if name == "HEX":
            return f"{chance.getrandbits(4 * int(count)):0{count}x}"
        if name == "EAN":
            body = chance.choice(("80", "40", "30", "84", "50")) + f"{chance.randrange(10**10):010}"
            return body + ean.calc_check_digit(body)
        if name == "SECONDS":
            return str(chance.randint(1_600_000_000, 1_790_000_000))
        if name == "MS":
            return str(chance.randint(1_600_000_000_000, 1_790_000_000_000))
        if name == "IP":
            return ".".join(str(chance.randint(1, 254)) for _ in range(4))
        if name == "CLOCK":
            return f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}"
        if name == "UUID":
            return str(uuid.UUID(int=chance.getrandbits(128), version=4))
        return chance.choice(words[name])

    texts: list[str] = []
    size = 0
    while size < limit_bytes:
        text = "".join(_SLOT.sub(filled, chance.choice(templates)) + "\n" for _ in range(LINES_PER_TEXT))
        texts.append(text)
        size += len(text)
    return texts
