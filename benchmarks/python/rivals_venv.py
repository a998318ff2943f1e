"""The virtual environment of a benchmark's rivals: they are no dependency of the project."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rivals_python(name: str, requirements: Path, *, installing: str, failed: str) -> Path:
    """The interpreter of `.bench-venv/<name>`, installed if `requirements` are news to it.

    Raises `SystemExit` with the sentence `failed` where that fails.
    """
    venv = ROOT / ".bench-venv" / name
    python = venv / "bin" / "python"
    stamp = venv / f".installed-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]}"
    if not stamp.exists():
        sys.stderr.write(f"{installing} ...\n")
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", str(requirements)]
        for command in ([sys.executable, "-m", "venv", "--clear", str(venv)], pip):
            if subprocess.run(command, check=False).returncode:
                raise SystemExit(failed)
        stamp.touch()
    return python
