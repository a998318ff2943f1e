#include <algorithm>

#include "tokenfoundry/pii/recognizers/secret_words_internal.h"

namespace tokenfoundry::pii {
namespace {

using enum SecretKind;

constexpr SecretWord kWords[] = {
    {"password", kPassword, false},
    {"passwort", kPassword, false},
    {"passwd", kPassword, false},
    {"passphrase", kPassword, false},
    {"passcode", kPassword, true},
    {"kennwort", kPassword, false},
    {"pwd", kPassword, true},
    {"psw", kPassword, true},
    {"pass", kPass, true},
    {"parola chiave", kPassword, true},
    {"parola d'ordine", kPassword, true},
    {"mot de passe", kPassword, true},
    {"mdp", kPassword, true},
    {"contraseña", kPassword, true},
    {"contrasena", kPassword, true},
    {"clave", kPassword, true},
    {"identified by", kQuotedPassword, true},
    {"secret", kToken, true},
    {"token", kToken, true},
    {"jeton", kToken, true},
    {"credential", kToken, true},
    {"credentials", kToken, true},
    {"key", kKey, false},
    {"schlüssel", kToken, false},
    {"chiave api", kToken, true},
    {"chiave segreta", kToken, true},
    {"chiave privata", kToken, true},
    {"chiave di accesso", kToken, true},
    {"clé api", kToken, true},
    {"clé d'api", kToken, true},
    {"clé secrète", kToken, true},
    {"clé privée", kToken, true},
    {"clé d'accès", kToken, true},
    {"clave api", kToken, true},
    {"clave de api", kToken, true},
    {"clave secreta", kToken, true},
    {"clave privada", kToken, true},
    {"amz-signature", kToken, false},
    {"authorization", kAuthorization, false},
    {"bearer", kScheme, true},
    {"?sig", kSignature, false},
    {"&sig", kSignature, false},
};

constexpr std::string_view kQualifiers[] = {
    "access", "account",    "admin",  "aes",     "anthropic",   "api",          "app",      "application", "auth",
    "aws",    "azure",      "bot",    "client",  "cloudflare",  "cohere",       "consumer", "datadog",     "decryption",
    "deploy", "encryption", "fastly", "fernet",  "function",    "functions",    "gemini",   "github",      "gitlab",
    "google", "groq",       "heroku", "hmac",    "integration", "jwt",          "mailgun",  "master",      "mistral",
    "openai", "private",    "role",   "root",    "secret",      "sendgrid",     "service",  "session",     "shared",
    "sign",   "signing",    "ssh",    "storage", "stripe",      "subscription", "twilio",   "webhook"};
static_assert(std::is_sorted(std::begin(kQualifiers), std::end(kQualifiers)));

constexpr std::string_view kSuffixes[] = {"_key",  "_value", "_prod",   "_dev",  "_test",   "_staging", "_production",
                                          "_live", "_db",    "_string", "_root", "_plain",  "_text",    "_admin",
                                          "value", "string", "text",    "s3",    "_base64", "_default", "_hash_key"};

constexpr std::string_view kCopulas[] = {"is",  "are", "was", "è",      "é",    "e'", "sarà",
                                         "est", "ist", "es",  "lautet", "será", "=",  "equals"};

}  // namespace

std::span<const SecretWord> SecretWords() { return kWords; }
std::span<const std::string_view> KeyQualifiers() { return kQualifiers; }
std::span<const std::string_view> SecretSuffixes() { return kSuffixes; }
std::span<const std::string_view> SecretCopulas() { return kCopulas; }

}  // namespace tokenfoundry::pii
