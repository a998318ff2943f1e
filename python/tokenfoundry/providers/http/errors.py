"""What can go wrong with a request, told apart by what it may have cost.

ProviderError
├── ConnectFailed         no connection: nothing was sent
└── ReplyLost             the request was sent, at least in part
    └── ReplyTimeout      and the provider was too slow
"""

from __future__ import annotations

from tokenfoundry.errors import ProviderError


class ConnectFailed(ProviderError):
    """No connection: nothing was sent, nothing was consumed."""


class ReplyLost(ProviderError):
    """The request was sent and no complete reply came back."""


class ReplyTimeout(ReplyLost):
    """The provider did not answer in time."""
