"""A command loads what it needs, and no command is forgotten."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import typer

import tokenfoundry.cli

LOADED = (
    "import sys; sys.argv = {argv}; from tokenfoundry.cli import app; app(standalone_mode=False); print(*sys.modules)"
)


def test_every_command_that_a_module_adds_can_be_called() -> None:
    added = {}
    for found in pkgutil.iter_modules(tokenfoundry.cli.__path__):
        module = import_module(f"tokenfoundry.cli.{found.name}")
        if hasattr(module, "add_to"):
            made = typer.Typer()
            module.add_to(made)
            added |= dict.fromkeys(typer.main.get_group(made).commands, found.name)
    assert added == tokenfoundry.cli._MODULES


def test_counting_tokens_does_not_wait_for_the_gateway_to_be_loaded(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("Buongiorno")
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(argv=["tokenfoundry", "count", str(text)])],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = done.stdout.split()
    assert "tokenfoundry.tokens" in loaded
    assert not any(name.startswith(("tokenfoundry.gateway", "tokenfoundry.factory", "aiohttp")) for name in loaded)
