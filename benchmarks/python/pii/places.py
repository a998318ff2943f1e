"""Street addresses and licence plates, per country."""

from __future__ import annotations

from pii.items import Draw, Value, whole

_STREETS = {
    "it_IT": [
        "via {} {}",
        "Via {} {}",
        "Via {}, {}",
        "Viale {} {}",
        "Piazza {} {}",
        "Corso {} {}",
        "Largo {}, {}",
        "Vicolo {} {}",
        "Via {} n. {}",
        "P.zza {} {}",
        "V.le {}, {}",
        "Strada {} {}",
    ],
    "fr_FR": [
        "{1} rue {0}",
        "{1}, rue {0}",
        "{1} avenue {0}",
        "{1} boulevard {0}",
        "{1} bis rue {0}",
        "{1}, place {0}",
        "{1} allée {0}",
        "{1} impasse {0}",
    ],
    "de_DE": [
        "{0}straße {1}",
        "{0}str. {1}",
        "{0}weg {1}",
        "{0}allee {1}",
        "{0}platz {1}",
        "{0}gasse {1}",
        "Am {0} {1}",
    ],
    "es_ES": [
        "Calle {} {}",
        "calle {}, {}",
        "C/ {} {}",
        "Avenida {} {}",
        "Avda. {}, {}",
        "Plaza {} {}",
        "Paseo {}, {}",
        "Calle de {} nº {}",
    ],
    "en_GB": [
        "{1} {0} Street",
        "{1} {0} Road",
        "{1} {0} Lane",
        "{1} {0} Close",
        "{1} {0} Avenue",
        "Flat 2, {1} {0} Road",
    ],
    "en_US": [
        "{1} {0} Street",
        "{1} {0} Ave",
        "{1} {0} Blvd",
        "{1} {0} Drive",
        "{1} N {0} St",
        "{1} {0} Lane, Apt {1}",
        "{1} {0} Rd",
    ],
}
_NAMES = {
    "it_IT": [
        "Garibaldi",
        "Roma",
        "Giuseppe Verdi",
        "XX Settembre",
        "dei Mille",
        "San Francesco",
        "Dante Alighieri",
        "della Libertà",
        "Carlo Alberto",
        "Po",
        "IV Novembre",
        "Guglielmo Marconi",
        "degli Olmi",
    ],
    "fr_FR": [
        "Victor Hugo",
        "de la République",
        "des Lilas",
        "Jean Jaurès",
        "de l'Église",
        "Pasteur",
        "du Général de Gaulle",
        "de Verdun",
        "Saint-Martin",
    ],
    "de_DE": ["Haupt", "Goethe", "Schiller", "Bahnhof", "Garten", "Linden", "Berg", "Mozart", "Wald", "Kirch"],
    "es_ES": ["Mayor", "Alcalá", "Cervantes", "la Constitución", "Gran Vía", "San Juan", "los Olivos", "Colón", "Goya"],
    "en_GB": ["High", "Church", "Station", "Victoria", "Mill", "Park", "Queens", "Albert", "Meadow"],
    "en_US": ["Main", "Oak", "Washington", "Maple", "Lincoln", "Elm", "Sunset", "Jefferson", "Cedar"],
}
_OWN = {"it": ["it_IT"], "en": ["en_US", "en_GB"], "fr": ["fr_FR"], "de": ["de_DE"], "es": ["es_ES"]}


def _city(draw: Draw, locale: str) -> str:
    faker = draw.faker(locale)
    city = faker.city()
    if locale == "it_IT":
        return (
            f"{draw.random.randint(10, 98):02}{draw.random.randint(10, 199):03} {city} ({faker.state_abbr()})"
            if draw.likely(0.6)
            else city
        )
    if locale == "en_GB":
        return f"{city} {faker.postcode()}"
    if locale == "en_US":
        return f"{city}, {faker.state_abbr()} {faker.zipcode()}"
    return f"{faker.postcode()} {city}" if draw.likely(0.7) else city


def street_address(draw: Draw, variant: str | None = None) -> Value:
    """Street and number are asked for; with postcode and town behind, both extents are right. A tenth is Faker's."""
    locale = draw.random.choice(_OWN[draw.language])
    if draw.likely(0.12):
        street = " ".join(draw.faker(locale).street_address().split())
    else:
        house = str(draw.random.randint(1, 240)) + draw.random.choices(["", "/A", "b"], [88, 6, 6])[0]
        if locale == "en_US":
            house = str(draw.random.randint(10, 9900))
        name = draw.random.choice(_NAMES[locale]) if draw.likely(0.6) else draw.faker(locale).last_name()
        street = draw.random.choice(_STREETS[locale]).format(name, house)
        if locale == "de_DE":
            street = street.replace("Am Haupt", "Am Hauptmarkt")
    if draw.likely(0.45):
        return whole(street)
    text = street + draw.random.choice([", ", ", ", " - "]) + _city(draw, locale)
    return Value(text, ((0, len(street)), (0, len(text))))


def license_plate(draw: Draw, variant: str | None = None) -> Value:
    """Of the cars of today's series, as the countries' rules have it: not all letters are used."""
    no_i_o_q_u, separator = "ABCDEFGHJKLMNPRSTVWXYZ", draw.random.choice([" ", "", "-"])
    if draw.language == "it":
        parts = [draw.letters(2, no_i_o_q_u), draw.digits(3), draw.letters(2, no_i_o_q_u)]
        return whole(draw.random.choice(["", " "]).join(parts))
    if draw.language == "fr":
        return whole(separator.join([draw.letters(2, no_i_o_q_u), draw.digits(3), draw.letters(2, no_i_o_q_u)]))
    if draw.language == "es":
        return whole(f"{draw.digits(4)}{separator}{draw.letters(3, 'BCDFGHJKLMNPRSTVWXYZ')}")
    if draw.language == "de":
        town = draw.random.choice(["B", "M", "HH", "K", "F", "S", "KA", "LEV", "WOB", "DD"])
        return whole(f"{town}{draw.random.choice(['-', ' '])}{draw.letters(2)} {draw.random.randint(1, 9999)}")
    area = draw.letters(2, "ABCDEFGHJKLMNOPRSTUVWXY") + f"{draw.random.randint(2, 75):02}"
    return whole(area + draw.random.choice([" ", ""]) + draw.letters(3, "ABCDEFGHJKLMNOPRSTUVWXYZ"))
