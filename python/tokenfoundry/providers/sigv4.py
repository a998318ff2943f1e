"""AWS Signature Version 4: the headers that prove who sent a request.

Source: "Signature Version 4 signing process" in the AWS documentation. A key is written `ACCESS:SECRET`, or
`ACCESS:SECRET:SESSION` with temporary credentials.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

from tokenfoundry.errors import InvalidInput

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An AWS access key."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> Credentials:
        """Reads `ACCESS:SECRET` or `ACCESS:SECRET:SESSION`. Raises `InvalidInput`, which does not repeat the text.

        >>> Credentials.parse("AKIDEXAMPLE:secret").access_key
        'AKIDEXAMPLE'
        """
        parts = text.strip().split(":")
        if len(parts) not in (2, 3) or not all(parts):
            raise InvalidInput("an AWS key should be ACCESS:SECRET or ACCESS:SECRET:SESSION")
        return cls(*parts)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature is good for."""

    region: str
    service: str


def signed_headers(
    credentials: Credentials,
    scope: Scope,
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    now_ms: int,
) -> dict[str, str]:
    """`headers` (names in lower case) with those that sign the request: what they say of the body, the host, and all
    that is Amazon's.

    `host` is signed as HTTP says it for this URL, and is left for the client to send. The URL must go out exactly as it
    is here: a client that decodes `%3A` in a path breaks the signature.
    """
    now = datetime.fromtimestamp(now_ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    stamped = {**headers, "x-amz-date": now}
    if credentials.session_token is not None:
        stamped["x-amz-security-token"] = credentials.session_token
    parts = urlsplit(url)
    covered = sorted((name, value) for name, value in {**stamped, "host": _host(parts)}.items() if _is_covered(name))
    names = ";".join(name for name, _ in covered)
    canonical = "\n".join(
        [
            method,
            quote(parts.path or "/", safe="/-_.~"),
            _canonical_query(parts.query),
            *(f"{name}:{' '.join(value.split())}" for name, value in covered),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    day = now[:8]
    reach = f"{day}/{scope.region}/{scope.service}/aws4_request"
    to_sign = f"{_ALGORITHM}\n{now}\n{reach}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    stamped["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{reach}, SignedHeaders={names}, Signature={signature}"
    )
    return stamped


def _host(parts: SplitResult) -> str:
    """The host in lower case, with its port where that is not the scheme's own."""
    standard = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return parts.netloc.lower().removesuffix(standard)


def _is_covered(name: str) -> bool:
    """Whatever else a header says may be changed on the way."""
    return name in ("host", "content-type") or name.startswith("x-amz-")


def _canonical_query(query: str) -> str:
    pairs = [(quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in parse_qsl(query, True)]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
