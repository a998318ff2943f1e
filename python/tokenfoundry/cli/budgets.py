"""`budgets`: through the running server when there is one, else directly on the data directory."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape

from tokenfoundry.cli.access import administration
from tokenfoundry.cli.options import (
    ActorOption,
    ConfigOption,
    DataDirOption,
    ForOption,
    IdOption,
    JsonOption,
    ReasonOption,
    account,
    load_settings,
    os_user,
    pairs,
    stated,
)
from tokenfoundry.cli.output import amount, bar, day, out, print_json, show, table
from tokenfoundry.quotas import percent
from tokenfoundry.settings.units import amount_text

budgets = typer.Typer(help="Set, list, raise, reset, freeze and remove budgets.", no_args_is_help=True)

_NONE_YET = "no budgets yet: tokenfoundry budgets set NAME --hard 500, or `budgets` in the configuration"

NameArgument = Annotated[str, typer.Argument(help="The budget's name.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(budgets, name="budgets")


@budgets.command("set", epilog="Example: tokenfoundry budgets set claims --hard 500 --soft 400 --match project=claims")
def set_budget(
    name: Annotated[str, typer.Argument(help="The budget's name; an existing one is replaced.")],
    hard: Annotated[str | None, typer.Option(help="The cap, in the unit. Without: none, and then --soft.")] = None,
    soft: Annotated[str | None, typer.Option(help="Raises an event when it is reached.")] = None,
    unit: Annotated[str, typer.Option(help="money, tokens, requests, images, audio or gpu_seconds.")] = "money",
    match: Annotated[list[str] | None, typer.Option(help="axis=value, e.g. project=claims; repeat for more.")] = None,
    each: Annotated[list[str] | None, typer.Option(help="One account per value of this axis; repeat for more.")] = None,
    window: Annotated[
        str | None,
        typer.Option(
            help="daily, weekly, monthly, quarterly, yearly, shift, rolling, session or lifetime; else monthly, and "
            "lifetime with --prepaid."
        ),
    ] = None,
    anchor_day: Annotated[int | None, typer.Option(help="The day a month or year starts on.", min=1, max=31)] = None,
    anchor_month: Annotated[
        int | None, typer.Option(help="The month a fiscal year or its first quarter starts in.", min=1, max=12)
    ] = None,
    iso_weekday: Annotated[
        int | None, typer.Option(help="The day a week starts on: 1 is Monday.", min=1, max=7)
    ] = None,
    at_time: Annotated[str | None, typer.Option(help="The local time a window starts at: 06:00.")] = None,
    shift_start: Annotated[
        list[str] | None, typer.Option(help="A local time at which a shift starts: 06:00; repeat for all.")
    ] = None,
    length: Annotated[str | None, typer.Option(help="How far back a rolling window counts: 1h.")] = None,
    tz: Annotated[str, typer.Option(help="The window's time zone.")] = "Europe/Rome",
    alert: Annotated[
        list[int] | None, typer.Option(help="A percent of the cap that raises an event; repeat for more. Else 80, 100.")
    ] = None,
    burst: Annotated[str | None, typer.Option(help="A credit beside the cap, for spikes.")] = None,
    burst_refill: Annotated[str | None, typer.Option(help="How fast it comes back: 5/h.")] = None,
    burst_per_window: Annotated[str | None, typer.Option(help="How much of it one window may take.")] = None,
    at_cap: Annotated[str, typer.Option(help="reject, throttle or downgrade.")] = "reject",
    throttle_from: Annotated[str | None, typer.Option(help="Where throttling begins; else at --soft, or 80 %.")] = None,
    prepaid: Annotated[bool, typer.Option("--prepaid", help="The cap is what `packages add` buys.")] = False,
    track: Annotated[bool, typer.Option("--track", help="Count only, refuse nothing.")] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make or replace a budget; what was already spent in its current window counts at once."""
    window_fields = stated(
        kind=window or ("lifetime" if prepaid else "monthly"),
        tz=tz,
        anchor_day=anchor_day,
        anchor_month=anchor_month,
        iso_weekday=iso_weekday,
        at_time=at_time,
        starts=shift_start,
        length=length,
    )
    fields = stated(
        unit=unit,
        hard=hard,
        soft=soft,
        match=pairs(match, "--match"),
        each=each,
        window=window_fields,
        alert_at=alert,
        burst=stated(size=burst, refill=burst_refill, max_per_window=burst_per_window),
        at_cap=at_cap,
        throttle_from=throttle_from,
        prepaid=prepaid,
        mode="track" if track else "enforce",
    )
    with administration(load_settings(config, data_dir)) as administrator:
        made = administrator.handle("PUT", f"/admin/budgets/{quote(name, safe='')}", fields)
    if as_json:
        print_json(made)
    else:
        out.print(f"budget {escape(name)} is set")


@budgets.command("remove", epilog="Example: tokenfoundry budgets remove claims")
def remove_budget(
    name: NameArgument,
    force: Annotated[bool, typer.Option("--force", help="Also a prepaid one that has paid units left.")] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a budget that was set here or through the admin API."""
    with administration(load_settings(config, data_dir)) as administrator:
        removed = administrator.handle("DELETE", f"/admin/budgets/{quote(name, safe='')}", stated(force=force or None))
    if as_json:
        print_json(removed)
    else:
        out.print(f"budget {escape(name)} is removed")


@budgets.command("list", epilog="Example: tokenfoundry budgets list --json")
def list_budgets(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the budgets, and what is used, held and left on each account in its current window."""
    with administration(load_settings(config, data_dir)) as administrator:
        listed = administrator.handle("GET", "/admin/budgets", {})
    if as_json:
        print_json(listed)
        return
    rows = []
    for budget in listed["budgets"]:
        if not budget["accounts"]:
            cap = "bought" if budget["prepaid"] else budget["hard"] or "none"
            notes = "\n".join(filter(None, [_frozen(budget), "unused", budget["source"]]))
            rows.append([escape(budget["name"]), notes, "", "", "", cap, "", ""])
        rows += [_account_row(budget, each, listed["currency"]) for each in budget["accounts"]]
    columns = ["budget", "notes", "used", "held", "left", "cap", "used of cap", "resets"]
    show(table("Budgets", columns, rows, left=2), if_empty=_NONE_YET)


@budgets.command(
    "raise", epilog="Example: tokenfoundry budgets raise claims --amount 200 --until 2027-03-31 --reason 'launch week'"
)
def raise_budget(
    name: NameArgument,
    amount: Annotated[str, typer.Option(help="By how much, in the budget's unit.")],
    until: Annotated[
        str | None,
        typer.Option(
            help="The last day it holds (2027-03-31), an instant with its offset, a time from now (4h), or never; "
            "else the end of the current window."
        ),
    ] = None,
    for_: ForOption = None,
    reason: ReasonOption = "",
    actor: ActorOption = None,
    id_: IdOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Raise a cap for a while: of a whole budget, or of one account."""
    fields = stated(amount=amount, until=until, reason=reason, id=id_, **{"for": account(for_)})
    _act("raise", name, fields, actor, config, data_dir, as_json)


@budgets.command("freeze", epilog="Example: tokenfoundry budgets freeze each-key --for key=Ab12Cd34 --until 4h")
def freeze_budget(
    name: NameArgument,
    until: Annotated[str | None, typer.Option(help="As with raise; else until it is unfrozen.")] = None,
    for_: ForOption = None,
    reason: ReasonOption = "",
    actor: ActorOption = None,
    id_: IdOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Admit nothing more. Calls under way end as they would have."""
    fields = stated(until=until, reason=reason, id=id_, **{"for": account(for_)})
    _act("freeze", name, fields, actor, config, data_dir, as_json)


def _plain_act(action: str, does: str, example: str) -> None:
    """Adds a command that states no more than whose, who and why."""

    def act(
        name: NameArgument,
        for_: ForOption = None,
        reason: ReasonOption = "",
        actor: ActorOption = None,
        id_: IdOption = None,
        config: ConfigOption = None,
        data_dir: DataDirOption = None,
        as_json: JsonOption = False,
    ) -> None:
        fields = stated(reason=reason, id=id_, **{"for": account(for_)})
        _act(action, name, fields, actor, config, data_dir, as_json)

    budgets.command(action, help=does, epilog=f"Example: tokenfoundry budgets {action} {example}")(act)


_plain_act(
    "reset",
    "Let what the current window has used so far no longer count against the cap. The entries stay.",
    "claims --reason 'a loop of ours'",
)
_plain_act(
    "unfreeze",
    "End the freezes of an account, or without --for all of the budget's.",
    "each-key --for key=Ab12Cd34",
)


@budgets.command("events", epilog="Example: tokenfoundry budgets events --after 41 --json")
def list_events(
    after: Annotated[int, typer.Option(help="Show those after the event of this number.", min=-1)] = -1,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what budgets had to say: soft caps and percents reached, calls that used more than they held."""
    with administration(load_settings(config, data_dir)) as administrator:
        page = administrator.handle("GET", "/admin/events", {"after": after})
    if as_json:
        print_json(page)
        return
    rows = [
        [
            str(event["seq"]),
            day(event["at"]),
            escape(event["budget"]),
            escape(" ".join(event["each"])),
            escape(event["level"]) or "over its hold",
            amount(event["amount"], event["unit"], page["currency"]),
            amount(event["used"], event["unit"], page["currency"]),
            "none" if event["cap"] is None else amount(event["cap"], event["unit"], page["currency"]),
        ]
        for event in page["events"]
    ]
    columns = ["#", "at", "budget", "account", "what", "at amount", "used", "cap"]
    show(table("Events of budgets", columns, rows, left=5), if_empty="no budget has reached a level yet")


def _act(
    action: str, name: str, fields: dict[str, Any], actor: str | None, config: Any, data_dir: Any, as_json: bool
) -> None:
    path = f"/admin/budgets/{quote(name, safe='')}/{action}"
    with administration(load_settings(config, data_dir)) as administrator:
        done = administrator.handle("POST", path, {**fields, "actor": actor or os_user()})
    if as_json:
        print_json(done)
        return
    whose = "".join(f", {axis} {value}" for axis, value in done["for"].items())
    by = f" by {done['amount']}" if done["amount"] else ""
    until = f" until {done['until']}" if done["until"] else ""
    what = {"raise": "raised", "freeze": "frozen", "unfreeze": "unfrozen"}.get(action, action)
    out.print(f"budget {escape(name + whose)} is {what}{by}{until} (entry {done['seq']})", soft_wrap=True)


def _account_row(budget: dict[str, Any], of: dict[str, Any], currency: str) -> list[str]:
    def text(value: int | None) -> str:
        return "none" if value is None else amount_text(budget["unit"], value)

    unit = currency if budget["unit"] == "money" else budget["unit"]
    share = None if of["cap"] is None else percent(of["used"], of["cap"])
    notes = {
        "frozen": of["frozen"],
        f"raised by {text(of['raised'])}": of["raised"],
        f"over by {text(of['over_by'])}": of["over_by"],
        f"burst {text(of['burst_left'])}": budget["burst"],
        "only counts": budget["mode"] == "track",
        "prepaid": budget["prepaid"],
    }
    whose = [f"  {axis} {value or '(none)'}" for axis, value in of["each"].items()]
    return [
        escape("\n".join([budget["name"], *whose])),
        "\n".join([*(note for note, is_so in notes.items() if is_so), budget["source"]]),
        text(of["used"]),
        text(of["held"]),
        text(of["left"]),
        f"{text(of['cap'])} {unit}",
        "" if share is None else bar(share),
        day(of["end"]),
    ]


def _frozen(budget: dict[str, Any]) -> str:
    return "frozen" if any(each["kind"] == "freeze" and not each["for"] for each in budget["changes"]) else ""
