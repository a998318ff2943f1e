"""Addresses of people and machines: e-mail, URL, IP, MAC, and of money: crypto wallets."""

from __future__ import annotations

import hashlib
import ipaddress
import unicodedata

from pii.items import Draw, Value, inside, whole

_TLDS = [
    "com",
    "it",
    "org",
    "net",
    "eu",
    "de",
    "fr",
    "es",
    "co.uk",
    "io",
    "ch",
    "info",
    "gov.it",
    "edu",
    "app",
    "cloud",
]
_HOSTS = ["mail", "posta", "studio", "pec", "corp", "intra", "lab", "shop", "uni", "team"]


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return "".join(character for character in plain if character.isalnum())


def domain(draw: Draw) -> str:
    if draw.likely(0.15):
        return draw.random.choice(["example.it", "example.com", "example.org", "esempio.example", "test.example.net"])
    name = (
        _ascii(draw.faker().last_name())
        + draw.random.choice(["", "", "-", ""])
        + draw.random.choice(["", "group", "srl", "lab", "24"])
    )
    name = name.strip("-") or "example"
    host = draw.random.choice(_HOSTS) + "." if draw.likely(0.2) else ""
    return host + name + "." + draw.random.choice(_TLDS)


def email(draw: Draw, variant: str | None = None) -> Value:
    first, last = _ascii(draw.faker().first_name()) or "info", _ascii(draw.faker().last_name()) or "office"
    forms = [
        f"{first}.{last}",
        f"{first[0]}.{last}",
        f"{first}{last}",
        f"{first}_{last}",
        f"{last}.{first}",
        f"{first}-{last}",
        f"{first}{draw.digits(2)}",
        f"{first}.{last}+{draw.random.choice(['news', 'shop', 'test'])}",
        f"{last}{draw.digits(4)}",
        draw.random.choice(["info", "amministrazione", "hr", "support", "no-reply", "fatture", "privacy"]),
    ]
    address = f"{draw.random.choice(forms)}@{domain(draw)}"
    style = draw.random.choices(["lower", "upper", "title"], [92, 4, 4])[0]
    if style == "upper":
        address = address.upper()
    elif style == "title":
        local, _, host = address.partition("@")
        address = ".".join(part.capitalize() for part in local.split(".")) + "@" + host
    return whole(address)


def url(draw: Draw, variant: str | None = None) -> Value:
    host = domain(draw)
    words = [
        "profilo",
        "clienti",
        "orders",
        "users",
        "doc",
        "api/v2",
        "fiche",
        "konto",
        "pedidos",
        "2025/03",
        "a_b",
        "it-IT",
    ]
    path = "".join(f"/{draw.random.choice(words)}" for _ in range(draw.random.randint(0, 3)))
    if draw.likely(0.3):
        path += f"/{draw.digits(draw.random.randint(2, 8))}"
    if draw.likely(0.15):
        path += draw.random.choice([".html", ".pdf", ".php"]) if path else "/index.html"
    if draw.likely(0.3):
        path = (path or "/") + "?" + draw.random.choice(["id=", "utm_source=mail&u=", "q=a%20b&page="]) + draw.digits(4)
    if draw.likely(0.1):
        path = (path or "/") + "#" + draw.random.choice(["top", "section-2", "L10"])
    form = draw.random.choices(
        ["https", "http", "www", "https www", "port", "address", "bare"], [46, 14, 14, 12, 6, 4, 4]
    )[0]
    if form == "www":
        return whole(f"www.{host}{path}")
    if form == "https www":
        return whole(f"https://www.{host}{path}/")
    if form == "port":
        return whole(f"http://{host}:{draw.random.choice(['8080', '8443', '3000'])}{path}")
    if form == "address":
        return whole(f"http://{_v4(draw)}:{draw.random.choice(['8080', '9200'])}{path or '/'}", aliases=("IP_ADDRESS",))
    if form == "bare":
        return whole(f"{host}{path or '/'}")
    return whole(f"{form}://{host}{path}")


def _v4(draw: Draw) -> str:
    private = draw.random.choice(["10.{}.{}.{}", "192.168.{}.{}", "172.16.{}.{}"])
    if draw.likely(0.4):
        return private.format(*(draw.random.randint(0, 255) for _ in range(private.count("{}"))))
    return ".".join(str(draw.random.randint(low, 254)) for low in (11, 0, 0, 1))


def ip(draw: Draw, variant: str | None = None) -> Value:
    form = draw.random.choices(
        ["v4", "v4 port", "v4 net", "full", "short", "local", "bracket", "mapped"], [54, 8, 8, 8, 12, 4, 4, 2]
    )[0]
    address = ipaddress.IPv6Address((0x20010DB8 << 96) | draw.random.getrandbits(64))
    if form == "full":
        return whole(ipaddress.IPv6Address((0x2A00 << 112) | draw.random.getrandbits(112)).exploded)
    if form == "short":
        text = str(address)
        return whole(text.upper() if draw.likely(0.2) else text)
    if form == "local":
        return inside("", f"fe80::{draw.random.getrandbits(16):x}:{draw.random.getrandbits(16):x}", "%eth0")
    if form == "bracket":
        return inside("[", str(address), "]:443")
    if form == "mapped":
        return whole("::ffff:" + _v4(draw))
    if form == "v4 port":
        return inside("", _v4(draw), f":{draw.random.choice(['22', '443', '5432', '8080'])}")
    if form == "v4 net":
        return inside("", _v4(draw), f"/{draw.random.choice(['8', '16', '24', '32'])}")
    return whole(_v4(draw))


def mac(draw: Draw, variant: str | None = None) -> Value:
    digits = f"{draw.random.getrandbits(48):012x}"
    pairs = [digits[at : at + 2] for at in range(0, 12, 2)]
    form = draw.random.choices([":", "-", "cisco"], [60, 30, 10])[0]
    text = ".".join(digits[at : at + 4] for at in (0, 4, 8)) if form == "cisco" else form.join(pairs)
    return whole(text.upper() if draw.likely(0.5) else text)


# Wallets. Base58Check is Bitcoin's; bech32 is BIP 173, its checksum for version 1 is BIP 350's. ---------------------

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def base58check(payload: bytes) -> str:
    data = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number = int.from_bytes(data)
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATOR):
            check ^= generator if (top >> bit) & 1 else 0
    return check


def bech32(version: int, program: bytes) -> str:
    bits = "".join(f"{byte:08b}" for byte in program)
    bits += "0" * (-len(bits) % 5)
    data = [version] + [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    prefix = [ord(c) >> 5 for c in "bc"] + [0] + [ord(c) & 31 for c in "bc"]
    check = _polymod(prefix + data + [0] * 6) ^ (1 if version == 0 else 0x2BC830A3)
    return "bc1" + "".join(_BECH32[value] for value in data + [(check >> 5 * (5 - at)) & 31 for at in range(6)])


def crypto(draw: Draw, variant: str | None = None) -> Value:
    form = draw.random.choices(["p2pkh", "p2sh", "segwit", "taproot", "ethereum"], [35, 15, 20, 10, 20])[0]
    if form == "p2pkh":
        return whole(base58check(b"\x00" + draw.random.randbytes(20)))
    if form == "p2sh":
        return whole(base58check(b"\x05" + draw.random.randbytes(20)))
    if form == "segwit":
        return whole(bech32(0, draw.random.randbytes(20)))
    if form == "taproot":
        return whole(bech32(1, draw.random.randbytes(32)))
    return whole("0x" + draw.random.randbytes(20).hex())
