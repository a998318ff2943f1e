"""Access tokens of Google Cloud, by google-auth: of a service account's file, of workload identity federation, or of
the place that the program runs in (Application Default Credentials: the environment, gcloud, the metadata server).
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec

from tokenfoundry.errors import ConfigError, MissingExtra
from tokenfoundry.providers.credentials import CredentialFailed
from tokenfoundry.providers.credentials.renewed import Fetch, Token

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_TIMEOUT_S = 8.0


def google_tokens(path: str) -> Fetch:
    """Fetches tokens with the credentials in the file at `path`; with "" those of the place. Raises `ConfigError` for a
    file that holds none, and `MissingExtra`.
    """
    try:
        import google.auth
        import google.auth.exceptions
    except ModuleNotFoundError as error:
        raise MissingExtra("google-auth", "vertex") from error
    held: Any = _of_file(path) if path else None
    ask: Any = _ask  # As a `google.auth.transport.Request`, which asks for no base class.

    def fetch(now_ms: int) -> Token:
        nonlocal held
        try:
            if held is None:
                held, _ = google.auth.default(scopes=_SCOPES, request=ask)
            held.refresh(ask)
        except google.auth.exceptions.GoogleAuthError as error:
            raise CredentialFailed(
                f"{type(error).__name__}: {str(error.args[0] if error.args else '')[:200]}"
            ) from None
        ends_at_ms = int(held.expiry.replace(tzinfo=UTC).timestamp() * 1000)
        return Token.until(held.token, ends_at_ms, now_ms=now_ms)

    return fetch


def _of_file(path: str) -> Any:
    from google.auth.exceptions import GoogleAuthError

    try:
        stated = msgspec.json.decode(Path(path).read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"the key file {path} cannot be read: {type(error).__name__}") from None
    try:
        return _of_type(stated)
    except (GoogleAuthError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"the key file {path} holds no credentials of Google: {type(error).__name__}") from None


def _of_type(stated: dict[str, Any]) -> Any:
    """Of the types that need no program to be run. Raises `ValueError` for another."""
    from google.auth import aws, identity_pool
    from google.oauth2 import credentials, service_account

    made: Any
    match stated.get("type"):
        case "service_account":
            made = service_account.Credentials.from_service_account_info
        case "authorized_user":
            made = credentials.Credentials.from_authorized_user_info
        case "external_account":
            is_aws = str(stated.get("credential_source", {}).get("environment_id", "")).startswith("aws")
            made = aws.Credentials.from_info if is_aws else identity_pool.Credentials.from_info
        case _:
            raise ValueError
    return made(stated, scopes=_SCOPES)


class _Reply:
    """As google-auth reads one (`google.auth.transport.Response`)."""

    def __init__(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        self.status = status
        self.headers = headers
        self.data = data


def _ask(
    url: str,
    method: str = "GET",
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    **_: Any,
) -> _Reply:
    """As google-auth asks (`google.auth.transport.Request`), without a client library of its own. It looks at error
    statuses itself.
    """
    from google.auth.exceptions import TransportError

    data = body.encode() if isinstance(body, str) else body
    request = urllib.request.Request(url, data=data, headers=dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout or _TIMEOUT_S) as reply:
            return _Reply(reply.status, dict(reply.headers), reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return _Reply(error.code, dict(error.headers), error.read())
    except OSError as error:
        raise TransportError(f"cannot be reached: {type(error).__name__}") from None  # type: ignore[no-untyped-call]
