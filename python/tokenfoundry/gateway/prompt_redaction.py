"""What of a call may leave: its body with the personal data taken out, and the question that this makes."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tokenfoundry.errors import BlockedContent, InvalidInput, StoreError
from tokenfoundry.gateway.attempts.booking import Booking
from tokenfoundry.gateway.attempts.call import Call, Request
from tokenfoundry.gateway.attempts.refusals import refused_by_policy
from tokenfoundry.gateway.bodies.unreadable import redacted_body, takes_long
from tokenfoundry.gateway.redactors import Redactors
from tokenfoundry.gateway.replies import Refused, invalid
from tokenfoundry.gateway.sharing.recall import question_of
from tokenfoundry.gateway.sharing.shared import Shared
from tokenfoundry.gateway.unforeseen import kind_and_place
from tokenfoundry.memo import Memo
from tokenfoundry.privacy.placeholders import NoRoom, Overtaken

if TYPE_CHECKING:
    from tokenfoundry.vault import Vault

_log = logging.getLogger("tokenfoundry")

_REMEMBERED_BODIES = 8192


class _Asked(NamedTuple):
    """What a body asked, and of what kinds its personal data was: nothing of what it said."""

    prompt_hmac: str
    findings: dict[str, int]


class PromptRedaction:
    """Redacts the bodies of calls, each under the policy that it has. What cannot be redacted is refused."""

    def __init__(
        self,
        redactors: Redactors,
        booking: Booking,
        *,
        audit_key: bytes,
        vault: Callable[[], Vault] | None = None,
    ) -> None:
        """`vault` opens the vault, for the first call of a conversation; it raises `StoreError`."""
        self._redactors = redactors
        self._booking = booking
        self._prompt_hmac = hmac.new(audit_key, digestmod="sha256")  # Copied for each prompt.
        self._vault = vault or _no_vault
        self._asked = Memo[_Asked](capacity=_REMEMBERED_BODIES)

    def recognize(self, call: Call, request: Request) -> bool:
        """Whether the caller sent the same bytes before: then fills in what they ask, which is enough to find a kept
        answer and to give it as it is, if nothing of this caller's belongs in it. For all else there is `redact`.
        """
        if not call.may_recall or call.conversation or not isinstance(request.body, bytes):
            return False
        axes, stated = call.axes, call.endpoint.fields_in(request.headers)
        redactor = self._redactors.of(axes.workspace, axes.project, axes.key)
        if not redactor.changes_placeholders_alone:
            return False
        asker = (
            *(call.endpoint.name, axes.workspace, axes.project, axes.key, redactor.version),
            *(request.headers.get("content-type"), repr(stated) if stated else ""),
        )
        call.asked_place = self._asked.place(asker, request.body)
        asked = None if call.asked_place is None else self._asked.get(call.asked_place)
        if asked is None:
            return False
        call.policy, call.session = redactor.version, redactor.session()
        call.prompt_hmac, call.findings = asked.prompt_hmac, dict(asked.findings)
        return True

    async def redact(self, call: Call) -> None:
        """Fills in what may leave of `call`, its session and its question. Raises `Refused`."""
        try:
            await self._redact_texts(call)
        except Refused:
            raise
        except BlockedContent as blocked:
            call.findings = {blocked.entity: 1}
            raise await self._unsent(call, refused_by_policy(blocked)) from None
        except InvalidInput as error:
            raise invalid(str(error)) from None
        except Exception as error:
            _log.error("a call was not sent, as it could not be redacted: %s", _told_of(error))
            raise await self._unsent(call, redaction_unavailable()) from error
        call.findings = call.session.counts
        if call.conversation and (call.may_recall or call.may_store):
            self._share(call)
        keyed = self._prompt_hmac.copy()
        keyed.update(question_of(call.redacted if call.shared is None else call.shared.question(call.redacted)))
        call.prompt_hmac = keyed.hexdigest()
        if call.session.on_prem:
            # Only trusted targets will see this call, so it goes as it was written, nothing is restored, nothing kept.
            call.on_prem_only = True
            call.may_recall = call.may_store = False
            call.redacted, call.session = call.body, call.session.as_written()
        elif call.asked_place is not None:
            self._asked.put(call.asked_place, _Asked(call.prompt_hmac, call.session.counts))

    def _share(self, call: Call) -> None:
        call.shared = Shared(call.session)
        if (call.shared.is_renumbered and call.body.get("thinking")) or call.session.uses_surrogates:
            # What a model thought is signed with the numbers in it, and comes back with the next call. And surrogates
            # are the conversation's own: in an answer to somebody else they would be names.
            call.may_recall = call.may_store = False

    async def _redact_texts(self, call: Call) -> None:
        axes, values, at_once = call.axes, None, True
        redactor = self._redactors.of(axes.workspace, axes.project, axes.key)
        call.policy = redactor.version
        while True:
            if call.conversation:
                values = self._vault().conversation(
                    workspace=axes.workspace,
                    project=axes.project,
                    key=axes.key,
                    name=call.conversation,
                    entities=redactor.entities,
                    at_once=at_once,
                )
            call.session = redactor.session(scope=f"{axes.workspace}/{axes.project}", values=values)
            try:
                if call.session.uses_surrogates and takes_long(call.body):
                    call.redacted = await asyncio.to_thread(redacted_body, call.endpoint, call.body, call.session)
                else:
                    call.redacted = redacted_body(call.endpoint, call.body, call.session)
                return
            except Overtaken:
                at_once = False
            except NoRoom:
                await asyncio.to_thread(self._vault().wait_for_room)

    async def _unsent(self, call: Call, refused: Refused) -> Refused:
        """That refusal, on record as far as the books still take one."""
        record = self._booking.record_of(call, "blocked", status=refused.status, error=str(refused))
        try:
            await self._booking.record(call, record, "refused")
        except StoreError as error:
            _log.error("the books refuse to work: %s", error)
            self._booking.publish(record)
        return refused


def redaction_unavailable() -> Refused:
    """503: what could not be looked into does not leave."""
    message = "personal data cannot be taken out of this call at the moment, so it was not sent"
    return Refused(503, "redaction_unavailable", message, kind="service_unavailable")


def _told_of(error: Exception) -> str:
    """Our own sentences may be written down; another's may quote the prompt."""
    return str(error) if isinstance(error, StoreError) else kind_and_place(error)


def _no_vault() -> Vault:
    raise StoreError("nothing here keeps conversations")
