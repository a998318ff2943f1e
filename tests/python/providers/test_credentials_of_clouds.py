"""Google's, Microsoft's and Amazon's own libraries fetch the tokens, here from a server on loopback: what they ask,
what comes of the answer, and that another one is asked for when it is over.

Shapes: google-auth 2.62 `google/oauth2/_client.py`, `compute_engine/_metadata.py`, `google/oauth2/sts.py`;
azure-identity 1.27 `_credentials/app_service.py`, msal `oauth2cli/oauth2.py`; botocore 1.44 `credentials.py`,
`utils.py` and `data/sts/2011-06-15`.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.authority import Authority
from support.token_giver import Give, TokenGiver, TokenRequest, service_account
from tokenfoundry.errors import ConfigError
from tokenfoundry.providers.credentials import Credential, CredentialFailed
from tokenfoundry.providers.credentials.registry import credential_of
from tokenfoundry.settings import KeyReference
from tokenfoundry.settings.fields import _parse_key

_LIFE_S = 3600


class Clock:
    """Real time, as the libraries have it, and what a test adds to it."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms


def numbered(shape: object) -> Give:
    """The JSON of `shape` with `#` for the number of the answer, from 1."""
    given = 0

    def give(_: TokenRequest) -> tuple[int, str, dict[str, str]]:
        nonlocal given
        given += 1
        return 200, json.dumps(shape).replace("#", str(given)), {}

    return give


def credential(text: str, clock: Clock, **options: str) -> Credential:
    return credential_of(KeyReference.model_validate(_parse_key(text)), options, clock=clock)


def renewed(held: Credential) -> str | None:
    asyncio.run(held.renew(within_s=20))
    return held.current()


@pytest.fixture(autouse=True)
def no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "GCE_", "IDENTITY_", "CLOUDSDK_", "MSI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


# -- Google ------------------------------------------------------------------------------------------------------------


def test_a_service_account_signs_for_a_token_and_for_the_next_one(tmp_path: Path) -> None:
    clock = Clock()
    with TokenGiver(numbered({"access_token": "google-#", "expires_in": "#0000", "token_type": "Bearer"})) as giver:
        held = credential(f"google:{service_account(tmp_path, giver.url + '/token')}", clock)
        assert giver.received == []
        assert renewed(held) == "google-1"
        assert giver.received[0].form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        assert giver.received[0].form["assertion"].count(".") == 2
        clock.ahead_ms = 10_001_000
        assert held.current() is None
        assert renewed(held) == "google-2"


def test_a_metadata_server_gives_the_tokens_of_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def give(request: TokenRequest) -> tuple[int, str, dict[str, str]]:
        flavored = {"metadata-flavor": "Google"}
        if request.path.endswith("/token"):
            return (
                200,
                json.dumps({"access_token": "of-the-place", "expires_in": 900, "token_type": "Bearer"}),
                flavored,
            )
        if request.path.endswith("/project-id"):
            return 200, "demo", {**flavored, "content-type": "text/plain"}
        account = {"email": "default@demo.example.it", "scopes": [], "aliases": ["default"]}
        return 200, json.dumps({"default": account} if request.path.endswith("accounts/") else account), flavored

    with TokenGiver(give) as giver:
        monkeypatch.setenv("GCE_METADATA_HOST", f"127.0.0.1:{giver.port}")
        monkeypatch.setenv("GCE_METADATA_IP", f"127.0.0.1:{giver.port}")
        assert renewed(credential("google", Clock())) == "of-the-place"
        assert all(request.headers["metadata-flavor"] == "Google" for request in giver.received)


def test_a_federated_identity_is_exchanged_for_a_token(tmp_path: Path) -> None:
    (tmp_path / "subject").write_text("subject-token", encoding="utf-8")
    answer = {
        "access_token": "federated-#",
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "Bearer",
        "expires_in": _LIFE_S,
    }
    with TokenGiver(numbered(answer)) as giver:
        stated = {
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{giver.url}/v1/token",
            "credential_source": {"file": str(tmp_path / "subject")},
        }
        path = tmp_path / "federated.json"
        path.write_text(json.dumps(stated), encoding="utf-8")
        assert renewed(credential(f"google:{path}", Clock())) == "federated-1"
        assert giver.received[0].form["subject_token"] == "subject-token"


def test_a_refusal_of_googles_is_a_failure_and_not_a_crash(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    refusal = json.dumps({"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
    with TokenGiver(lambda _: (400, refusal, {})) as giver:
        held = credential(f"google:{service_account(tmp_path, giver.url)}", Clock())
        with pytest.raises(CredentialFailed):
            renewed(held)
    assert "invalid_grant" in caplog.text
    assert "PRIVATE KEY" not in caplog.text


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"type": "service_account"}', '{"type": "external_account", "audience": "a"}']
)
def test_a_file_that_is_no_account_is_refused_at_load(tmp_path: Path, text: str) -> None:
    path = tmp_path / "account.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"account\.json"):
        credential(f"google:{path}", Clock())


# -- Microsoft ---------------------------------------------------------------------------------------------------------


def test_a_managed_identity_gives_tokens_for_azure_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    ends_s = int(time.time()) + _LIFE_S
    answer = {"access_token": "managed-#", "expires_on": str(ends_s), "resource": "r", "token_type": "Bearer"}
    with TokenGiver(numbered(answer)) as giver:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{giver.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header-secret")
        assert renewed(credential("entra", Clock())) == "managed-1"
        asked = giver.received[0]
        assert asked.form["resource"] == "https://cognitiveservices.azure.com"
        assert asked.headers["x-identity-header"] == "header-secret"


@pytest.fixture
def authority_of_entra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TokenGiver]:
    """The token endpoint of a tenant over TLS, which these libraries insist on."""
    authority = Authority(tmp_path)
    ca = tmp_path / "authority.pem"
    ca.write_bytes(authority.pem)
    issue = numbered({"access_token": "entra-#", "expires_in": "#50", "token_type": "Bearer"})

    def give(request: TokenRequest) -> tuple[int, str, dict[str, str]]:
        if request.path.endswith("/openid-configuration"):
            root = f"https://localhost:{giver.port}/tenant"
            endpoints = {"authorization_endpoint": f"{root}/a", "token_endpoint": f"{root}/token", "issuer": root}
            return 200, json.dumps(endpoints), {}
        return issue(request)

    with TokenGiver(give, tls=authority.server("localhost")) as giver:
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", f"https://localhost:{giver.port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca))
        monkeypatch.setenv("AZURE_TENANT_ID", "tenant")
        monkeypatch.setenv("AZURE_CLIENT_ID", "client")
        yield giver


def test_an_application_with_a_secret_gets_tokens_and_the_next_one(
    authority_of_entra: TokenGiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "client-secret")
    clock = Clock()
    held = credential("entra", clock)
    assert renewed(held) == "entra-1"
    asked = authority_of_entra.received[-1].form
    assert (asked["grant_type"], asked["client_secret"]) == ("client_credentials", "client-secret")
    assert asked["scope"].startswith("https://cognitiveservices.azure.com/.default")
    clock.ahead_ms = 151_000
    assert held.current() is None
    assert renewed(held) == "entra-2"


def test_a_workload_shows_its_federated_token_file(
    authority_of_entra: TokenGiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "federated").write_text("federated-assertion", encoding="utf-8")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "federated"))
    assert renewed(credential("entra", Clock())) == "entra-1"
    assert authority_of_entra.received[-1].form["client_assertion"] == "federated-assertion"


# -- Amazon ------------------------------------------------------------------------------------------------------------


def ends(after_s: int = _LIFE_S) -> str:
    return datetime.fromtimestamp(time.time() + after_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sts(action: str, ending: str) -> Give:
    """STS answers in XML (botocore, data/sts/2011-06-15)."""

    def give(_: TokenRequest) -> tuple[int, str, dict[str, str]]:
        made = (
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
            "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>"
            f"<SessionToken>role-session</SessionToken><Expiration>{ending}</Expiration></Credentials>"
            "<AssumedRoleUser><AssumedRoleId>a:b</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/r/s</Arn>"
            f"</AssumedRoleUser></{action}Result></{action}Response>"
        )
        return 200, made, {"content-type": "text/xml"}

    return give


def test_a_profile_assumes_its_role(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "aws-config").write_text(
        "[profile billing]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n"
        "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret\n",
        encoding="utf-8",
    )
    with TokenGiver(sts("AssumeRole", ends())) as giver:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", giver.url)
        held = credential("aws:billing", Clock(), region="eu-south-1")
        assert renewed(held) == "ASIAROLE:role-secret:role-session"
        assert giver.received[0].form["Action"] == "AssumeRole"
        assert "/eu-south-1/sts/" in giver.received[0].headers["authorization"]


def test_a_web_identity_shows_its_token_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "web").write_text("web-identity", encoding="utf-8")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "web"))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r")
    with TokenGiver(sts("AssumeRoleWithWebIdentity", ends())) as giver:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", giver.url)
        assert renewed(credential("aws", Clock(), region="eu-south-1")) == "ASIAROLE:role-secret:role-session"
        assert giver.received[0].form["WebIdentityToken"] == "web-identity"


def test_a_container_gives_credentials_and_new_ones_before_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    # Ten minutes before the end botocore asks again, whatever our clock says.
    answer = {"AccessKeyId": "ASIA1", "SecretAccessKey": "s", "Token": "t", "Expiration": ends(300)}
    with TokenGiver(lambda _: (200, json.dumps(answer), {})) as giver:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{giver.url}/creds")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-token")
        clock = Clock()
        held = credential("aws", clock, region="eu-south-1")
        assert str(renewed(held)).startswith("ASIA1")
        assert giver.received[0].headers["authorization"] == "container-token"
        clock.ahead_ms = 301_000
        answer |= {"AccessKeyId": "ASIANEXT", "Expiration": ends(599)}
        assert held.current() is None
        assert str(renewed(held)).startswith("ASIANEXT")


def test_an_instance_gives_credentials_of_its_role(monkeypatch: pytest.MonkeyPatch) -> None:
    def give(request: TokenRequest) -> tuple[int, str, dict[str, str]]:
        if request.method == "PUT":
            return 200, "imds-session", {"content-type": "text/plain"}
        if request.path.endswith("/security-credentials/"):
            return 200, "the-role", {"content-type": "text/plain"}
        found = {"Code": "Success", "AccessKeyId": "ASIAINSTANCE", "SecretAccessKey": "s", "Token": "t"}
        return 200, json.dumps({**found, "Expiration": ends(), "Type": "AWS-HMAC"}), {}

    with TokenGiver(give) as giver:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", giver.url)
        assert renewed(credential("aws", Clock(), region="eu-south-1")) == "ASIAINSTANCE:s:t"
        assert giver.received[-1].headers["x-aws-ec2-metadata-token"] == "imds-session"


def test_keys_of_the_environment_do_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    clock = Clock()
    held = credential("aws", clock, region="eu-south-1")
    assert renewed(held) == "AKIAENV:s"
    clock.ahead_ms = 10**12
    assert held.current() == "AKIAENV:s"


def test_no_credentials_anywhere_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CredentialFailed):
        renewed(credential("aws", Clock()))
    assert "no credentials in the environment" in caplog.text
