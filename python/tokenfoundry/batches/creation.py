"""A batch made: planned, routed, and held whole before anything of it is sent.

Its file is read whole before anything is made of it, since it may be damaged where it is kept. Then it is read three
times, a line at a time. First each line is redacted, as the policy of now says, and the plan is
written. Then the batch is routed as one call that has the needs of all its lines, and each line is looked at for the
target that was found: what it may cost there, and whether it may go there at all. Last, each line is held; either all
are or none. A line that the target cannot or must not take is refused by itself, and the rest goes on. When a budget
that says `downgrade` has no room for the batch, it is made once more for a cheaper target.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tokenfoundry.batches.intake import in_line, read_line, storage_full
from tokenfoundry.batches.lines import URLS, Asker, Lines, request_id
from tokenfoundry.batches.records import Batch, Counts, File, Line, Owner, Step
from tokenfoundry.batches.remote import wire_line
from tokenfoundry.batches.results import refused_result
from tokenfoundry.batches.store import BATCH_PREFIX, Store
from tokenfoundry.errors import DataLoss
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.booking import axes_of
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.attempts.facts import facts_of
from tokenfoundry.gateway.attempts.refusals import refused_by_routing
from tokenfoundry.gateway.replies import Refused, invalid
from tokenfoundry.ids import uuid7
from tokenfoundry.ledger import Amounts, Refusal, Sums
from tokenfoundry.ledger.values import MAX_AMOUNT, UNITS
from tokenfoundry.providers.batch_api import WINDOW, has_batches
from tokenfoundry.routing.facts import Facts
from tokenfoundry.routing.policy import NoRoute, Route
from tokenfoundry.routing.targets import Target
from tokenfoundry.translate import Untranslatable

WINDOW_MS = 24 * 3_600_000
_MAX_PAIRS = 16
_MAX_NAME, _MAX_VALUE = 64, 512  # Of metadata; openai-python, types/batch_create_params.py
_KEEP_S = (3600, 30 * 86_400)
_FIELDS = ("input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after")


@dataclass(frozen=True, slots=True)
class Order:
    """What a client asks for."""

    file: File
    url: str
    metadata: dict[str, str] | None
    output_keep_s: int | None


def read_order(body: dict[str, Any], store: Store, owner: Owner) -> Order:
    """The fields of `POST /v1/batches`. Raises `Refused`, and `NotFound` for a file that is not the owner's."""
    for name in body:
        if name not in _FIELDS:
            raise invalid(f"a batch has no field of that name; it has {', '.join(_FIELDS)}", param=name[:64])
    url, file_id = body.get("endpoint"), body.get("input_file_id")
    if url not in URLS:
        raise invalid(f"endpoint: should be one of {', '.join(URLS)}", param="endpoint")
    if not isinstance(file_id, str):
        raise invalid("input_file_id: needs the id of a file", param="input_file_id")
    if body.get("completion_window") != WINDOW:
        raise invalid(f"completion_window: should be {WINDOW}", param="completion_window")
    file = store.file(file_id, owner)
    if file.purpose != "batch":
        raise invalid("input_file_id: is a result; it needs an uploaded file", param="input_file_id")
    if file.url != url:
        raise invalid(f"endpoint: the lines of that file are for {file.url}", param="endpoint")
    return Order(file, str(url), _metadata(body.get("metadata")), _keep_s(body.get("output_expires_after")))


def _metadata(value: Any) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or len(value) > _MAX_PAIRS:
        raise invalid(f"metadata: needs an object of at most {_MAX_PAIRS} texts", param="metadata")
    for name, text in value.items():
        if not isinstance(text, str) or len(name) > _MAX_NAME or len(text) > _MAX_VALUE:
            what = f"metadata: needs texts of at most {_MAX_VALUE} characters, their names at most {_MAX_NAME}"
            raise invalid(what, param="metadata")
    return value


def _keep_s(value: Any) -> int | None:
    if value is None:
        return None
    least, most = _KEEP_S
    seconds = value.get("seconds") if isinstance(value, dict) else None
    if type(seconds) is not int or not least <= seconds <= most or value.get("anchor") != "created_at":
        what = f"output_expires_after: needs anchor created_at, and seconds from {least} to {most}"
        raise invalid(what, param="output_expires_after")
    return seconds


class Creation:
    """Makes one batch."""

    def __init__(self, lines: Lines, store: Store, asker: Asker, order: Order, *, now_ms: int) -> None:
        self._lines = lines
        self._store = store
        self._asker = asker
        self._order = order
        self._now_ms = now_ms
        self._begin()

    def _begin(self, downgraded: str = "", targets: Sequence[Target] | None = None) -> None:
        """`downgraded` says from what, and by which budget; `targets` are those that are left then."""
        self.id = BATCH_PREFIX + uuid7(self._now_ms).replace("-", "")
        self._downgraded = downgraded
        self._targets = targets
        self._cheaper: Sequence[Target] = ()  # than the target that the batch is made for

    async def make(self) -> Batch:
        """The batch, its lines held. Raises `Refused`; then nothing is held and nothing is kept."""
        await asyncio.to_thread(self._check_content)
        while True:
            try:
                return await self._made()
            except _TooDear as too_dear:  # Under another id: what was held and given back is not held again.
                self._begin(self._downgraded or str(too_dear), self._cheaper)

    async def _made(self) -> Batch:
        """Raises `_TooDear` where a cheaper target is left, else as `make`; then nothing is held and nothing kept."""
        # The plan is about as large as the file, and so may be the results.
        if self._store.disk_bytes() + 2 * self._order.file.size_bytes > self._lines.engine.settings.batches.max_bytes:
            raise storage_full()
        batch: Batch | None = None
        held: set[int] = set()
        try:
            needs = await self._plan()
            batch = self._routed(needs)
            await asyncio.to_thread(self._store.put, batch)
            look = await self._look(batch)
            await self._hold(batch, look, held)
            batch = msgspec.structs.replace(batch, status="validating", counts=Counts(total=needs.lines))
            await asyncio.to_thread(self._store.put, batch)
        except BaseException:
            if batch is None:
                self._store.erase(self.id, "plan")
            else:
                for line in self._store.plan(batch.id) if held else ():
                    if line.number in held:
                        await self._lines.release(batch, line)
                self._store.delete(batch)
            raise
        return batch

    def _check_content(self) -> None:
        """Raises `Refused` when the file is not as its owner uploaded it, which is nobody's books' fault."""
        file = self._order.file
        reader = self._store.reader(file.id, "content")
        try:
            is_whole = reader.size_bytes() == file.size_bytes
            for _ in reader if is_whole else ():
                pass
        except (DataLoss, OSError):
            is_whole = False
        if not is_whole:
            what = "input_file_id: that file is damaged where it is kept: upload it again"
            raise Refused(422, "file_damaged", what, param="input_file_id")

    # -- plan ----------------------------------------------------------------------------------------------------------

    async def _plan(self) -> _Needs:
        """Writes the lines as they will be sent, and tells what they need together."""
        needs = _Needs()
        with self._store.writer(self.id, "plan") as writer:
            for number, (place, raw) in enumerate(_requests(self._store, self._order.file), start=1):
                asked, id = read_line(raw), request_id(self.id, number)
                try:
                    call = await self._lines.begin(asked.url, asked.body, self._asker, id=id, at_ms=self._now_ms)
                except Refused as refused:
                    raise in_line(place, refused) from None
                writer.append(msgspec.json.encode(_line_of(call, number, asked.custom_id)))
                needs.add(call)
                await asyncio.sleep(0)
            writer.close(sync=self._store.sync)
        return needs

    def _routed(self, needs: _Needs) -> Batch:
        engine, order = self._lines.engine, self._order
        call, facts = needs.together
        try:
            route: Route = engine.router.route(order.file.model, facts)
        except NoRoute as error:
            raise refused_by_routing(error) from None
        target, *others = self._targets or route.targets
        self._cheaper = self._cheaper_than(target, others, call)
        plan = self._lines.sender.plan(call.endpoint.name, target)
        return Batch(
            id=self.id,
            owner=order.file.owner,
            key=self._asker.key.id,
            axes=msgspec.to_builtins(call.axes),
            regions=self._asker.key.regions,
            input_file=order.file.id,
            url=order.url,
            model=order.file.model,
            target=target.name,
            route=self._downgraded or route.reason,
            downgraded=bool(self._downgraded),
            is_remote=plan is not None and has_batches(engine.settings.providers[target.provider]),
            at_ms=self._now_ms,
            expires_ms=self._now_ms + WINDOW_MS,
            metadata=order.metadata,
            output_keep_s=order.output_keep_s,
        )

    def _cheaper_than(self, target: Target, others: Sequence[Target], call: Call) -> list[Target]:
        def worst_nano(at: Target) -> int:
            return Attempt(self._lines.booking, call, at, number=0, route="").worst_nano

        return [each for each in others if worst_nano(each) < worst_nano(target)] if others else []

    # -- look ----------------------------------------------------------------------------------------------------------

    async def _look(self, batch: Batch) -> _Look:
        """What every line may cost, and which ones cannot go where the batch goes; these are refused in its journal."""
        look = _Look()
        with self._store.writer(batch.id, "journal") as journal:
            for line in self._store.plan(batch.id):
                call = self._lines.call(batch, line)
                try:
                    attempt = self._attempt(batch, call)
                except Refused as refused:
                    look.refused.add(line.number)
                    step = Step(number=line.number, result=refused_result(call.request_id, batch.url, line, refused))
                    journal.append(msgspec.json.encode(step))
                else:
                    look.add(call, attempt)
                await asyncio.sleep(0)
            journal.close(sync=self._store.sync)
        return look

    def _attempt(self, batch: Batch, call: Call) -> Attempt:
        """The line at the batch's target. Raises `Refused` when that must not or cannot take it."""
        target = self._lines.route(call, batch).targets[0]
        attempt = self._lines.attempt(batch, call, target)
        if batch.is_remote:
            try:
                wire_line(self._lines, call, attempt, number=1)
            except Untranslatable as error:
                raise invalid(f"{target.name}: {error}", param=error.param) from None
        return attempt

    # -- hold ----------------------------------------------------------------------------------------------------------

    async def _hold(self, batch: Batch, look: _Look, held: set[int]) -> None:
        if look.first is None:
            return
        call, attempt = look.first
        await self._refuse_what_cannot_fit(call, attempt, look.amounts)
        for line in self._store.plan(batch.id):
            if line.number in look.refused:
                continue
            call = self._lines.call(batch, line)
            attempt = self._attempt(batch, call)
            held.add(line.number)
            refusal = await attempt.reserve()
            if refusal is not None:
                held.discard(line.number)
                raise await self._refused(attempt, refusal)
            await asyncio.sleep(0)

    async def _refuse_what_cannot_fit(self, call: Call, attempt: Attempt, amounts: Sums) -> None:
        """Before many holds are taken that would all be given back."""
        booking = self._lines.booking
        axes = axes_of(call, attempt.target)
        left = booking.headroom(axes, call.at_ms)
        if all(getattr(amounts, unit) <= most for unit, most in left.items()):
            return
        # Only a reservation says which budget it is; one that is refused leaves nothing behind.
        whole = Amounts(**{unit: min(getattr(amounts, unit), MAX_AMOUNT) for unit in UNITS})
        outcome = await booking.ledger.reserve(f"{self.id}/whole", amounts=whole, axes=axes, at=call.at_ms)
        if isinstance(outcome, Refusal):
            raise await self._refused(attempt, outcome)
        await booking.ledger.void(f"{self.id}/whole")  # Somebody made room in between.

    async def _refused(self, attempt: Attempt, refusal: Refusal) -> Exception:
        """What that refusal means for the batch."""
        if refusal.at_cap == "downgrade" and refusal.cause != "frozen" and self._cheaper:
            return _TooDear(f"downgraded from {attempt.target.name} by budget {refusal.budget}")
        return await attempt.refused(refusal)


class _TooDear(Exception):
    """A budget has no room for the batch at this target, and says that a cheaper one is to be tried."""


@dataclass(slots=True)
class _Needs:
    """The facts of one call that has the needs of all lines, which decides where a batch goes. A line that only a
    trusted target may see does not count, unless all are such.
    """

    lines: int = 0
    _of: dict[bool, tuple[Call, Facts]] = field(default_factory=dict)

    def add(self, call: Call) -> None:
        self.lines += 1
        facts = facts_of(call)
        known = self._of.get(call.on_prem_only)
        if known is None:
            self._of[call.on_prem_only] = call, facts
            return
        before, longer = known[1], facts.input_tokens > known[1].input_tokens
        findings = {
            name: before.findings.get(name, 0) + facts.findings.get(name, 0)
            for name in (*before.findings, *facts.findings)
        }
        together = msgspec.structs.replace(
            facts if longer else before,
            needs=before.needs | facts.needs,
            findings=findings,
            max_output_tokens=max(before.max_output_tokens, facts.max_output_tokens),
            choices=max(before.choices, facts.choices),
        )
        self._of[call.on_prem_only] = (call if longer else known[0]), together

    @property
    def together(self) -> tuple[Call, Facts]:
        return self._of[False] if False in self._of else self._of[True]


@dataclass(slots=True)
class _Look:
    """What was seen of the lines: what they may cost together, one of them, and the numbers of those refused."""

    amounts: Sums = field(default_factory=Sums)
    first: tuple[Call, Attempt] | None = None
    refused: set[int] = field(default_factory=set)

    def add(self, call: Call, attempt: Attempt) -> None:
        worst = attempt.worst
        self.amounts += Sums(money_nano=attempt.worst_nano, tokens=worst.total_tokens, requests=1)
        if self.first is None:
            self.first = call, attempt


def _requests(store: Store, file: File) -> Iterator[tuple[int, bytes]]:
    """The requests of an upload, each with the number of its line."""
    place, rest = 0, b""
    for piece in store.reader(file.id, "content"):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            place += 1
            if line.strip():
                yield place, line
    if rest.strip():
        yield place + 1, rest


def _line_of(call: Call, number: int, custom_id: str) -> Line:
    return Line(
        number=number,
        custom_id=custom_id,
        body=call.redacted,
        values=dict(call.session.restorable),
        findings=call.findings,
        prompt_hmac=call.prompt_hmac,
        on_prem=call.on_prem_only,
    )
