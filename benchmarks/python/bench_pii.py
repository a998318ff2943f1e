"""How well, and how fast, is personal data found, beside Presidio and datafog?

    scripts/bench pii                    everything; the rivals are installed into .bench-venv/pii first
    scripts/bench pii --quick            fewer texts, no rivals: under half a minute
    scripts/bench pii --markdown         the table per entity for the README
    scripts/bench pii --failures URL     what was missed, and what was wrongly found, of one entity

Texts in five languages are made from templates and generated values with a fixed seed, apart from whatever the detector
was built on; names are scored on `benchmarks/data/pii/names_*.tsv`. A finding is right when it shares at least half of
what it and the truth cover together; "exact" asks for the same borders. Percent, microseconds of CPU per prompt of 1 KB
(1,024 bytes), findings per MB (10^6 bytes) of text without personal data.

The exit code is 1 where an answer is not sane: an empty set, a span outside of its text, findings that overlap, two
answers to one question. Figures that miss their target are marked and fail nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import tokenfoundry as tf
from pii import corpora, logs, names, peers, scoring, sets, speed, table
from pii.items import Item
from pii.labels import PEERS
from pii.own import Own, insane
from pii.peers import Worker
from pii.scoring import Found
from pii.wording import DATA

RIVALS = ("presidio", "presidio-patterns", "datafog-core", "datafog")
SECTIONS = ("values", "names", "noise", "speed")
PIECE_BYTES = 8_000  # A language model takes no text of any length.


@dataclass(frozen=True, slots=True)
class Size:
    """How much is asked."""

    per_entity: int
    rounds: int  # Of 500 prompts.
    processes: int
    growth_samples: int
    noise_bytes: int
    rival_noise_bytes: int = 0


FULL = Size(150, rounds=5, processes=7, growth_samples=3, noise_bytes=8_000_000, rival_noise_bytes=300_000)
QUICK = Size(50, rounds=2, processes=3, growth_samples=1, noise_bytes=2_000_000)


def say(*lines: str) -> None:
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.flush()


def progress(text: str) -> None:
    sys.stderr.write(text + "\n")


@dataclass(slots=True)
class Bench:
    own: Own
    workers: dict[str, Worker]
    size: Size

    @property
    def rivals(self) -> dict[str, Worker]:
        """Those whose answers are scored; `presidio-patterns` is only timed."""
        return {name: worker for name, worker in self.workers.items() if name in PEERS}

    def rival_findings(self, name: str, items: Sequence[Item], entities: Sequence[str]) -> list[list[Found]]:
        """A rival's findings of `entities`, under our names, at the threshold that suits it best."""
        peer = PEERS[name]
        only = [native for native, entity in peer.names.items() if entity in entities]
        progress(f"asking {peer.title} for {len(only)} entities ...")
        raw = self.workers[name].ask([item.text for item in items], only=only).findings
        translated = [peer.translated(found, only) for found in raw]
        claimed = [entity for entity in entities if entity in peer.claims]
        threshold, kept = scoring.best_threshold(items, translated, claimed)
        if threshold:
            say(f"  {peer.title}: findings below a score of {threshold} left out, which suits it best here")
        return kept

    def values(self, items: list[Item]) -> tuple[table.Scores, list[str]]:
        entities = list(sets.ENTITIES)
        languages = Counter(item.language for item in items)
        parts = ", ".join(f"{count} {language}" for language, count in sorted(languages.items()))
        say("", f"VALUES: {len(items)} texts ({parts}), set {sets.digest(items)}")
        found = [self.own.findings(item.text) for item in items]
        scores: table.Scores = {"tokenfoundry": table.scored(items, found, entities, self.own.known)}
        for name in self.rivals:
            theirs = self.rival_findings(name, items, entities)
            scores[name] = table.scored(items, theirs, entities, PEERS[name].claims)
        say(*table.values(scores, truth_counts(items), self.own.off))
        return scores, insane(self.own, items, found)

    def names(self, files: list[tuple[str, float, list[Item]]]) -> list[str]:
        problems: list[str] = []
        say("", "NAMES: PERSON on held-out texts; overlap: at least half in common; touch: any")
        for title, target, items in files:
            found = [self.own.findings(item.text) for item in items]
            problems += insane(self.own, items, found)
            say(table.names_row(title, "tokenfoundry", items, found, target))
            if "presidio" in self.workers:
                theirs = self.rival_findings("presidio", items, ["PERSON"])
                say(table.names_row(title, "Presidio", items, theirs, None))
        return problems

    def noise(self) -> None:
        say("", "NOISE: findings per MB where nobody's data is (comments in code do name some people)")
        sources: list[tuple[str, str, Callable[[int], list[str]]]] = [
            ("Python's library", "code", corpora.python_sources),
            ("C headers", "code", corpora.c_headers),
            ("logs", "logs", logs.logs),
        ]
        for title, kind, source in sources:
            texts = source(self.size.noise_bytes)
            if not texts:
                say(f"{title:17} none on this machine")
                continue
            counts = Counter(one.entity for text in texts for one in self.own.findings(text))
            say(table.noise_row(title, "tokenfoundry", counts, texts, targets=table.NOISE_TARGETS[kind]))
            few = corpora.pieces(source(self.size.rival_noise_bytes), PIECE_BYTES)
            for name, worker in self.rivals.items():
                only = [native for native, entity in PEERS[name].names.items() if entity in table.NOISY]
                progress(f"asking {PEERS[name].title} for {title} ...")
                found = worker.ask(few, only=only).findings
                counts = Counter(one.entity for each in found for one in PEERS[name].translated(each, only))
                say(table.noise_row("", PEERS[name].title, counts, few, claims=PEERS[name].claims))

    def speed(self) -> dict[str, str]:
        """Prints the figures; returns the median per prompt of each detector, for the README."""
        texts = sets.prompts(500, 1024)
        detectors: dict[str, speed.Detect] = {"without names": self.own.without_names.detect}
        if self.own.has_names:
            detectors["with names"] = self.own.default.detect
        timed = speed.prompts(detectors, self.workers, texts, rounds=self.size.rounds)
        long_ms = speed.long_prompt(detectors, self.workers, sets.prompts(1, 100 * 1024)[0])
        say("", f"SPEED: one thread, CPU time, {len(texts)} different prompts of 1 KB with a few values; one of 100 KB")
        say(*table.speeds(timed, long_ms))
        starts = {name: (worker.started_ms, worker.resident_mb) for name, worker in self.workers.items()}
        say(*table.start(speed.start_up(texts[0], self.size.processes), starts))

        say("", "HOSTILE TEXTS: us per KB at 64 KB and at 1 MB; 1x is linear, 16x quadratic")
        say(*table.growth(speed.growth(self.own.default.detect, self.size.growth_samples)))
        shown = {name: f"{timed[name].p50_us:,.0f}" for name in self.workers}
        shown["tokenfoundry"] = ", ".join(f"{timed[name].p50_us:.1f} {name}" for name in detectors)
        return shown

    def failures(self, items: Sequence[Item], entity: str, limit: int, rival: str | None) -> None:
        """The first texts where something of the entity was missed or wrongly found."""
        if rival is None:
            found = [self.own.findings(item.text) for item in items]
        else:
            found = self.rival_findings(rival, items, [*sets.ENTITIES] if entity in sets.ENTITIES else [entity])
        shown = 0
        for item, findings in zip(items, found, strict=True):
            judged = scoring.judge(item, findings, entity)
            if shown < limit and (judged.missed or judged.wrong):
                shown += 1
                say(f"--- {item.language} {item.family}", item.text)
                say(*(f"  missed {truth.value!r} at {truth.start}" for truth in judged.missed))
                say(*(f"  wrong  {item.text[one.start : one.end]!r} at {one.start}" for one in judged.wrong))


def truth_counts(items: Sequence[Item]) -> dict[str, int]:
    counts = Counter(truth.entity for item in items for truth in item.truths)
    return {entity: counts[entity] for entity in sets.ENTITIES}


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench pii", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer texts and no rivals, for CI")
    parser.add_argument("--no-peers", action="store_true", help="without the rivals")
    parser.add_argument("--markdown", action="store_true", help="print the table per entity for the README as well")
    parser.add_argument("--failures", metavar="ENTITY", help="print texts where this entity fails, and nothing else")
    parser.add_argument("--of", choices=sorted(PEERS), help="with --failures: those of a rival")
    parser.add_argument("--limit", type=int, default=20, help="how many texts --failures prints (20)")
    parser.add_argument("--skip", action="append", default=[], choices=SECTIONS, help="leave a section out")
    parser.add_argument("--seed", type=int, default=sets.SEED, help="of the values; another one asks what nobody saw")
    parser.add_argument("--names-dir", type=Path, default=DATA, help="where names_*.tsv are")
    return parser.parse_args()


def main() -> int:
    asked = parsed()
    size = QUICK if asked.quick else FULL
    items = sets.value_items(size.per_entity, asked.seed)
    named: list[tuple[str, float, list[Item]]] = []
    if asked.failures == "PERSON" or not (asked.failures or "names" in asked.skip):
        named = [(title, target, names.read(asked.names_dir / f"{name}.tsv")) for name, title, target in names.FILES]
    if asked.failures == "PERSON":
        items = [item for _, _, each in named for item in each]
    wanted: tuple[str, ...] = () if asked.quick or asked.no_peers else RIVALS
    if asked.failures:
        wanted = (asked.of,) if asked.of else ()

    problems: list[str] = []
    scores: table.Scores = {}
    us_per_kb: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for name in wanted:
            progress(f"starting {name} ...")
            workers[name] = stack.enter_context(peers.worker(peers.ready(), name))
        bench = Bench(Own(), workers, size)
        if asked.failures:
            bench.failures(items, asked.failures, asked.limit, asked.of)
            return 0
        versions = sorted(
            {f", {name} {version}" for each in workers.values() for name, version in each.versions.items()}
        )
        machine = f"Python {platform.python_version()}, {platform.machine()}"
        say(f"tokenfoundry {tf.__version__}, {machine}{''.join(versions)}")
        if "values" not in asked.skip:
            scores, problems = bench.values(items)
        if "names" not in asked.skip:
            problems += bench.names(named)
        if "noise" not in asked.skip:
            bench.noise()
        if "speed" not in asked.skip:
            us_per_kb = bench.speed()
    if asked.markdown and scores:
        say("", *table.markdown(scores, truth_counts(items), us_per_kb))
    for problem in problems[:20]:
        progress(f"NOT SANE: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
