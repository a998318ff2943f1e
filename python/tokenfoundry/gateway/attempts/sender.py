"""How an attempt reaches its provider: in which dialect, with which key, at which address."""

from __future__ import annotations

from collections.abc import Mapping

from tokenfoundry.clock import Clock
from tokenfoundry.gateway.attempts.attempt import Attempt
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.providers.client import ProviderClient, Sending
from tokenfoundry.providers.formats import Endpoint, Format, WireRequest
from tokenfoundry.providers.plan import Plan, Planner, Said
from tokenfoundry.routing.targets import Target
from tokenfoundry.settings import ProviderSettings


class Sender:
    """What all attempts share of it. Any thread."""

    def __init__(
        self,
        providers: Mapping[str, ProviderSettings],
        formats: Mapping[str, Format],
        planner: Planner,
        client: ProviderClient,
        clock: Clock,
    ) -> None:
        """`formats` by provider, as `providers`."""
        self._providers = providers
        self._formats = formats
        self._planner = planner
        self._client = client
        self._clock = clock
        self._plans: dict[tuple[str, str], Plan | None] = {}

    def plan(self, asked: str, target: Target) -> Plan | None:
        """How a call in the dialect `asked` is said to this target; None when it cannot be."""
        place = asked, target.name
        try:
            return self._plans[place]
        except KeyError:
            plan = self._plans[place] = self._planner.plan(asked, self._formats[target.provider], target.speaks)
            return plan

    def said(self, call: Call, attempt: Attempt) -> Said:
        """The call as this attempt's provider is told it. Raises `Untranslatable`."""
        plan = self.plan(call.endpoint.name, attempt.target)
        assert plan is not None, "routing leaves only targets that can be told"
        body = call.endpoint.bounded(call.redacted, attempt.output_bound.tokens)
        # What a model takes depends on the model, so translations are told the one that will answer.
        return plan.said({**body, "model": attempt.target.model})

    def has_key(self, target: Target, key: str | None) -> bool:
        """Whether that key of the provider can be used now, without waiting for it; None is no key."""
        return key is None or self._client.key(target.provider, key) is not None

    async def renew_key(self, target: Target, key: str, *, within_s: float) -> None:
        """Waits until it can be used. Raises `CredentialFailed`."""
        await self._client.renew(target.provider, key, within_s=within_s)

    def request(self, call: Call, attempt: Attempt, said: Said, *, key: str | None) -> WireRequest:
        """The HTTP request for it, with that key of the provider. Raises `Untranslatable`, and `InvalidInput` for
        settings that allow none.
        """
        name = attempt.target.provider
        provider = self._providers[name]
        to = Endpoint(
            provider.base_url,
            attempt.target.model,
            None if key is None else self._client.key(name, key),
            {**provider.options, "prompt_cache": provider.prompt_cache},
        )
        return said.request(to, stream=call.stream, now_ms=self._clock())

    def send(self, call: Call, attempt: Attempt, request: WireRequest) -> Sending:
        """Sends it; the reply lives as long as the block, and as the call may take."""
        return self._client.send(attempt.target.provider, request, within_s=call.deadline.left_s)

    def error_message(self, target: Target, body: object) -> str:
        """What a decoded error reply of this target says; empty when it says nothing we can read."""
        return self._formats[target.provider].error_message(body)
