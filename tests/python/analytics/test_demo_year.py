"""The demo's year: seeded, exact, and with what is planted in it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec
import pytest

from tokenfoundry.analytics.demo_data import CONFIGURATION, write_demo_data
from tokenfoundry.analytics.demo_data.traffic import PLANTED, TEAMS, USES
from tokenfoundry.analytics.rows import ExportDirectory, open_views
from tokenfoundry.errors import InvalidInput
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.pricing.applied import recomputed_nano
from tokenfoundry.records import CallRecord
from tokenfoundry.settings import Settings
from tokenfoundry.usage import Usage


def digest(directory: ExportDirectory) -> str:
    files = [file for folder in ("entries", "sums") for file in directory.files(folder)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def test_the_same_seed_makes_the_same_files(tmp_path: Path) -> None:
    one, again, other = (
        write_demo_data(tmp_path / name, calls=3000, seed=seed) for name, seed in (("1", 1), ("1b", 1), ("2", 2))
    )
    assert digest(one) == digest(again) != digest(other)


def test_it_is_a_year_of_nine_teams_and_twelve_intents(demo: ExportDirectory) -> None:
    with open_views(demo) as connection:
        found = connection.execute(
            "select count(distinct project), count(distinct intent), count(distinct month(hour)), sum(calls) from sums"
        ).fetchone()
        kinds = connection.execute("select distinct kind from calls order by 1").fetchall()
        order = connection.execute(
            "select count(*) from (select posted_at < lag(posted_at) over (order by seq) as back from calls) where back"
        ).fetchone()
    assert found is not None
    assert found[:3] == (len(TEAMS), len(USES), 12) == (9, 12, 12)
    assert 29_900 < found[3] <= 30_000
    assert kinds == [("hit",), ("refused",), ("settled",), ("void",)]
    assert order == (0,)


def test_every_call_costs_what_the_price_book_says_of_its_tokens(demo: ExportDirectory) -> None:
    book = PriceBook.from_settings(Settings.from_yaml(CONFIGURATION), prices(), at=0)
    with open_views(demo) as connection:
        rows = connection.execute(
            "select target, input_tokens, output_tokens, cache_read_tokens, epoch_ms(began_at), money_nano from calls"
            " where kind = 'settled'"
        ).fetchall()
    assert len(rows) > 28_000
    for target, input_tokens, output_tokens, read_tokens, at_ms, money_nano in rows:
        usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens, cache_read_tokens=read_tokens)
        assert book.cost_nano(target, usage, at=at_ms)[0] == money_nano


def test_the_records_of_a_year_are_computed_again_from_themselves_to_the_same_bytes(
    demo: ExportDirectory, tmp_path: Path
) -> None:
    """The year of the shared fixture; with TF_LONG=1 all two million calls."""
    year = write_demo_data(tmp_path / "year") if os.environ.get("TF_LONG") == "1" else demo
    book = PriceBook.from_settings(Settings.from_yaml(CONFIGURATION), prices(), at=0)
    counts = ("input_tokens", "output_tokens", "cache_read_tokens")
    names = ("request_id", "endpoint", "outcome", "status", "alias", "target", "model", *counts, "money_nano")
    once, again, records = hashlib.sha256(), hashlib.sha256(), 0
    with open_views(year) as connection:
        found = connection.execute(
            f"select epoch_ms(began_at), {', '.join(names)} from calls where kind = 'settled' order by seq"
        )
        while rows := found.fetchmany(10_000):
            for at_ms, *values in rows:
                stated = dict(zip(names, values, strict=True))
                cost_nano = stated.pop("money_nano")
                usage = Usage(**{name: stated[name] for name in counts})
                price = book.price(stated["target"], usage, at=at_ms)
                kept = CallRecord(at_ms=at_ms, currency="EUR", cost_nano=cost_nano, price=price, **stated).to_bytes()
                read = CallRecord.from_bytes(kept)
                once.update(kept)
                again.update(msgspec.structs.replace(read, cost_nano=recomputed_nano(read)).to_bytes())
                records += 1
    assert records > 28_000
    assert once.digest() == again.digest()


def test_what_was_spent_and_saved_is_what_it_would_have_cost(demo: ExportDirectory) -> None:
    with open_views(demo) as connection:
        (wrong,) = connection.execute(
            "select count(*) from calls where spent_nano + saved_batch_nano + saved_prompt_cache_nano"
            " + saved_routing_nano + saved_response_cache_nano <> counterfactual_nano"
        ).fetchone() or (None,)
    assert wrong == 0


def test_one_session_of_the_agent_loops(demo: ExportDirectory) -> None:
    with open_views(demo) as connection:
        top = connection.execute(
            "select session, sum(calls) from sessions group by 1 order by 2 desc limit 2"
        ).fetchall()
    assert top[0][0].startswith(PLANTED["loop"])
    assert top[0][1] == 450 > 20 * top[1][1]


def test_too_few_calls_and_a_folder_in_use_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="calls: 10 is less than 1000"):
        write_demo_data(tmp_path / "few", calls=10)
    (tmp_path / "note").write_text("mine")
    with pytest.raises(InvalidInput, match="is not empty"):
        write_demo_data(tmp_path)
