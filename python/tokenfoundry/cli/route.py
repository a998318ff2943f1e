"""`route explain`: where a call would go with the configuration as it is, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from tokenfoundry.assembly import dry_router
from tokenfoundry.cli.options import ConfigOption, JsonOption, load_settings
from tokenfoundry.cli.output import out, print_json, show, table
from tokenfoundry.clock import system_clock
from tokenfoundry.errors import InvalidInput
from tokenfoundry.gateway.explain import explain as decide
from tokenfoundry.money import decimal_text
from tokenfoundry.routing.explain import Explanation

_LEAST_SHARE = 0.005  # Of the score; smaller parts are left out of the table.


def add_to(app: typer.Typer) -> None:
    routing = typer.Typer(no_args_is_help=True, help="Where calls go, and why.")
    routing.command()(explain)
    app.add_typer(routing, name="route")


def explain(
    alias: Annotated[str | None, typer.Option(help="The model asked for; that of the file when missing.")] = None,
    file: Annotated[
        Path, typer.Option(help="The body of a request as JSON, or the text of a prompt; - is standard input.")
    ] = Path("-"),
    dialect: Annotated[str, typer.Option(help="What the body is written in: chat, messages, responses...")] = "chat",
    workspace: Annotated[str, typer.Option(help="The workspace of the call.")] = "default",
    project: Annotated[str, typer.Option(help="Its project.")] = "default",
    consumer: Annotated[str, typer.Option(help="Its consumer.")] = "",
    intent: Annotated[str, typer.Option(help="Its x-tf-intent.")] = "",
    env: Annotated[str, typer.Option(help="Its environment.")] = "",
    session: Annotated[str, typer.Option(help="Its x-tf-session.")] = "",
    region: Annotated[list[str] | None, typer.Option(help="A region that its key may use; repeat for more.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the facts of a call, how hard it looks, each rule, each target, the order and the worst-case costs.

    Nothing is sent, and no book is opened: budgets count as unused, and no latency is known.
    """
    router, redactors = dry_router(load_settings(config))
    body = _body(file)
    if alias is not None:
        body["model"] = alias
    if not body.get("model"):
        raise InvalidInput("--alias: needs the name of a model")
    explanation = decide(
        router,
        redactors,
        body,
        dialect=dialect,
        clock=system_clock,
        regions=tuple(region) if region else None,
        workspace=workspace,
        project=project,
        consumer=consumer,
        intent=intent,
        env=env,
        session=session,
    )
    if as_json:
        print_json(explanation.to_dict())
    else:
        print_explanation(explanation)


def print_explanation(explanation: Explanation) -> None:
    """For people."""
    facts = [[name, _said(value)] for name, value in explanation.facts.items() if value not in ("", None, [], {}, 0)]
    facts += [["bound", escape(bound)] for bound in explanation.bounds]
    show(table("Facts", ["fact", "value"], facts, left=2))
    total = explanation.complexity
    said = f"Complexity {total:g}" + ("" if total == explanation.score else f" (features: {explanation.score:g})")
    parts = [[name, f"{part:+.2f}"] for name, part in explanation.contributions.items() if abs(part) > _LEAST_SHARE]
    show(table(f"{said}, language {explanation.language}", ["feature", "adds"], parts))
    rules = []
    for rule in explanation.rules:
        why = "; ".join(f"{each.wanted}: {_said(each.seen)} {'✓' if each.holds else '✗'}" for each in rule.conditions)
        verdict = "used" if rule.used else "matches" if rule.matched else "no"
        within = f" within {rule.residency}" if rule.residency else ""
        rules.append([verdict, why or "every call", f"{', '.join(rule.targets)} ({escape(rule.use)}){within}"])
    show(table("Rules", ["", "because", "targets"], rules, left=3, wrapped=("because", "targets")))
    targets = [
        [
            str(explanation.order.index(each.target) + 1) if each.kept else "",
            each.target,
            escape(each.why),
            f"{decimal_text(each.worst_case_nano)} {explanation.currency}",
        ]
        for each in explanation.targets
    ]
    show(table("Targets", ["order", "target", "dropped because it", "costs at most"], targets, left=3))
    if explanation.refused:
        out.print(f"refused: {explanation.refused}", markup=False)
    else:
        out.print(f"x-tf-route: {explanation.route}", markup=False)


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return escape(", ".join(f"{name} {count}" for name, count in value.items()))
    if isinstance(value, list | tuple):
        return escape(", ".join(map(str, value)) or "none")
    return escape(str(value))


def _body(file: Path) -> dict[str, Any]:
    """A request's body; a text that is none becomes the message of one."""
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        text = raw.decode("utf-8")
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InvalidInput(f"cannot use {error.filename}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is not UTF-8 text") from None
    try:
        body = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        body = text
    if isinstance(body, dict):
        return body
    return {"messages": [{"role": "user", "content": text}]}
