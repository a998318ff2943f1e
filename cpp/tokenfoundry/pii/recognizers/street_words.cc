#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizers/folded_word_internal.h"
#include "tokenfoundry/pii/recognizers/street_words_internal.h"

namespace tokenfoundry::pii {
namespace {

struct Word {
  std::string_view folded;
  StreetWord sure;
};

constexpr bool IsBefore(const Word& a, const Word& b) { return a.folded < b.folded; }

constexpr StreetWord kSure = StreetWord::kSure;
constexpr StreetWord kLoose = StreetWord::kLoose;

// Italian and Spanish. All tables are sorted, without accents.
constexpr Word kTypeFirst[] = {
    {"acceso", kLoose},       {"alameda", kLoose},  {"avd", kSure},       {"avda", kSure},      {"avenida", kSure},
    {"borgo", kLoose},        {"c", kLoose},        {"c.da", kSure},      {"c.so", kSure},      {"c/", kSure},
    {"calle", kSure},         {"callejon", kSure},  {"camino", kLoose},   {"canada", kLoose},   {"canale", kLoose},
    {"carrer", kSure},        {"carretera", kSure}, {"contrada", kSure},  {"corso", kLoose},    {"ctra", kSure},
    {"cuesta", kLoose},       {"fraz", kLoose},     {"frazione", kLoose}, {"galleria", kLoose}, {"glorieta", kSure},
    {"incrocio", kLoose},     {"l.go", kSure},      {"largo", kLoose},    {"loc", kLoose},      {"localita", kLoose},
    {"lungadige", kSure},     {"lungarno", kSure},  {"lungolago", kSure}, {"lungomare", kSure}, {"lungotevere", kSure},
    {"p.le", kSure},          {"p.za", kSure},      {"p.zza", kSure},     {"pasadizo", kLoose}, {"pasaje", kLoose},
    {"paseo", kSure},         {"piazza", kSure},    {"piazzale", kSure},  {"piazzetta", kSure}, {"plaza", kSure},
    {"pza", kSure},           {"pzza", kSure},      {"rambla", kLoose},   {"ronda", kLoose},    {"rotonda", kLoose},
    {"salita", kLoose},       {"strada", kLoose},   {"stretto", kLoose},  {"traversa", kLoose}, {"travesia", kSure},
    {"urbanizacion", kLoose}, {"v.le", kSure},      {"v.lo", kSure},      {"via", kSure},       {"vial", kLoose},
    {"viale", kSure},         {"vico", kSure},      {"vicolo", kSure},
};
static_assert(std::is_sorted(std::begin(kTypeFirst), std::end(kTypeFirst), IsBefore));

constexpr Word kFrench[] = {
    {"allee", kSure},     {"allees", kSure},  {"av", kSure},       {"avenue", kSure}, {"bd", kSure},
    {"boulevard", kSure}, {"bvd", kSure},     {"chemin", kSure},   {"cours", kLoose}, {"esplanade", kLoose},
    {"faubourg", kLoose}, {"impasse", kSure}, {"passage", kLoose}, {"pl", kLoose},    {"place", kLoose},
    {"quai", kSure},      {"route", kLoose},  {"rue", kSure},      {"ruelle", kSure}, {"sentier", kLoose},
    {"square", kLoose},   {"villa", kLoose},
};
static_assert(std::is_sorted(std::begin(kFrench), std::end(kFrench), IsBefore));

constexpr Word kEnglish[] = {
    {"alley", kLoose},    {"ave", kSure},    {"avenue", kSure},   {"blvd", kSure},    {"boulevard", kSure},
    {"broadway", kLoose}, {"cir", kLoose},   {"circle", kLoose},  {"close", kLoose},  {"court", kLoose},
    {"crescent", kSure},  {"ct", kLoose},    {"dr", kSure},       {"drive", kSure},   {"gardens", kLoose},
    {"green", kLoose},    {"grove", kLoose}, {"highway", kLoose}, {"hill", kLoose},   {"hwy", kLoose},
    {"lane", kSure},      {"ln", kSure},     {"loop", kLoose},    {"mews", kSure},    {"parkway", kSure},
    {"pkwy", kSure},      {"pl", kLoose},    {"place", kLoose},   {"quay", kLoose},   {"rd", kSure},
    {"ridge", kLoose},    {"rise", kLoose},  {"road", kSure},     {"row", kLoose},    {"sq", kLoose},
    {"square", kLoose},   {"st", kSure},     {"street", kSure},   {"terrace", kSure}, {"trail", kLoose},
    {"trl", kLoose},      {"walk", kLoose},  {"way", kLoose},     {"wharf", kLoose},
};
static_assert(std::is_sorted(std::begin(kEnglish), std::end(kEnglish), IsBefore));

// USPS Publication 28, appendix C1: what else American streets end in. Ordinary words, so they need more beside them.
constexpr std::string_view kAmericanRare[] = {
    "annex",      "arcade",    "bayou",    "beach",      "bend",      "bluff",      "bluffs",    "bottom",
    "branch",     "bridge",    "brook",    "brooks",     "burg",      "burgs",      "bypass",    "camp",
    "canyon",     "cape",      "causeway", "center",     "centers",   "circles",    "cliff",     "cliffs",
    "club",       "common",    "corner",   "corners",    "course",    "courts",     "cove",      "coves",
    "creek",      "crest",     "crossing", "crossroad",  "curve",     "dale",       "dam",       "divide",
    "drives",     "estate",    "estates",  "expressway", "extension", "extensions", "fall",      "falls",
    "ferry",      "field",     "fields",   "flat",       "flats",     "ford",       "fords",     "forest",
    "forge",      "forges",    "fork",     "forks",      "fort",      "freeway",    "garden",    "gateway",
    "glen",       "glens",     "greens",   "groves",     "harbor",    "harbors",    "haven",     "heights",
    "hills",      "hollow",    "inlet",    "island",     "islands",   "isle",       "junction",  "junctions",
    "key",        "keys",      "knoll",    "knolls",     "lake",      "lakes",      "land",      "landing",
    "light",      "lights",    "loaf",     "lock",       "locks",     "lodge",      "mall",      "manor",
    "manors",     "meadow",    "meadows",  "mill",       "mills",     "mission",    "motorway",  "mount",
    "mountain",   "mountains", "neck",     "orchard",    "oval",      "overpass",   "park",      "parks",
    "parkways",   "pass",      "passage",  "path",       "pike",      "pine",       "pines",     "plain",
    "plains",     "plaza",     "point",    "points",     "port",      "ports",      "prairie",   "radial",
    "ramp",       "ranch",     "rapid",    "rapids",     "rest",      "river",      "roads",     "rue",
    "run",        "shoal",     "shoals",   "shore",      "shores",    "skyway",     "spring",    "springs",
    "spur",       "spurs",     "squares",  "station",    "stravenue", "stream",     "streets",   "summit",
    "throughway", "trace",     "track",    "trafficway", "tunnel",    "turnpike",   "underpass", "union",
    "unions",     "valley",    "valleys",  "via",        "viaduct",   "view",       "views",     "villa",
    "village",    "villages",  "ville",    "vista",      "walks",     "wall",       "ways",      "well",
    "wells",
};
static_assert(std::is_sorted(std::begin(kAmericanRare), std::end(kAmericanRare)));

// In lower case these alone are looked for: "10 downing street".
constexpr std::string_view kEnglishLower[] = {"avenue", "boulevard", "drive", "lane", "road", "street"};

struct Ending {
  std::string_view folded;
  std::string_view anchor;
  StreetWord sure;
};

constexpr Ending kGermanEndings[] = {
    {"strasse", "stra(?:\xC3[\x9F\x9E]|ss)e", kSure},
    {"str.", "str\\.", kSure},
    {"str", "str", kSure},
    {"allee", "allee", kSure},
    {"gasse", "gasse", kSure},
    {"chaussee", "chaussee", kSure},
    {"weg", "weg", kSure},
    {"platz", "platz", kLoose},
    {"ufer", "ufer", kSure},
    {"damm", "damm", kSure},
    {"ring", "ring", kLoose},
    {"markt", "markt", kLoose},
    {"hof", "hof", kLoose},
    {"berg", "berg", kLoose},
    {"graben", "graben", kLoose},
    {"steig", "steig", kLoose},
    {"wall", "wall", kLoose},
    {"park", "park", kLoose},
    {"linden", "linden", kLoose},
    {"pfad", "pfad", kLoose},
};

// Their anchors written out: each is what it says or what it says with its two spellings of one letter.
constexpr std::string_view kGermanAnchorEndings[] = {
    "stra\xC3\x9F"
    "e",
    "stra\xC3\x9E"
    "e",
    "strasse",
    "str.",
    "str",
    "allee",
    "gasse",
    "chaussee",
    "weg",
    "platz",
    "ufer",
    "damm",
    "ring",
    "markt",
    "hof",
    "berg",
    "graben",
    "steig",
    "wall",
    "park",
    "linden",
    "pfad",
};

// Ways that are none on a map.
constexpr std::string_view kNoGermanStreets[] = {
    "abstiegsplatz",
    "arbeitsplatz",
    "arbeitsweg",
    "ausbildungsplatz",
    "ausweg",
    "bauplatz",
    "bildungsweg",
    "bundesstrasse",
    "campingplatz",
    "dienstweg",
    "fensterplatz",
    "flugplatz",
    "fussballplatz",
    "gangplatz",
    "golfplatz",
    "heimplatz",
    "heimweg",
    "hinweg",
    "instr",
    "irrweg",
    "kitaplatz",
    "kreisstrasse",
    "lagerplatz",
    "landesstrasse",
    "laufweg",
    "lebensweg",
    "liegeplatz",
    "listenplatz",
    "losungsweg",
    "medaillenplatz",
    "mittelweg",
    "parkplatz",
    "podestplatz",
    "postweg",
    "praktikumsplatz",
    "ranglistenplatz",
    "rastplatz",
    "rechtsweg",
    "relegationsplatz",
    "ruckweg",
    "schlafplatz",
    "seeweg",
    "sitzplatz",
    "speicherplatz",
    "spielplatz",
    "sportplatz",
    "staatsstrasse",
    "stammplatz",
    "standplatz",
    "startplatz",
    "steckplatz",
    "stehplatz",
    "stellplatz",
    "studienplatz",
    "substr",
    "tabellenplatz",
    "tennisplatz",
    "therapieplatz",
    "ubertragungsweg",
    "ubungsplatz",
    "umweg",
    "verkehrsweg",
    "vertriebsweg",
    "weltranglistenplatz",
    "zeltplatz",
};
static_assert(std::is_sorted(std::begin(kNoGermanStreets), std::end(kNoGermanStreets)));

constexpr std::string_view kNoNames[] = {
    "a1",         "aerea",     "air",       "alle",          "and",         "apache",    "api",      "app",
    "as",         "at",        "avanzato",  "azure",         "base",        "bluetooth", "by",       "cable",
    "chat",       "cli",       "conda",     "crucis",        "css",         "dalle",     "disk",     "docker",
    "e",          "email",     "excel",     "exit",          "fax",         "ferrata",   "file",     "fino",
    "first",      "flash",     "food",      "for",           "formazione",  "gate",      "github",   "gitlab",
    "google",     "gps",       "hard",      "html",          "http",        "https",     "if",       "in",
    "inglese",    "intensivo", "interface", "internet",      "interstate",  "is",        "issue",    "java",
    "javascript", "jira",      "lattea",    "laurea",        "libera",      "line",      "linea",    "maestra",
    "mail",       "mare",      "mode",      "node",          "not",         "npm",       "of",       "on",
    "online",     "or",        "ora",       "orario",        "ore",         "paypal",    "pec",      "pen",
    "phase",      "pip",       "posta",     "preferenziale", "provinciale", "pull",      "pypi",     "python",
    "react",      "regionale", "request",   "rest",          "route",       "ruby",      "scala",    "second",
    "sicurezza",  "skype",     "slack",     "sms",           "sql",         "ssd",       "ssh",      "statale",
    "stripe",     "supreme",   "table",     "tcp",           "teams",       "telefono",  "telegram", "tennis",
    "terra",      "test",      "the",       "third",         "thumb",       "to",        "twitter",  "udp",
    "usb",        "vue",       "web",       "whatsapp",      "wifi",        "with",      "youtube",  "zoom",
};
static_assert(std::is_sorted(std::begin(kNoNames), std::end(kNoNames)));

constexpr std::string_view kCounted[] = {
    "anni",       "anno",     "anos",    "ans",      "cfu",       "crediti",  "credits",  "days",     "dias",
    "dipendenti", "episodes", "episodi", "euro",     "euros",     "fois",     "giorni",   "giorno",   "heures",
    "horas",      "hours",    "items",   "jahre",    "jours",     "km",       "leute",    "lezioni",  "mal",
    "mesi",       "meters",   "metri",   "miles",    "minuten",   "minutes",  "minuti",   "minutos",  "months",
    "mq",         "ora",      "ore",     "people",   "percent",   "personas", "persone",  "personen", "personnes",
    "posti",      "puntate",  "secondi", "segundos", "settimane", "shops",    "studenti", "stunden",  "tage",
    "times",      "uhr",      "users",   "veces",    "volta",     "volte",    "weeks",    "words",    "years",
};
static_assert(std::is_sorted(std::begin(kCounted), std::end(kCounted)));

constexpr std::string_view kJoints[] = {
    "am",  "an",  "d",   "da",   "dal", "dalla", "de",  "degli", "dei", "del", "dell", "della", "delle", "dello", "den",
    "der", "des", "di",  "du",   "e",   "ed",    "el",  "et",    "il",  "l",   "la",   "las",   "le",    "les",   "lo",
    "los", "s",   "san", "sous", "sur", "und",   "van", "vom",   "von", "y",   "zu",   "zum",   "zur",
};
static_assert(std::is_sorted(std::begin(kJoints), std::end(kJoints)));

StreetWord Find(std::span<const Word> words, std::string_view folded) {
  const auto found = std::lower_bound(words.begin(), words.end(), Word{folded, kSure}, IsBefore);
  return found == words.end() || found->folded != folded ? StreetWord::kNone : found->sure;
}

void AddAlternative(std::string* regex, std::string_view alternative) {
  if (regex->back() != ':') *regex += '|';
  *regex += alternative;
}

std::string Upper(std::string_view word) {
  std::string upper(word);
  std::transform(upper.begin(), upper.end(), upper.begin(), ToUpper);
  return upper;
}

// "allee" is "allée" and "travesia" "travesía" in the text: an accent is two bytes.
std::string WithAccents(std::string_view folded) {
  std::string regex;
  if (folded == "allee") return "all(?:e|\xC3[\xA9\x89])e";
  if (folded == "allees") return "all\xC3[\xA9\x89]es";
  if (folded == "travesia") return "traves(?:i|\xC3[\xAD\x8D])a";
  if (folded == "callejon") return "callej(?:o|\xC3[\xB3\x93])n";
  if (folded == "canada") return "ca\xC3[\xB1\x91]ada";
  if (folded == "urbanizacion") return "urbanizaci(?:o|\xC3[\xB3\x93])n";
  for (const char c : folded) {
    if (c == '.') regex += '\\';
    regex += c;
  }
  return regex;
}

}  // namespace

StreetWord ItalianStreetWord(std::string_view folded) { return Find(kTypeFirst, folded); }
StreetWord FrenchStreetWord(std::string_view folded) { return Find(kFrench, folded); }
StreetWord EnglishStreetWord(std::string_view folded) {
  const StreetWord word = Find(kEnglish, folded);
  return word == StreetWord::kNone && IsOneOf(folded, kAmericanRare) ? StreetWord::kRare : word;
}

StreetWord GermanStreetWord(std::string_view folded) {
  if (IsOneOf(folded, kNoGermanStreets)) return StreetWord::kNone;
  for (const Ending& ending : kGermanEndings) {
    if (!folded.ends_with(ending.folded)) continue;
    // English has hundreds of words in "-ering", and code has strings; German streets have a consonant there:
    // "Reichmannring".
    const std::string_view stem = folded.substr(0, folded.size() - ending.folded.size());
    if (ending.folded == "ring") {
      const bool english = stem.size() <= 3 || stem.ends_with("st") || stem.ends_with("sp") ||
                           std::string_view("aeiou").find(stem.back()) != std::string_view::npos;
      return english ? StreetWord::kLoose : StreetWord::kSure;
    }
    if (ending.folded == "platz" && stem.size() > 3) return StreetWord::kSure;
    return ending.sure;
  }
  return StreetWord::kNone;
}

bool IsNoStreetName(std::string_view folded) { return IsOneOf(folded, kNoNames); }
bool IsCountedThing(std::string_view folded) { return IsOneOf(folded, kCounted); }
bool IsNameJoint(std::string_view folded) { return IsOneOf(folded, kJoints); }

std::string StreetAnchor() {
  std::string first = "(?i:";
  for (const Word& word : kTypeFirst) {
    if (word.folded != "c/" && word.folded != "c") AddAlternative(&first, WithAccents(word.folded));
  }
  for (const Word& word : kFrench) {
    if (Find(kEnglish, word.folded) == StreetWord::kNone) AddAlternative(&first, WithAccents(word.folded));
  }
  std::string english = "(?:";
  for (const Word& word : kEnglish) {
    const std::string upper = Upper(word.folded);
    AddAlternative(&english, upper);
    AddAlternative(&english, upper.substr(0, 1) + std::string(word.folded.substr(1)));
    const bool french = Find(kFrench, word.folded) != StreetWord::kNone;
    if (french || IsOneOf(word.folded, kEnglishLower)) AddAlternative(&english, word.folded);
  }
  for (const std::string_view word : kAmericanRare) {
    std::string capital(word);
    capital[0] = ToUpper(capital[0]);
    AddAlternative(&english, capital);
  }
  std::string german = "(?i:";
  for (const Ending& ending : kGermanEndings) AddAlternative(&german, ending.anchor);
  return "\\b" + first + ")\\b|\\b" + english + ")\\b|" + german +
         "),? ?[0-9]|\\b[Cc]/|\\bC\\b|(?i:localit\xC3[\xA0\x80])|\\b(?:Am|Im|Zum|Zur|An de[rn]|Auf de[mr]|In "
         "de[rn]|Unter "
         "den|Stra(?:\xC3\x9F|ss)e de[rs]|"
         "Platz de[rs]|Allee de[rs])\\b";
}

std::vector<StreetAnchorWord> StreetAnchorWords() {
  std::vector<StreetAnchorWord> words;
  const auto add = [&](std::string_view folded, int spellings) {
    const bool is_plain = folded.find_first_of("./") == std::string_view::npos;
    const bool has_accent = folded == "allees" || folded == "canada";
    if (is_plain && !has_accent && folded.size() > 1) words.push_back({folded, static_cast<uint8_t>(spellings)});
  };
  for (const Word& word : kTypeFirst) add(word.folded, kAnyCase);
  for (const Word& word : kFrench) {
    if (Find(kEnglish, word.folded) == StreetWord::kNone) add(word.folded, kAnyCase);
  }
  for (const Word& word : kEnglish) {
    const bool french = Find(kFrench, word.folded) != StreetWord::kNone;
    const bool lower = french || IsOneOf(word.folded, kEnglishLower);
    add(word.folded, kUpperCase | kCapitalised | (lower ? kLowerCase : 0));
  }
  for (const std::string_view word : kAmericanRare) add(word, kCapitalised);
  return words;
}

std::span<const std::string_view> GermanAnchorEndings() { return kGermanAnchorEndings; }

}  // namespace tokenfoundry::pii
