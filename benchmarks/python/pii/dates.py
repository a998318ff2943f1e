"""Dates and times as people and programs write them."""

from __future__ import annotations

import datetime

from pii.items import Draw, Value, whole

_MONTHS = {
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
_AT = {"it": "alle", "en": "at", "fr": "à", "de": "um", "es": "a las"}


def _written(day: datetime.date, language: str, draw: Draw) -> str:
    month = _MONTHS[language].split()[day.month - 1]
    if language == "en":
        return draw.random.choice(
            [f"{month} {day.day}, {day.year}", f"{day.day} {month} {day.year}", f"{month[:3]} {day.day}, {day.year}"]
        )
    if language == "de":
        return f"{day.day}. {month} {day.year}"
    if language == "es":
        return f"{day.day} de {month} de {day.year}"
    return f"{day.day} {month} {day.year}"


def date_time(draw: Draw, variant: str | None = None) -> Value:
    """`birth`: the day of a grown-up's birth, without a time. `moment`: with a time of day."""
    year = draw.random.randint(1940, 2005) if variant == "birth" else draw.random.randint(2019, 2026)
    day = datetime.date(year, draw.random.randint(1, 12), draw.random.randint(1, 28))
    time = f"{draw.random.randint(0, 23):02}:{draw.random.randint(0, 59):02}"
    slashes = day.strftime("%m/%d/%Y") if draw.language == "en" and draw.likely(0.5) else day.strftime("%d/%m/%Y")
    forms = [
        slashes,
        day.strftime("%d.%m.%Y"),
        day.isoformat(),
        _written(day, draw.language, draw),
        day.strftime("%d-%m-%Y"),
        day.strftime("%d/%m/%y"),
    ]
    weights = {"de": [10, 45, 15, 20, 5, 5]}.get(draw.language, [40, 6, 15, 24, 8, 7])
    text = draw.random.choices(forms, weights)[0]
    if variant == "moment":  # A day and a time: found as one or as two, both are right.
        return Value(
            f"{text} {_AT[draw.language]} {time}", ((0, len(text) + len(_AT[draw.language]) + 7), (0, len(text)))
        )
    if variant is None and draw.likely(0.2):
        zone = draw.random.choice(["Z", "+01:00", ".123Z", ""])
        text = f"{day.isoformat()}T{time}:{draw.random.randint(0, 59):02}{zone}"
    return whole(text)


def expiry(draw: Draw, variant: str | None = None) -> Value:
    """A card's last month: a date or none, as one likes."""
    return whole(
        f"{draw.random.randint(1, 12):02}/{draw.random.randint(25, 32)}",
        aliases=("DATE_TIME", "CREDIT_CARD_EXPIRATION"),
    )
