"""Microsoft Entra access tokens for Azure OpenAI, by azure-identity: of an application's secret or certificate in the
environment (`AZURE_CLIENT_ID`, `AZURE_TENANT_ID`, ...), of a workload's federated token file, or of a managed identity.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from tokenfoundry.errors import MissingExtra
from tokenfoundry.providers.credentials import CredentialFailed
from tokenfoundry.providers.credentials.renewed import Fetch, Token

_SCOPE = "https://cognitiveservices.azure.com/.default"
_PUBLIC_CLOUDS = (".microsoftonline.com", ".microsoftonline.us", ".chinacloudapi.cn", ".partner.microsoftonline.cn")


def entra_tokens() -> Fetch:
    """Fetches tokens by what the environment says. Raises `MissingExtra`."""
    try:
        from azure.core.exceptions import AzureError
        from azure.identity import DefaultAzureCredential
    except ModuleNotFoundError as error:
        raise MissingExtra("azure-identity", "azure") from error
    held = DefaultAzureCredential(
        exclude_shared_token_cache_credential=True,
        exclude_visual_studio_code_credential=True,
        exclude_powershell_credential=True,
        exclude_developer_cli_credential=True,
        exclude_interactive_browser_credential=True,
        # An authority of one's own is not known to Microsoft, which would be asked for it.
        disable_instance_discovery=_is_private(os.environ.get("AZURE_AUTHORITY_HOST", "")),
    )

    def fetch(now_ms: int) -> Token:
        try:
            token = held.get_token(_SCOPE)
        except (AzureError, ValueError, OSError) as error:
            first = str(error).partition("\n")[0]
            raise CredentialFailed(f"{type(error).__name__}: {first[:200]}") from None
        return Token.until(token.token, token.expires_on * 1000, now_ms=now_ms)

    return fetch


def _is_private(authority: str) -> bool:
    host = urlsplit(authority if "://" in authority else f"https://{authority}").hostname or ""
    return bool(host) and not f".{host}".endswith(_PUBLIC_CLOUDS)
