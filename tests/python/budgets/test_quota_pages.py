"""The page of a workspace's quota: every number against one that was worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tokenfoundry.errors import Conflict, InvalidInput
from tokenfoundry.ledger import Amounts, Axes
from tokenfoundry.quotas import percent

ACME = Axes(workspace="acme")
QUOTA = "quotas: {acme: {tokens: 3000, images: 1000, audio: 500, anchor_day: 15, tz: Europe/Rome}}"


def buckets(page: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {bucket["bucket"]: bucket for bucket in page["buckets"]}


def test_the_whole_page_of_a_workspace(office: Any) -> None:
    books = office(QUOTA)
    assert books.spend(axes=ACME, tokens=1001, images=799, requests=1)
    assert books.spend(axes=ACME, audio=500)
    books.ledger.reserve("open", amounts=Amounts(tokens=500), axes=ACME)
    assert books.spend(axes=Axes(workspace="other"), tokens=5000)
    resets = {"resets_at": "2026-08-15T00:00:00+02:00"}
    assert books.admin.quota_page("acme") == {
        "object": "usage.quotas",
        "workspace": "acme",
        "period": {"start": "2026-07-15T00:00:00+02:00", "end": "2026-08-15T00:00:00+02:00"},
        "enforced": True,
        "banner": None,
        "buckets": [
            {
                "bucket": "tokens",
                "limit": 3000,
                "used": 1001,
                "held": 500,
                "remaining": 1999,
                "used_percent": 33.4,
                "warning": False,
                "exceeded": False,
                **resets,
            },
            {
                "bucket": "images",
                "limit": 1000,
                "used": 799,
                "held": 0,
                "remaining": 201,
                "used_percent": 79.9,
                "warning": False,
                "exceeded": False,
                **resets,
            },
            {
                "bucket": "audio",
                "limit": 500,
                "used": 500,
                "held": 0,
                "remaining": 0,
                "used_percent": 100.0,
                "warning": True,
                "exceeded": True,
                **resets,
            },
            {"bucket": "video", "limit": None, "status": "reserved"},
        ],
    }


@pytest.mark.parametrize(
    ("used", "limit", "shown", "warning", "exceeded"),
    [
        (0, 50_000_000, "0.0", False, False),
        (39_999_999, 50_000_000, "80.0", False, False),  # Shown as 80.0, and one token short of the warning.
        (40_000_000, 50_000_000, "80.0", True, False),
        (49_999_999, 50_000_000, "100.0", True, False),  # Shown as 100.0, and one token is left.
        (50_000_000, 50_000_000, "100.0", True, True),
        (1, 2000, "0.0", False, False),  # 0.05 goes to the even 0.0,
        (3, 2000, "0.2", False, False),  # 0.15 to the even 0.2.
        (2, 3, "66.7", False, False),
    ],
)
def test_a_warning_is_of_the_numbers_and_not_of_the_rounded_percent(
    office: Any, used: int, limit: int, shown: str, warning: bool, exceeded: bool
) -> None:
    books = office(f"quotas: {{acme: {{tokens: {limit}}}}}")
    if used:
        assert books.spend(axes=ACME, tokens=used)
    bucket = buckets(books.admin.quota_page("acme"))["tokens"]
    assert (percent(used, limit), bucket["used_percent"]) == (Decimal(shown), float(shown))
    assert (bucket["warning"], bucket["exceeded"], bucket["remaining"]) == (warning, exceeded, limit - used)


def test_percents_agree_with_decimal_arithmetic() -> None:
    for used in range(0, 4001, 7):
        for limit in (1, 3, 7, 640, 2000, 4000):
            exact = (Decimal(used) * 100 / limit).quantize(Decimal("0.1"))  # Half to even by default.
            assert percent(used, limit) == exact


def test_the_quota_refuses_the_call_that_would_exceed_it_and_starts_anew_on_its_day(office: Any) -> None:
    books = office(QUOTA)
    assert books.spend(axes=ACME, tokens=2999)
    assert not books.spend(axes=ACME, tokens=2)
    assert books.spend(axes=ACME, tokens=1)
    assert buckets(books.admin.quota_page("acme"))["tokens"]["exceeded"]
    assert [event.level for event in books.ledger.events()] == ["80%", "100%"]
    books.clock.now_ms += 31 * 86_400_000
    tokens = buckets(books.admin.quota_page("acme"))["tokens"]
    assert (tokens["used"], tokens["resets_at"]) == (0, "2026-09-15T00:00:00+02:00")
    assert books.spend(axes=ACME, tokens=2)


def test_a_quota_that_only_tracks_says_so_and_refuses_nothing(office: Any) -> None:
    books = office("quotas: {acme: {tokens: 100, enforce: false}}")
    assert books.spend(axes=ACME, tokens=250)
    page = books.admin.quota_page("acme")
    assert page["enforced"] is False
    assert page["banner"].startswith("Tracking only: ")
    tokens = buckets(page)["tokens"]
    assert (tokens["used"], tokens["remaining"], tokens["used_percent"], tokens["exceeded"]) == (250, 0, 250.0, True)
    assert buckets(page)["images"] == {"bucket": "images", "limit": None, "status": "unlimited"}


def test_a_workspace_without_a_quota_has_no_limits(office: Any) -> None:
    page = office(QUOTA).admin.quota_page("other")
    assert (page["period"], page["enforced"], page["banner"]) == (None, False, None)
    assert {bucket["status"] for bucket in page["buckets"]} == {"unlimited", "reserved"}


def test_a_raise_shows_because_it_is_in_force(office: Any) -> None:
    books = office(QUOTA)
    books.do("POST", "budgets/quota:acme:tokens/raise", amount="1000", actor="anna")
    assert buckets(books.admin.quota_page("acme"))["tokens"]["limit"] == 4000


def test_quotas_belong_to_the_configuration(office: Any) -> None:
    books = office(QUOTA)
    assert books.budgets.source("quota:acme:tokens") == "quota"
    fields = {"unit": "tokens", "hard": 1, "window": {"kind": "monthly"}}
    with pytest.raises(Conflict, match="configuration file"):
        books.do("PUT", "budgets/quota:acme:tokens", **fields)
    with pytest.raises(InvalidInput, match="begins as those of budgets"):
        books.do("PUT", "budgets/quota:new:tokens", **fields)
    assert [page["workspace"] for page in books.do("GET", "quotas")["quotas"]] == ["acme"]


def test_one_budget_is_asked_of_the_ledger(office: Any) -> None:
    books = office(QUOTA)
    assert [each.budget for each in books.ledger.balances(budget="quota:acme:images")] == ["quota:acme:images"]
    assert books.ledger.balances(budget="quota:acme") == []
    assert len(books.ledger.balances()) == 3
