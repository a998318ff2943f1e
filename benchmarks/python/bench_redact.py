"""How fast is data made safe, beside Presidio and piicleaner, and an answer made whole again?

    scripts/bench redact                    everything; the rivals are installed into .bench-venv/redact first
    scripts/bench redact --quick            fewer and shorter rounds and no rivals: under a minute
    scripts/bench redact --only frames      one section

What each section measures, and in which unit, stands at the top of its module in `benchmarks/python/redact`.
"""

from __future__ import annotations

import argparse
import platform
import sys

import tokenfoundry as tf
from redact import clusters, frames, stream

SECTIONS = {"frames": frames.main, "stream": stream.main, "clusters": clusters.main}


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench redact")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds and no rivals, for CI")
    parser.add_argument("--no-peers", action="store_true", help="without the rivals")
    parser.add_argument("--only", choices=sorted(SECTIONS), help="one section")
    asked = parser.parse_args()
    sys.stdout.write(f"tokenfoundry {tf.__version__}, Python {platform.python_version()}, {platform.machine()}\n")
    for name, section in SECTIONS.items():
        if asked.only in (None, name):
            sys.stdout.write(f"\n{name}\n")
            section(quick=asked.quick, peers=not (asked.quick or asked.no_peers))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
