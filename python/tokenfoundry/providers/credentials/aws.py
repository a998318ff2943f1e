"""AWS credentials that end, by botocore's own chain: the environment, a profile and the role that it assumes, a web
identity's token file, a container's or an instance's role.
"""

from __future__ import annotations

from typing import Any

from tokenfoundry.errors import MissingExtra
from tokenfoundry.providers.credentials import CredentialFailed
from tokenfoundry.providers.credentials.renewed import Fetch, Token

# botocore itself renews those that end, ten minutes before they do, when it is asked for them; those that do not end
# may be written again where they are kept.
_ASK_EVERY_MS = 60_000


def aws_credentials(profile: str, region: str | None) -> Fetch:
    """Fetches `ACCESS:SECRET[:SESSION]`, of a profile or "" for what the chain finds. `region` is where AWS is asked
    for them. Raises `MissingExtra`.
    """
    try:
        import botocore.session  # type: ignore[import-untyped]
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise MissingExtra("botocore", "aws") from error
    held: Any = None

    def fetch(now_ms: int) -> Token:
        nonlocal held
        try:
            if held is None or not hasattr(held, "refresh_needed"):
                session = botocore.session.Session(profile=profile or None)
                if region is not None and session.get_config_variable("region") is None:
                    session.set_config_variable("region", region)
                held = session.get_credentials()
            if held is None:
                raise CredentialFailed("no credentials in the environment, a profile, a container or an instance")
            found = held.get_frozen_credentials()
        except (BotoCoreError, ClientError, OSError, ValueError) as error:
            raise CredentialFailed(f"{type(error).__name__}: {str(error)[:200]}") from None
        parts = (found.access_key, found.secret_key, found.token)
        # botocore keeps the end of those that end to itself.
        ends = getattr(held, "_expiry_time", None)
        ends_at_ms = None if ends is None else int(ends.timestamp() * 1000)
        return Token(":".join(part for part in parts if part), ends_at_ms, now_ms + _ASK_EVERY_MS)

    return fetch
