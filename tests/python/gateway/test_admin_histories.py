"""Random histories of what administrators do, beside a model of it: who may call and what refuses them is always what
the history says, and the books say the same when they are opened again.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2 as httpx
import openai
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from support.factories import factory
from support.upstream import Upstream, answer_with
from tokenfoundry.errors import NotFound

PROJECTS = st.sampled_from(["claims", "motor"])


class Administration(RuleBasedStateMachine):
    """The model: the project, state and valid text of each key, and the cap in tokens of each project's budget."""

    keys = Bundle("keys")
    old_texts = Bundle("old_texts")

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self._upstream = self._open.enter_context(Upstream(answer_with("ok", prompt_tokens=4, completion_tokens=1)))
        self._gateway = self._open.enter_context(factory(self._upstream.base_url, self._folder / "data"))
        self.known: dict[str, dict[str, str]] = {}
        self.caps: dict[str, int] = {}
        self._calls = 0

    def do(self, method: str, path: str, **fields: Any) -> dict[str, Any]:
        return self._gateway.admin.handle(method, f"/admin/{path}", fields)

    def figures(self) -> list[Any]:
        """What is shown of keys, budgets and use, in an order of its own."""
        keys, budgets = self.do("GET", "keys")["keys"], self.do("GET", "budgets")["budgets"]
        by_name = sorted(budgets, key=lambda budget: str(budget["name"]))
        return [sorted(keys, key=lambda key: str(key["id"])), by_name, self.do("GET", "report")]

    def status_of_a_call(self, text: str) -> int:
        client = self._gateway.openai_client(key=text, max_retries=0, timeout=httpx.Timeout(10))
        try:
            self._calls += 1  # Another question each time: an answer that is kept uses no tokens.
            asked: Any = [{"role": "user", "content": f"ciao {self._calls}"}]
            client.chat.completions.create(model="fast", messages=asked, max_tokens=10)
        except openai.APIStatusError as error:
            return error.status_code
        return 200

    # -- keys ----------------------------------------------------------------------------------------------------------

    @rule(target=keys, project=PROJECTS)
    def make_a_key(self, project: str) -> str:
        made = self.do("POST", "keys", project=project)
        self.known[made["id"]] = {"project": project, "state": "active", "text": made["key"]}
        return str(made["id"])

    @rule(key=keys, state=st.sampled_from(["freeze", "unfreeze"]))
    def freeze_or_unfreeze(self, key: str, state: str) -> None:
        self.do("POST", f"keys/{key}/{state}")
        self.known[key]["state"] = "frozen" if state == "freeze" else "active"

    @rule(target=old_texts, key=keys)
    def rotate(self, key: str) -> str:
        before = self.known[key]["text"]
        self.known[key]["text"] = self.do("POST", f"keys/{key}/rotate", overlap=0)["key"]
        return before

    @rule(text=consumes(old_texts))
    def call_with_an_old_text(self, text: str) -> None:
        assert self.status_of_a_call(text) == 401

    # -- budgets -------------------------------------------------------------------------------------------------------

    @rule(project=PROJECTS, cap=st.sampled_from([5, 1_000_000]))
    def set_a_budget(self, project: str, cap: int) -> None:
        match, window = {"project": [project]}, {"kind": "lifetime"}
        self.do("PUT", f"budgets/{project}", match=match, unit="tokens", window=window, hard=cap)
        self.caps[project] = cap

    @rule(project=PROJECTS)
    def remove_a_budget(self, project: str) -> None:
        try:
            self.do("DELETE", f"budgets/{project}")
        except NotFound:
            assert project not in self.caps
        else:
            del self.caps[project]

    # -- what follows --------------------------------------------------------------------------------------------------

    @rule(key=keys)
    def call(self, key: str) -> None:
        known = self.known[key]
        refused = 429 if self.caps.get(known["project"]) == 5 else 200
        assert self.status_of_a_call(known["text"]) == (403 if known["state"] == "frozen" else refused)

    @invariant()
    def keys_and_budgets_are_those_of_the_history(self) -> None:
        listed = {key["id"]: (key["project"], key["state"]) for key in self.do("GET", "keys")["keys"]}
        assert listed == {id: (known["project"], known["state"]) for id, known in self.known.items()}
        budgets = self.do("GET", "budgets")["budgets"]
        assert {budget["name"] for budget in budgets} == set(self.caps)
        assert [account["held"] for budget in budgets for account in budget["accounts"] if account["held"]] == []

    def teardown(self) -> None:
        """Opened again, the books say the same."""
        with self._open:
            said = self.figures()
            self._gateway.close()
            with factory(self._upstream.base_url, self._folder / "data") as self._gateway:
                assert self.figures() == said
                assert self._gateway.ledger.verify().ok


TestAdministration = Administration.TestCase
TestAdministration.settings = settings(
    max_examples=10,
    phases=[Phase.generate],
    stateful_step_count=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
