"""Secrets with the right shapes: prefixes, alphabets, lengths and checksums as their issuers document or show them.

Made at run time: no whole token stands in this file, nor may it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable

from pii.items import Draw, Value, inside, whole

_DIGITS = "0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = _UPPER.lower()
BASE62 = _DIGITS + _UPPER + _LOWER
_URL_SAFE = BASE62 + "-_"
_HEX = _DIGITS + "abcdef"
_WORDS = ["Estate", "Winter", "Napoli", "Sommer", "dragon", "Soleil", "monkey", "Toledo", "gatto", "Berlin", "sunshine"]


def _base62_checksum(body: str) -> str:
    """The last six characters of GitHub's and npm's tokens: CRC-32 of what stands before, in base 62."""
    number = zlib.crc32(body.encode())
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = BASE62[digit] + text
    return text.rjust(6, "0")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _base64(draw: Draw, size: int) -> str:
    return base64.b64encode(draw.random.randbytes(size)).decode()


def _hosts(draw: Draw) -> str:
    return draw.random.choice(
        ["db", "10.0.0.12", "db.internal", "localhost", "mysql.example.com", "redis-1.corp.example.net"]
    )


def token(draw: Draw, variant: str | None = None) -> Value:
    """One that its shape gives away, wherever it stands."""
    kind = variant or draw.random.choice(sorted(_TOKENS))
    return whole(_TOKENS[kind](draw), aliases=("URL",) if kind == "slack_hook" else ())


def _checked(prefix: str, draw: Draw) -> str:
    body = draw.letters(30, BASE62)
    return prefix + body + _base62_checksum(body)


def jwt(draw: Draw) -> str:
    header = {"alg": draw.random.choice(["HS256", "RS256"]), "typ": "JWT"}
    claims = {"sub": draw.digits(10), "name": draw.letters(8, _LOWER), "iat": 1_741_770_843, "exp": 1_741_774_443}
    parts = (_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return ".".join([*parts, _base64url(draw.random.randbytes(32 if header["alg"] == "HS256" else 256))])


def _slack(draw: Draw) -> str:
    kind = draw.random.choice(["xoxb", "xoxp", "xapp"])
    if kind == "xapp":
        return f"xapp-1-A{draw.letters(10, _DIGITS + _UPPER)}-{draw.digits(13)}-{draw.letters(64, _HEX)}"
    return f"{kind}-{draw.digits(12)}-{draw.digits(12)}-{draw.letters(24, BASE62)}"


def _openai(draw: Draw) -> str:
    middle = base64.b64encode(b"OpenAI").decode().rstrip("=")  # Eight characters in the midst of each key.
    if draw.likely(0.6):
        return "sk-" + "proj-" + draw.letters(74, _URL_SAFE) + middle + draw.letters(73, _URL_SAFE) + "A"
    return "sk-" + draw.letters(20, BASE62) + middle + draw.letters(20, BASE62)


_TOKENS: dict[str, Callable[[Draw], str]] = {
    "anthropic": lambda draw: "sk-" + "ant-api03-" + draw.letters(93, _URL_SAFE) + "AA",
    "aws": lambda draw: draw.random.choice(["AKIA", "ASIA"]) + draw.letters(16, _UPPER + "234567"),
    "gcp": lambda draw: "AI" + "za" + draw.letters(35, _URL_SAFE),
    "gcp_oauth": lambda draw: "GOC" + "SPX-" + draw.letters(28, _URL_SAFE),
    "github": lambda draw: _checked(draw.random.choice(["ghp", "gho", "ghs", "ghu"]) + "_", draw),
    "github_fine": lambda draw: "github" + "_pat_" + draw.letters(22, BASE62) + "_" + draw.letters(59, BASE62),
    "gitlab": lambda draw: "glp" + "at-" + draw.letters(20, _URL_SAFE),
    "huggingface": lambda draw: "hf" + "_" + draw.letters(34, _UPPER + _LOWER),
    "jwt": jwt,
    "npm": lambda draw: _checked("npm" + "_", draw),
    "openai": _openai,
    "pypi": lambda draw: "pypi" + "-AgEIcHlwaS5vcmc" + draw.letters(150, _URL_SAFE),
    "sendgrid": lambda draw: "SG" + "." + draw.letters(22, _URL_SAFE) + "." + draw.letters(43, _URL_SAFE),
    "slack": _slack,
    "slack_hook": lambda draw: (
        "https://hooks.slack"
        + f".com/services/T{draw.letters(8, _DIGITS + _UPPER)}/B{draw.letters(10, _DIGITS + _UPPER)}/"
        + draw.letters(24, BASE62)
    ),
    "stripe": lambda draw: (
        draw.random.choice(["sk", "rk"])
        + draw.random.choice(["_live_", "_test_"])
        + draw.letters(draw.random.choice([24, 99]), BASE62)
    ),
    "stripe_hook": lambda draw: "whsec" + "_" + draw.letters(32, BASE62),
    "twilio": lambda draw: "SK" + draw.letters(32, _HEX),
}


def private_key(draw: Draw, variant: str | None = None) -> Value:
    kind = draw.random.choice(
        ["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
    )
    text = _base64(draw, draw.random.choice([121, 300, 608]))
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    newline = draw.random.choices(["\n", "\\n"], [80, 20])[0]  # Escaped, as inside JSON.
    return whole(newline.join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"]))


def connection(draw: Draw, variant: str | None = None) -> Value:
    """A connection string. The password alone, `user:password` and the whole are right."""
    if draw.likely(0.25):
        account = draw.letters(10, _LOWER)
        before = f"DefaultEndpointsProtocol=https;AccountName={account};AccountKey="
        return inside(before, _base64(draw, 64), ";EndpointSuffix=core.windows.net")
    if draw.likely(0.2):
        before = f"Server=tcp:{_hosts(draw)},1433;Database=crm;User ID=app;Password="
        return inside(before, password_text(draw), ";Encrypt=True;")
    scheme = draw.random.choice(["postgres", "postgresql", "mysql", "mongodb", "mongodb+srv", "redis", "amqp", "https"])
    user = draw.random.choice(["app", "admin", "svc_crm", "root", "deploy"])
    value = password_text(draw, in_url=True)
    before, after = (
        f"{scheme}://{user}:",
        f"@{_hosts(draw)}{draw.random.choice(['', ':5432', ':6379'])}/{draw.random.choice(['crm', 'prod', '0'])}",
    )
    both = inside(before, value, after, aliases=("URL",))
    start, end = both.extents[0]
    login = (start - len(user) - 1, end)
    # Said first: what must not leak. The whole string counts as well.
    return Value(both.text, (*both.extents, login), both.aliases)


def password_text(draw: Draw, *, in_url: bool = False) -> str:
    kind = draw.random.choices(["random", "word", "hex", "symbols"], [45, 25, 15, 15])[0]
    if kind == "hex":
        return draw.letters(32, _HEX)
    if kind == "word":
        return (
            draw.random.choice(_WORDS)
            + draw.random.choice(["", "_", "."])
            + draw.digits(4)
            + draw.random.choice(["", "!", "$"])
        )
    alphabet = BASE62 + ("-_.!" if in_url else "-_.!$%&*+")
    length = draw.random.randint(10, 24)
    if kind == "random":
        return draw.letters(length, BASE62 + "-_")
    return draw.letters(length - 1, alphabet) + draw.letters(1, BASE62)


def assigned(draw: Draw, variant: str | None = None) -> Value:
    """`password=...` and its kin, as configuration, shell or code has it."""
    names = [
        "password",
        "PASSWORD",
        "passwd",
        "pwd",
        "DB_PASSWORD",
        "secret",
        "client_secret",
        "api_key",
        "API_KEY",
        "apikey",
        "auth_token",
        "access_token",
        "SECRET_KEY",
        "aws_secret_access_key",
        "db.password",
        "private_token",
    ]
    name = draw.random.choice(names)
    value = draw.letters(40, BASE62 + "/+") if name.startswith("aws") else password_text(draw)
    forms = [
        (f"{name}=", ""),
        (f"{name} = '", "'"),
        (f'{name}="', '"'),
        (f"{name}: ", ""),
        (f'"{name}": "', '"'),
        (f"--{name} ", ""),
        (f"export {name.upper().replace('.', '_')}=", ""),
        (f"{name}:", ""),
        (f'{name} := "', '"'),
    ]
    before, after = draw.random.choices(forms, [25, 10, 12, 15, 15, 5, 8, 5, 5])[0]
    return inside(before, value, after)


def bearer(draw: Draw, variant: str | None = None) -> Value:
    if draw.likely(0.25):
        login = f"{draw.random.choice(['app', 'admin'])}:{password_text(draw)}"
        return inside("Authorization: Basic ", base64.b64encode(login.encode()).decode())
    header = draw.random.choice(["Authorization: Bearer ", "authorization: bearer ", "X-Api-Key: ", "x-auth-token: "])
    return inside(header, draw.letters(draw.random.choice([32, 40, 64]), BASE62 if draw.likely(0.6) else _HEX))


def spoken(draw: Draw, variant: str | None = None) -> Value:
    """A password alone, for a sentence that names it as one."""
    return whole(password_text(draw))


def secret(draw: Draw, variant: str | None = None) -> Value:
    """`token`, `key`, `connection`, `assigned`, `bearer`, `spoken`; one token's name; otherwise any but `spoken`."""
    if variant in _TOKENS:
        return token(draw, variant)
    kinds = {
        "token": token,
        "key": private_key,
        "connection": connection,
        "assigned": assigned,
        "bearer": bearer,
        "spoken": spoken,
    }
    kind = variant or draw.random.choices(["token", "key", "connection", "assigned", "bearer"], [50, 8, 14, 20, 8])[0]
    return kinds[kind](draw, None)
