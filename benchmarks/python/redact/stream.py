"""What does restoring cost a streamed answer? Microseconds of CPU per chunk, and microseconds to its first token.

Chunks: whole streams go through a restorer with 40 values, cut as models send them (4 characters) and as badly as can
be (1); the pieces are asserted to be the restored whole before anything is timed. The figure is the median of the
rounds, with the worst one. Goal: 5 us per chunk.

First token: streamed chats of about 1 KB with six values, each another one, are asked of a gateway within this process
and answered by a provider in a process of its own, which says its first token at once. Without redaction, with it, and
with it in a conversation take turns. Shown are the median time, and the CPU time that this process, which has one loop,
spent until then: how much more that is than without redaction delays the token. The cache is off. Goal: 200 us more.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import tokenfoundry as tf
from tokenfoundry.privacy.placeholders import PlaceholderMap

GOAL_US_PER_CHUNK = 5
GOAL_FIRST_TOKEN_US = 200

_PROSE = "Gentile cliente, la Sua pratica è stata chiusa; riceverà una conferma scritta entro dieci giorni. "
_NAMED = "Ho scritto a [EMAIL_ADDRESS_7] e a **[person_3]**, come chiesto; l'IBAN è \\[IBAN\\_CODE\\_2\\]. "
_JSON = '{"to": "[EMAIL_ADDRESS_7]", "rows": [1, 2], "text": "riga\\n\\"due\\" \\u00e8 \\\\[PERSON_3\\\\]"} '
STREAMS: dict[str, tuple[str, bool]] = {
    "prose": (_PROSE * 60, False),
    "prose with placeholders": ((_PROSE + _NAMED) * 30, False),
    "placeholders alone": ("[EMAIL_ADDRESS_12][PERSON_8]" * 100, False),
    "code": ("rows[i] = {k: d[k] & mask for k in a[i:j]}  # \\d+ [see below]\n" * 60, False),
    "arguments (JSON)": (_JSON * 40, True),
    "nothing but beginnings": ("[EMAIL_ADDRESS_&#91;EMAIL\\_" * 60, False),
}


def say(line: str) -> None:
    """Prints a line of the tables."""
    sys.stdout.write(f"{line}\n")


def main(*, quick: bool, peers: bool) -> None:
    """Prints both tables; there is no rival that restores what a stream has cut."""
    _chunks(rounds=5 if quick else 25)
    asyncio.run(_first_token(turns=60 if quick else 400))


def _values() -> PlaceholderMap:
    values = PlaceholderMap()
    for number in range(1, 21):
        values.assign("EMAIL_ADDRESS", f"utente{number}@example.it")
    for number in range(1, 18):
        values.assign("PERSON", f'Nome "{number}" Cognome')
    for number in range(1, 4):
        values.assign("IBAN_CODE", f"IT60X05428111010000001234{number:02d}")
    return values


def _chunks(*, rounds: int) -> None:
    values = _values()
    say(f"  {'us per chunk':<28}{'4 characters':>16}{'1 character':>16}   goal {GOAL_US_PER_CHUNK}")
    for name, (text, json) in STREAMS.items():
        cells = []
        for size in (4, 1):
            chunks = [text[at : at + size] for at in range(0, len(text), size)]
            stream = tf.StreamRestorer(values, json=json)
            whole = tf.StreamRestorer(values, json=json)
            assert "".join([*map(stream.feed, chunks), stream.close()]) == whole.feed(text) + whole.close()
            taken = [_us_per_chunk(values, chunks, json=json) for _ in range(rounds)]
            cells.append(f"{statistics.median(taken):6.2f} (..{max(taken):5.2f})")
        say(f"  {name:<28}{cells[0]:>16}{cells[1]:>16}")


def _us_per_chunk(values: PlaceholderMap, chunks: list[str], *, json: bool) -> float:
    stream = tf.StreamRestorer(values, json=json)
    feed = stream.feed
    began = time.process_time_ns()
    for chunk in chunks:
        feed(chunk)
    return (time.process_time_ns() - began) / len(chunks) / 1000


async def _first_token(*, turns: int) -> None:
    with tempfile.TemporaryDirectory(prefix="tokenfoundry-bench-") as scratch:
        here, there = multiprocessing.Pipe()
        provider = multiprocessing.get_context("spawn").Process(target=_provide, args=(there,), daemon=True)
        provider.start()
        try:
            await _in_turns(here.recv(), Path(scratch), turns)
        finally:
            provider.terminate()
            provider.join()


async def _in_turns(port: int, scratch: Path, turns: int) -> None:
    off, on = (_factory(port, scratch / name, enabled=enabled) for name, enabled in (("off", False), ("on", True)))
    with off, on:
        keys = {off: off.create_key(), on: on.create_key()}
        ways: dict[str, tuple[tf.TokenFactory, dict[str, Any]]] = {
            "without redaction": (off, {}),
            "with redaction": (on, {}),
            "in a conversation": (on, {"conversation": "bench"}),
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for turn in range(-20, turns):  # The first ones warm up.
            for name, (factory, fields) in ways.items():
                taken_us = await _first_token_us(factory, keys[factory], f"{turn} {name}", fields)
                if turn >= 0:
                    taken[name].append(taken_us)
        await off.aclose()
        await on.aclose()
    medians = {name: [statistics.median(each) for each in zip(*pairs, strict=True)] for name, pairs in taken.items()}
    bare_us = medians["without redaction"][1]
    say(f"\n  {'us to the first token':<28}{'time':>10}{'CPU':>10}{'more':>10}   goal {GOAL_FIRST_TOKEN_US} more")
    for name, (time_us, cpu_us) in medians.items():
        say(f"  {name:<28}{time_us:>10.0f}{cpu_us:>10.0f}{cpu_us - bare_us:>10.0f}")


async def _first_token_us(factory: tf.TokenFactory, key: str, tag: str, fields: dict[str, Any]) -> tuple[float, float]:
    person = abs(hash(tag)) % 10**6
    text = (
        f"Richiesta {tag}. Sono Mario Rossi, scrivetemi a u{person}@example.it o al +39 333 123 4567; il codice "
        f"fiscale è RSSMRA85T10A562S e l'IBAN IT60X0542811101000000123456. {_PROSE * 7}"
    )
    began, cpu_began = time.perf_counter_ns(), time.process_time_ns()
    chunks = await factory.chat(
        key=key, model="fast", messages=[{"role": "user", "content": text}], stream=True, max_tokens=64, **fields
    )
    async for _ in chunks:
        break
    taken = (time.perf_counter_ns() - began) / 1000, (time.process_time_ns() - cpu_began) / 1000
    await chunks.aclose()
    return taken


def _factory(port: int, data_dir: Path, *, enabled: bool) -> tf.TokenFactory:
    target = {"provider": "bench", "model": "m", "tokenizer": "o200k_base", "price": {"input": "1", "output": "2"}}
    return tf.TokenFactory.from_config(
        {
            "currency": "EUR",
            "data_dir": str(data_dir),
            "providers": {"bench": {"format": "openai", "base_url": f"http://127.0.0.1:{port}/v1"}},
            "targets": {"m": {**target, "trust": "external"}},
            "aliases": {"fast": ["m"]},
            "cache": {"enabled": False},
            "privacy": {"enabled": enabled},
        }
    )


_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_CHUNK = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":%b,'
    b'"finish_reason":%b}]}\n\n'
)


def _provide(parent: Connection) -> None:
    """A provider that answers every request with a stream of two chunks."""
    first, last = _CHUNK % (b'{"role":"assistant","content":"Ecco"}', b"null"), _CHUNK % (b"{}", b'"stop"')
    events = first, last, b"data: [DONE]\n\n"
    answer = _HEAD + b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events) + b"0\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                size = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                await reader.readexactly(size)
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        parent.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        sys.exit(0)
