"""How long does it take to find, and to take out, the personal data of a prompt? CPU microseconds per KB of UTF-8.

    .venv/bin/python benchmarks/python/bench_detect.py

Each prompt's findings are asserted before it is timed. A sample is the mean of enough calls to last about 20 ms; shown
are the median and the spread (10th to 90th percentile) of 31 samples, taken round robin over the prompts. A KB is 1024
bytes. Goals: 20 us per KB to find all but names, 50 us with names, for prompts as people write them ("only values" is
the worst case and has none). How well, and beside whom: bench_pii.py.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable

import tokenfoundry as tf

SAMPLES = 31
SAMPLE_SECONDS = 0.02
GOALS_US_PER_KB = {"without names": 20, "with names": 50}

ITALIAN_MAIL = """Gentile assistente, riscrivi in tono cortese questa risposta per il cliente.

Buongiorno, confermo di aver ricevuto la Sua richiesta del 12/03/2025 relativa alla pratica 2025/0048817. L'importo di
€ 1.250,00 verrà accreditato sull'IBAN IT60 X054 2811 1010 0000 0123 456 entro dieci giorni lavorativi. Se i dati non
fossero corretti può scrivere a mario.rossi@example.it oppure chiamare il numero +39 333 1234567 dalle 09:30 alle 17:00.
Il codice fiscale che risulta nei nostri archivi è RSSMRA85T10A562S: La preghiamo di verificarlo. Perché la procedura
sia completa è necessario allegare copia del documento e della visura; più tardi riceverà una conferma scritta con il
riepilogo di quanto comunicato e con i tempi previsti. Cordiali saluti, l'ufficio rimborsi.
"""
ENGLISH_TICKET = """You are a support agent. Summarise the ticket below in three bullet points and suggest a next step.

Ticket 88213 (opened 2025-03-12T09:14:03Z, priority high): the customer was charged twice, 49.90 USD each, on the card
4111 1111 1111 1111. She asks for a refund and says that nobody answered her at +44 20 7946 0958. Please write only to
anna.smith@example.com; the shared address support@example.com is not read at weekends. Order 100-2231-889, article
SKU 0532-123456, tracking 00340434161094042557. She has been with us since 2019, never complained before, and would
like to keep her subscription if the matter is solved soon. Answer in a calm and friendly tone, under 200 words.
"""
PROSE = (
    "La luna si levò tardi sopra i tetti della città, e per un lungo momento nessuno disse una parola. Poi il vecchio "
    "posò il bicchiere sul tavolo, guardò la finestra e cominciò a raccontare di quando il fiume arrivava fin lì. "
)
CODE = '''def settle(entries: list[Entry], *, at_ms: int = 1_741_770_843_000) -> dict[str, int]:
    """Sums what was posted: {"total": 0x1F4, "rate": 0.0021}."""
    totals: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if entry.at_ms <= at_ms and entry.kind != "void":  # 550e8400-e29b-41d4-a716-446655440000
            totals[entry.account] = totals.get(entry.account, 0) + entry.amount_nano * 1000 // 17
    return {key: value for key, value in sorted(totals.items(), key=lambda pair: -pair[1])}
'''

MAIL_FINDINGS = {"IBAN_CODE": 1, "EMAIL_ADDRESS": 1, "PHONE_NUMBER": 1, "IT_FISCAL_CODE": 1}
WORST = "only values"
PROMPTS: dict[str, tuple[str, dict[str, int]]] = {
    "mail, it": (ITALIAN_MAIL, MAIL_FINDINGS),
    "ticket, en": (ENGLISH_TICKET, {"CREDIT_CARD": 1, "PHONE_NUMBER": 1, "EMAIL_ADDRESS": 2}),
    "mails, it, 64 KB": (ITALIAN_MAIL * 75, dict.fromkeys(MAIL_FINDINGS, 75)),
    "prose, it, 16 KB": (PROSE * 70, {}),
    "code, 8 KB": (CODE * 14, {}),
    WORST: ("mario.rossi@example.it +39 333 1234567\n" * 26, {"EMAIL_ADDRESS": 26, "PHONE_NUMBER": 26}),
}


def cpu_us_per_kb(call: Callable[[str], object], text: str, calls: int) -> float:
    start = time.process_time_ns()
    for _ in range(calls):
        call(text)
    return (time.process_time_ns() - start) / 1000 / calls / (len(text.encode()) / 1024)


def calls_per_sample(call: Callable[[str], object], text: str) -> int:
    start = time.process_time()
    call(text)
    return max(1, int(SAMPLE_SECONDS / max(time.process_time() - start, 1e-6)))


def row(name: str, samples: list[float], size: int) -> str:
    deciles = statistics.quantiles(samples, n=10)
    return f"{name:34} {size:7} {statistics.median(samples):8.2f}   {deciles[0]:.2f} - {deciles[-1]:.2f}"


def main() -> int:
    with_names = tf.Detector()
    detector = tf.Detector([name for name in tf.entities("default") if name != "PERSON"])
    redactor = tf.Redactor(with_names)
    for name, (text, expected) in PROMPTS.items():
        found = Counter(finding.entity for finding in detector.detect(text))
        assert found == expected, (name, found)
        assert redactor.redact(text).restore(redactor.redact(text).text) == text, name

    work: dict[tuple[str, str], Callable[[str], object]] = {}
    for name in PROMPTS:
        work[name, "without names"] = detector.detect
        work[name, "with names"] = with_names.detect
        work[name, "redact"] = redactor.redact
    calls = {key: calls_per_sample(call, PROMPTS[key[0]][0]) for key, call in work.items()}
    samples: dict[tuple[str, str], list[float]] = {key: [] for key in work}
    for _ in range(SAMPLES):
        for key, call in work.items():
            samples[key].append(cpu_us_per_kb(call, PROMPTS[key[0]][0], calls[key]))

    lines = [f"tokenfoundry {tf.__version__}, Python {platform.python_version()}, {platform.machine()}"]
    lines.append(f"{'prompt':34} {'bytes':>7} {'us/KB':>8}   10% - 90%")
    for (name, what), values in samples.items():
        lines.append(row(f"{name}: {what}", values, len(PROMPTS[name][0].encode())))
    for what, goal in GOALS_US_PER_KB.items():
        medians = [
            statistics.median(values) for (name, kind), values in samples.items() if kind == what and name != WORST
        ]
        lines.append(f"slowest {what} but for the worst case: {max(medians):.2f} us/KB, goal {goal}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
