#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <cstdint>
#include <string>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizers/secret_text_internal.h"
#include "tokenfoundry/pii/validators/uuid.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kSampleBytes = 256;
constexpr size_t kMinRandomBytes = 16;
constexpr size_t kMinRandomRun = 10;  // Letters and digits in a row, with both among them.
constexpr size_t kMaxTurnBytes = 6;   // On average, between two turns.
constexpr double kMinRandomBits = 2.8;

constexpr std::string_view kPasswordSigns = "!@#$%^&*?+=~|";

// What stands for a value, in lower case, sorted. In the languages whose words for a password are known.
constexpr std::string_view kTrivial[] = {"access",       "admin_password",
                                         "any",          "apikey",
                                         "array",        "auth",
                                         "basic",        "bearer",
                                         "bool",         "boolean",
                                         "bytes",        "changeme",
                                         "char",         "contraseña",
                                         "credential",   "credentials",
                                         "default",      "digest",
                                         "disabled",     "dummy",
                                         "empty",        "enabled",
                                         "env",          "environ",
                                         "errata",       "example",
                                         "expired",      "falsch",
                                         "false",        "field",
                                         "file",         "forgot",
                                         "forgotten",    "function",
                                         "getenv",       "getpass",
                                         "hash",         "hashed",
                                         "hidden",       "incorrect",
                                         "incorrecta",   "incorrecte",
                                         "input",        "int",
                                         "invalid",      "invalida",
                                         "jwt",          "key",
                                         "masked",       "missing",
                                         "must",         "mypassword",
                                         "needed",       "new",
                                         "nil",          "no",
                                         "none",         "not",
                                         "null",         "number",
                                         "oauth",        "oauth2",
                                         "obbligatoria", "object",
                                         "old",          "optional",
                                         "optionnel",    "pass",
                                         "passphrase",   "passwd",
                                         "password",     "passwort",
                                         "plain",        "plaintext",
                                         "process",      "prompt",
                                         "pwd",          "random",
                                         "redacted",     "removed",
                                         "replace",      "required",
                                         "requis",       "reset",
                                         "richiesta",    "sample",
                                         "scaduta",      "secret",
                                         "self",         "some",
                                         "str",          "string",
                                         "test",         "testing",
                                         "text",         "this",
                                         "todo",         "token",
                                         "true",         "type",
                                         "undefined",    "unknown",
                                         "username",     "value",
                                         "varchar",      "vergessen",
                                         "void",         "wrong",
                                         "yes",          "your"};
static_assert(std::is_sorted(std::begin(kTrivial), std::end(kTrivial)));

// Anywhere in the value, in lower case.
constexpr std::string_view kTelling[] = {
    "your_",      "your-",       "yourpass",    "yourtoken", "_here",    "-here",       "changeme",
    "change_me",  "change-me",   "placeholder", "redacted",  "xxxx",     "****",        "....",
    "____",       "insert_",     "insert-",     "replace_",  "replace-", "my_password", "my-password",
    "os.environ", "process.env", "getenv",      "<your",     "[your",    "todo"};

std::string Lower(std::string_view value) {
  std::string lower(value.substr(0, kSampleBytes));
  std::transform(lower.begin(), lower.end(), lower.begin(), ToLower);
  return lower;
}

bool IsIdentifier(std::string_view word) {
  return !word.empty() && !IsDigit(word[0]) &&
         std::all_of(word.begin(), word.end(), [](char c) { return IsAlnum(c) || c == '_'; });
}

bool IsDashedUuid(std::string_view value) {
  char digits[32];
  size_t count = 0;
  if (value.size() != 36) return false;
  for (size_t i = 0; i < value.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (value[i] == '-')) return false;
    if (!dash) digits[count++] = value[i];
  }
  return IsUuid({digits, count});
}

}  // namespace

CharacterClasses ClassesOf(std::string_view value) {
  CharacterClasses classes;
  std::bitset<256> seen;
  value = value.substr(0, kSampleBytes);
  const size_t last_word = value.find_last_not_of("!?");
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    seen.set(static_cast<unsigned char>(c));
    classes.digit += IsDigit(c);
    classes.upper += IsUpper(c);
    classes.lower += IsLetter(c) && !IsUpper(c);
    classes.sign += kPasswordSigns.find(c) != std::string_view::npos && i <= last_word && last_word != value.npos;
  }
  classes.distinct = seen.count();
  return classes;
}

double EntropyBits(std::string_view value) {
  value = value.substr(0, kSampleBytes);
  std::array<uint32_t, 256> counts = {};
  for (const char c : value) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const uint32_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(value.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

bool LooksRandom(std::string_view value) {
  value = value.substr(0, kSampleBytes);
  if (value.size() < kMinRandomBytes) return false;
  if (IsDashedUuid(value)) return true;
  // Somewhere letters and digits, or both cases, take turns more often than in words written together.
  bool mixed = false;
  size_t run = 0;
  size_t turns = 0;
  for (size_t i = 0; i <= value.size() && !mixed; ++i) {
    if (!IsAlnum(At(value, i))) {
      mixed = run >= kMinRandomRun && turns >= 3 && turns * kMaxTurnBytes >= run;
      run = turns = 0;
      continue;
    }
    if (run++ == 0) continue;
    const bool digit_edge = IsDigit(value[i]) != IsDigit(value[i - 1]);
    turns += digit_edge || (IsUpper(value[i]) && !IsUpper(value[i - 1]) && !IsDigit(value[i - 1]));
  }
  return mixed && EntropyBits(value) >= kMinRandomBits;
}

bool LooksLikePassword(std::string_view value) {
  const CharacterClasses classes = ClassesOf(value);
  const size_t letters = classes.lower + classes.upper;
  if (value.size() < 5 || classes.distinct < 4) return false;
  if (letters > 0 && classes.digit > 0) return value.size() >= 6;
  return classes.sign > 0 && letters + classes.digit > 2;
}

bool IsPlaceholder(std::string_view value) {
  if (value.empty()) return true;
  const char first = value.front();
  const char last = value.back();
  if ((first == '<' && last == '>') || (first == '{' && last == '}') || (first == '[' && last == ']')) return true;
  if (value.starts_with("${") || value.starts_with("$(") || value.starts_with("{{") || value.starts_with("#{"))
    return true;
  if (first == '$' && IsIdentifier(value.substr(1)) && value.find_first_of("0123456789") == value.npos) return true;
  if (first == '%' && (value.size() <= 3 || last == '%' || At(value, 1) == '(')) return true;
  if (first == '<' || value == "...") return true;
  if (first == '%' && IsIdentifier(value.substr(1))) return true;
  for (const std::string_view format : {"%s", "%d", "{}", "${", "{{", "{0}"}) {
    if (value.find(format) != value.npos) return true;
  }
  const std::string lower = Lower(value);
  if (std::all_of(lower.begin(), lower.end(), [&](char c) { return c == lower[0]; })) return true;
  if (lower.size() > 4 &&
      std::all_of(lower.begin(), lower.end(), [](char c) { return c == 'x' || c == '*' || c == '-'; }))
    return true;
  if (std::binary_search(std::begin(kTrivial), std::end(kTrivial), std::string_view(lower))) return true;
  // The name of a field: "challengePassword", "user_passwd".
  if (IsIdentifier(lower) && (lower.ends_with("password") || lower.ends_with("passwd"))) return true;
  return std::any_of(std::begin(kTelling), std::end(kTelling),
                     [&](std::string_view telling) { return lower.find(telling) != std::string::npos; });
}

}  // namespace tokenfoundry::pii
