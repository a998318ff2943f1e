"""What is printed: figures beside their targets and beside the rivals'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from pii.corpora import MEGABYTE
from pii.items import Item
from pii.labels import PEERS
from pii.scoring import Found, Score, total
from pii.speed import Growth, Start, Timed

# Least F1 on the values.
_STRUCTURED = ("EMAIL_ADDRESS", "IBAN_CODE", "CREDIT_CARD", "IT_FISCAL_CODE", "ES_NIF", "ES_NIE", "IP_ADDRESS", "URL")
F1_TARGETS = dict.fromkeys(_STRUCTURED, 0.99) | {"IT_VAT_CODE": 0.97, "PHONE_NUMBER": 0.97, "SECRET": 0.98}
EXACT_WITHIN = 0.05

# Most findings per MB: what is counted together, and the targets of it in the same order.
NOISE = {
    "PERSON": ("PERSON",),
    "IBAN+card+fiscal code": ("IBAN_CODE", "CREDIT_CARD", "IT_FISCAL_CODE"),
    "PHONE": ("PHONE_NUMBER",),
}
NOISY = frozenset(entity for entities in NOISE.values() for entity in entities)
NOISE_TARGETS = {"code": (100.0, 1.0, 5.0), "logs": (30.0, 1.0, 5.0)}

P50_TARGETS_US = {"without names": 20.0, "with names": 50.0}
P99_TARGET_US = 200.0
LONG_TARGET_MS = 5.0
START_TARGET_MS = 20.0
RESIDENT_TARGET_MB = 30.0
GROWTH_TARGET = 2.0
_RATIOS: tuple[tuple[str, str, float | None], ...] = (
    ("without names", "datafog-core", 2),
    ("without names", "datafog", None),
    ("without names", "presidio-patterns", None),
    ("with names", "presidio", 1000),
)

Scores = dict[str, dict[str, Score | None]]  # Detector, then entity; None where it claims none of it.


def verdict(ok: bool) -> str:
    return "ok" if ok else "MISSED"


def scored(
    items: Sequence[Item], findings: Sequence[Sequence[Found]], entities: Sequence[str], claims: Collection[str]
) -> dict[str, Score | None]:
    return {entity: total(items, findings, entity) if entity in claims else None for entity in entities}


def _cells(score: Score | None) -> list[str]:
    if score is None:
        return ["-"] * 4
    return [f"{100 * part:.1f}" for part in (score.precision, score.recall, score.f1, score.exact_f1)]


def values(scores: Scores, counts: dict[str, int], off: Collection[str]) -> list[str]:
    """Per entity: the number of truths (`counts`), then each detector's precision, recall, F1, exact F1, in percent."""
    titles = [PEERS[name].title if name in PEERS else name for name in scores]
    lines = [f"{'':18} {'':>5}" + "".join(f" | {title:^23}" for title in titles) + " |"]
    lines.append(f"{'entity':18} {'n':>5}" + f" | {'P':>5} {'R':>5} {'F1':>5} exact" * len(titles) + " | target")
    for entity, count in counts.items():
        row = f"{entity + ('*' if entity in off else ''):18} {count:5}"
        for score in scores.values():
            row += " | " + " ".join(f"{cell:>5}" for cell in _cells(score[entity]))
        own = scores["tokenfoundry"][entity]
        if entity in F1_TARGETS:
            reached = own is not None and own.f1 >= F1_TARGETS[entity]
            row += f" | {100 * F1_TARGETS[entity]:.0f} {verdict(reached)}"
        lines.append(row)
    lines += [
        f"  {PEERS[name].title}, {entity}: {what}"
        for name in scores
        if name in PEERS
        for entity, what in PEERS[name].partial.items()
    ]
    return [*lines, *(["  * not on by default, asked for by name"] if off else [])]


def markdown(scores: Scores, counts: dict[str, int], us_per_kb: dict[str, str]) -> list[str]:
    """The same for a README: precision / recall / F1, and the time in the last row."""
    titles = [PEERS[name].title if name in PEERS else "TokenFoundry" for name in scores]
    lines = ["| entity | n | " + " | ".join(titles) + " |", "|---|--:|" + "--:|" * len(titles)]
    for entity, count in counts.items():
        cells = ["-" if score[entity] is None else " / ".join(_cells(score[entity])[:3]) for score in scores.values()]
        lines.append(f"| {entity} | {count} | " + " | ".join(cells) + " |")
    times = " | ".join(us_per_kb.get(name, "-") for name in scores)
    return [*lines, f"| **CPU us per prompt of 1 KB, p50** | | {times} |"]


def names_row(
    title: str, detector: str, items: Sequence[Item], found: Sequence[Sequence[Found]], target: float | None
) -> str:
    score, touch = total(items, found, "PERSON"), total(items, found, "PERSON", at_least=0)
    line = f"{title:9} {detector:13} {len(items):5} texts {score.truths:5} names"
    line += f"  P {100 * score.precision:5.1f}  R {100 * score.recall:5.1f}  overlap F1 {100 * score.f1:5.1f}"
    line += f"  exact F1 {100 * score.exact_f1:5.1f}  touch F1 {100 * touch.f1:5.1f}"
    if target is not None:
        near = score.right > 0 and score.f1 - score.exact_f1 <= EXACT_WITHIN
        line += f"  target {100 * target:.0f} {verdict(score.f1 >= target)}, exact within 5 {verdict(near)}"
    return line


def noise_row(
    title: str,
    detector: str,
    counts: Counter[str],
    texts: Sequence[str],
    *,
    targets: tuple[float, ...] = (),
    claims: Collection[str] = NOISY,
) -> str:
    size_mb = sum(len(text.encode()) for text in texts) / MEGABYTE
    line = f"{title:17} {detector:13} {size_mb:5.1f} MB"
    for place, (what, entities) in enumerate(NOISE.items()):
        rate = sum(counts[entity] for entity in entities) / size_mb
        line += f"  {what} {f'{rate:.1f}' if set(entities) & set(claims) else '-':>7}"
        if targets:
            line += f" (<= {targets[place]:g} {verdict(rate <= targets[place])})"
    return line


def speeds(timed: dict[str, Timed], long_ms: dict[str, float]) -> list[str]:
    lines: list[str] = []
    for name, times in timed.items():
        line = f"{name:18} p50 {times.p50_us:10,.1f} us   p99 {times.p99_us:10,.1f} us"
        line += f"   100 KB {long_ms[name]:10,.2f} ms"
        if name in P50_TARGETS_US:
            line += f"   targets {P50_TARGETS_US[name]:g} {verdict(times.p50_us <= P50_TARGETS_US[name])}"
            line += f", {P99_TARGET_US:g} {verdict(times.p99_us <= P99_TARGET_US)}"
            line += f", {LONG_TARGET_MS:g} {verdict(long_ms[name] <= LONG_TARGET_MS)}"
        lines.append(line)
    for own, rival, least in _RATIOS:
        if own in timed and rival in timed:
            ratio = timed[rival].p50_us / timed[own].p50_us
            target = f", target {least:,.0f}x {verdict(ratio >= least)}" if least else ""
            lines.append(f"  {own}: {ratio:,.1f}x faster than {rival}{target}")
    return lines


def start(own: Start, rivals: dict[str, tuple[float, float]]) -> list[str]:
    lines = [
        f"start-up in a fresh process, cached database: Detector() {own.construct_ms:.1f} ms"
        f" (target {START_TARGET_MS:g} {verdict(own.construct_ms <= START_TARGET_MS)})"
        f", first detect {own.first_detect_ms:.1f} ms, resident memory {own.resident_mb:.1f} MB"
        f" (target {RESIDENT_TARGET_MB:g} {verdict(own.resident_mb <= RESIDENT_TARGET_MB)})"
    ]
    return lines + [
        f"  {name}: {ms:,.0f} ms, {megabytes:.1f} MB, imports included" for name, (ms, megabytes) in rivals.items()
    ]


def growth(rows: Sequence[Growth]) -> list[str]:
    """All rows, and the verdict on the steepest, which is the first."""
    lines = [f"{row.name:20} {row.short_us_per_kb:9.2f} {row.long_us_per_kb:9.2f}   {row.ratio:5.2f}x" for row in rows]
    slowest = max(rows, key=lambda row: row.long_us_per_kb)
    return [
        *lines,
        f"  steepest {rows[0].ratio:.2f}x ({rows[0].name}) {verdict(rows[0].ratio <= GROWTH_TARGET)}"
        f"; slowest {slowest.long_us_per_kb:.1f} us per KB ({slowest.name})",
    ]
