"""A disk that is full, and a store that stalls: no placeholder is given that is not kept, and none is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.clocked import FakeClock
from tokenfoundry.ledger import Ledger
from tokenfoundry.privacy.placeholders import NoRoom
from tokenfoundry.settings.vault import VaultSettings
from tokenfoundry.vault import Vault

# In a process of its own: the size that files may have is the whole process's, and it is how a disk is full here.
FULL = """
import json, resource, signal, sys
from pathlib import Path

from support.clocked import FakeClock
from tokenfoundry.errors import StoreError
from tokenfoundry.ledger import Ledger
from tokenfoundry.settings.vault import VaultSettings
from tokenfoundry.vault import Vault

path = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ledger = Ledger.open(path / "books")
vault = Vault.open(ledger, VaultSettings(), path, clock=FakeClock())
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
given, said = {}, []
for name in ("one", "two"):
    values = vault.conversation(workspace="acme", project="p", key="k", name=name, entities=("PERSON",))
    try:
        for number in range(100_000):
            person = f"Person {number}"
            given[f"{name} {values.assign('PERSON', person)}"] = person
    except StoreError as error:
        said.append(str(error))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
vault.close()
ledger.close()
print(json.dumps({"given": given, "said": said}))
"""


def test_what_a_full_disk_took_is_kept_and_what_it_did_not_take_was_given_to_nobody(tmp_path: Path) -> None:
    folder = [str(Path(__file__).resolve().parents[2]), *sys.path]
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {folder!r}\n{FULL}", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    made: dict[str, Any] = json.loads(run.stdout)
    assert len(made["said"]) == 2  # The first conversation met the end, the second found no beginning.
    assert all("File too large" in said for said in made["said"])
    assert len(made["given"]) > 100
    with Ledger.open(tmp_path / "books") as ledger:
        vault = Vault.open(ledger, VaultSettings(), tmp_path, clock=FakeClock())
        values = vault.conversation(workspace="acme", project="p", key="k", name="one", entities=("PERSON",))
        for place, person in made["given"].items():
            name, _, placeholder = place.partition(" ")
            assert (name, values.value_of(placeholder)) == ("one", person)
        assert values.assign("PERSON", "somebody else") == f"[PERSON_{len(made['given']) + 1}]"
        vault.close()


class Stalling:
    """A core that has no room at chosen moments."""

    def __init__(self, core: Any) -> None:
        self._core = core
        self.stalled: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return (lambda *_, **__: None) if name in self.stalled else getattr(self._core, name)


@pytest.mark.parametrize("moment", ["look", "keep"])
def test_a_stalled_store_gives_no_number_and_loses_none(tmp_path: Path, moment: str) -> None:
    with Ledger.open(tmp_path / "books") as ledger:
        vault = Vault.open(ledger, VaultSettings(), tmp_path, clock=FakeClock())
        core = Stalling(vault._core)
        vault._core = core

        def chat() -> Any:
            return vault.conversation(workspace="acme", project="p", key="k", name="chat", entities=("PERSON",))

        assert chat().assign("PERSON", "Anna Rossi") == "[PERSON_1]"
        core.stalled = {moment}
        waiting = chat()
        with pytest.raises(NoRoom):
            waiting.assign("PERSON", "Mario Bianchi")
        assert list(waiting) == []
        core.stalled = set()
        vault.wait_for_room()
        assert chat().assign("PERSON", "Mario Bianchi") == "[PERSON_2]"
        assert chat().value_of("[PERSON_1]") == "Anna Rossi"
        vault.close()
