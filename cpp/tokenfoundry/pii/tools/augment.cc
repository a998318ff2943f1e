#include "tokenfoundry/pii/tools/augment.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/pii/names_characters_internal.h"

namespace tokenfoundry::pii {
namespace {

void AppendCodePoint(uint32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xC0 | c >> 6));
    out->push_back(static_cast<char>(0x80 | (c & 63)));
  } else if (c < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | c >> 12));
    out->push_back(static_cast<char>(0x80 | (c >> 6 & 63)));
    out->push_back(static_cast<char>(0x80 | (c & 63)));
  } else {
    out->push_back(static_cast<char>(0xF0 | c >> 18));
    out->push_back(static_cast<char>(0x80 | (c >> 12 & 63)));
    out->push_back(static_cast<char>(0x80 | (c >> 6 & 63)));
    out->push_back(static_cast<char>(0x80 | (c & 63)));
  }
}

// The capital whose lower-case form is `lower`, or `lower` itself.
uint32_t Upper(uint32_t lower) {
  for (const uint32_t distance : {32u, 1u, 80u}) {
    std::string candidate;
    AppendCodePoint(lower - distance, &candidate);
    const NameCharacter character = NameCharacterAt(candidate.data());
    if (character.letter == Letter::kUpper && character.lower == lower) return lower - distance;
  }
  return lower;
}

template <typename Change>
std::string Mapped(std::string_view text, Change change) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const NameCharacter character = NameCharacterAt(text.data() + at);
    change(text.substr(at, character.size_bytes), character, &out);
    at += character.size_bytes;
  }
  return out;
}

std::string WithoutAccents(std::string_view text) {
  return Mapped(text, [](std::string_view bytes, const NameCharacter& character, std::string* out) {
    const uint32_t plain = WithoutAccent(character.lower);
    if (plain == character.lower || plain >= 0x80) {
      out->append(bytes);
    } else {
      out->push_back(static_cast<char>(character.letter == Letter::kUpper ? plain - 32 : plain));
    }
  });
}

std::string Capitalised(std::string_view word) {
  std::string first;
  const NameCharacter character = NameCharacterAt(word.data());
  AppendCodePoint(Upper(character.lower), &first);
  return first.append(word.substr(character.size_bytes));
}

// Rebuilds a line with each name, and the text between names, passed through a function.
template <typename Name, typename Text>
LabelledLine Rebuilt(const LabelledLine& line, Name name, Text between) {
  LabelledLine out;
  uint32_t reached = 0;
  const std::string_view text = line.text;
  for (const LabelledSpan& span : line.names) {
    out.text += between(text.substr(reached, span.start - reached));
    const uint32_t start = static_cast<uint32_t>(out.text.size());
    out.text += name(text.substr(span.start, span.end - span.start));
    out.names.push_back({start, static_cast<uint32_t>(out.text.size())});
    reached = span.end;
  }
  out.text += between(text.substr(reached));
  return out;
}

std::string Same(std::string_view text) { return std::string{text}; }

std::vector<std::string_view> WordsOf(std::string_view name) {
  std::vector<std::string_view> words;
  while (!name.empty()) {
    const std::string_view word = name.substr(0, name.find(' '));
    name.remove_prefix(std::min(word.size() + 1, name.size()));
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

bool IsPlainCapitalised(std::string_view word) {
  if (word.size() < 3 || NameCharacterAt(word.data()).letter != Letter::kUpper) return false;
  for (size_t at = NameCharacterAt(word.data()).size_bytes; at < word.size();) {
    const NameCharacter character = NameCharacterAt(word.data() + at);
    if (character.letter != Letter::kLower) return false;
    at += character.size_bytes;
  }
  return true;
}

std::string Joined(const std::vector<std::string_view>& words, size_t first, size_t end) {
  std::string out;
  for (size_t i = first; i < end; ++i) {
    if (i > first) out += ' ';
    out += words[i];
  }
  return out;
}

std::string SurnameFirst(std::string_view name) {
  const std::vector<std::string_view> words = WordsOf(name);
  if (words.size() < 2 || words.size() > 3) return std::string{name};
  return Joined(words, 1, words.size()) + " " + std::string{words[0]};
}

std::string SurnameInCapitals(std::string_view name) {
  const std::vector<std::string_view> words = WordsOf(name);
  if (words.size() < 2) return std::string{name};
  return std::string{words[0]} + " " + UpperCase(Joined(words, 1, words.size()));
}

std::string Exchanged(std::string_view name, const NamePool& pool, Random* random) {
  const std::vector<std::string_view> words = WordsOf(name);
  if (words.size() >= 2 && random->Chance(0.3)) return random->Pick(pool.full);
  std::string out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += ' ';
    if (!IsPlainCapitalised(words[i])) {
      out += words[i];
    } else {
      out += random->Pick(words.size() > 1 && i + 1 == words.size() ? pool.surnames : pool.given);
    }
  }
  return out;
}

}  // namespace

std::string LowerCase(std::string_view text) {
  return Mapped(text, [](std::string_view, const NameCharacter& character, std::string* out) {
    AppendCodePoint(character.lower, out);
  });
}

std::string UpperCase(std::string_view text) {
  return Mapped(text, [](std::string_view bytes, const NameCharacter& character, std::string* out) {
    if (character.letter == Letter::kLower) {
      AppendCodePoint(Upper(character.lower), out);
    } else {
      out->append(bytes);
    }
  });
}

NamePool PoolOf(const std::vector<Corpus>& corpora, std::string_view gazetteer) {
  std::set<std::string> given, surnames, full;
  for (const Corpus& corpus : corpora) {
    if (corpus.name.starts_with("europeana") || corpus.name.starts_with("broad")) continue;
    for (const LabelledLine& line : corpus.training) {
      for (const LabelledSpan& span : line.names) {
        const std::string_view name = std::string_view(line.text).substr(span.start, span.end - span.start);
        const std::vector<std::string_view> words = WordsOf(name);
        bool plain = !words.empty();
        for (const std::string_view word : words) plain = plain && (IsPlainCapitalised(word) || word.size() <= 3);
        if (!plain || !IsPlainCapitalised(words[0])) continue;
        if (words.size() > 1) full.emplace(name);
        if (words.size() == 2) given.emplace(words[0]);
        if (words.size() == 2 && IsPlainCapitalised(words[1])) surnames.emplace(words[1]);
      }
    }
  }
  NamePool pool = {{given.begin(), given.end()}, {surnames.begin(), surnames.end()}, {full.begin(), full.end()}};
  // Half of the draws from what people wrote, half from the gazetteer.
  std::vector<std::string> more_given, more_surnames;
  constexpr size_t kSurnameStride =
      8;  // Each name drawn takes up weights of its own: some of the many teach as much as all.
  size_t surname_number = 0;
  for (const std::string_view line : LinesOf(gazetteer)) {
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos || tab < 3) continue;
    const char type = line[tab + 1];
    if (type != '2') more_given.push_back(Capitalised(line.substr(0, tab)));
    if (type != '1' && ++surname_number % kSurnameStride == 0)
      more_surnames.push_back(Capitalised(line.substr(0, tab)));
  }
  const auto blend = [](std::vector<std::string>* written, const std::vector<std::string>& more) {
    if (written->empty() || more.empty()) {
      written->insert(written->end(), more.begin(), more.end());
      return;
    }
    const std::vector<std::string> once = *written;
    while (written->size() < more.size()) written->insert(written->end(), once.begin(), once.end());
    written->insert(written->end(), more.begin(), more.end());
  };
  blend(&pool.given, more_given);
  blend(&pool.surnames, more_surnames);
  return pool;
}

LabelledLine WithOtherNames(const LabelledLine& line, const NamePool& pool, Random* random) {
  return Rebuilt(
      line, [&](std::string_view name) { return random->Chance(0.8) ? Exchanged(name, pool, random) : Same(name); },
      Same);
}

LabelledLine WithOtherCase(const LabelledLine& line, Random* random) {
  const size_t draw = random->Below(1000);
  if (draw < 110) return Rebuilt(line, LowerCase, LowerCase);
  if (draw < 160) return Rebuilt(line, UpperCase, UpperCase);
  if (draw < 190) return Rebuilt(line, UpperCase, Same);
  if (draw < 215) return Rebuilt(line, SurnameInCapitals, Same);
  if (draw < 235) return Rebuilt(line, LowerCase, Same);
  if (draw < 270) return Rebuilt(line, SurnameFirst, Same);
  if (draw < 285)
    return Rebuilt(
        line, [](std::string_view name) { return UpperCase(SurnameFirst(name)); }, Same);
  if (draw < 325) return Rebuilt(line, WithoutAccents, WithoutAccents);
  return line;
}

absl::StatusOr<Templates> Templates::Parse(std::string_view content) {
  Templates templates;
  for (const std::string_view line : LinesOf(content)) {
    const size_t tab = line.find('\t');
    if (line.empty()) continue;
    if (tab == std::string_view::npos)
      return absl::InvalidArgumentError(absl::StrCat("template without tab: ", AbslView(line)));
    const std::string_view text = line.substr(tab + 1);
    if (line[0] == '#') {
      Filler filler = {std::string{line.substr(1, tab - 1)}, {}};
      std::string_view rest = text;
      while (!rest.empty()) {
        const std::string_view entry = rest.substr(0, rest.find('|'));
        rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
        filler.entries.emplace_back(entry);
      }
      templates.fillers_.push_back(std::move(filler));
      continue;
    }
    Template parsed = {0, std::string{text}};
    std::from_chars(line.data(), line.data() + tab, parsed.repeats);
    templates.templates_.push_back(std::move(parsed));
  }
  for (const Template& one : templates.templates_) {
    for (size_t open = one.text.find('{'); open != std::string::npos; open = one.text.find('{', open + 1)) {
      std::string_view name = std::string_view(one.text).substr(open + 1, one.text.find('}', open) - open - 1);
      if (name.starts_with('!')) name.remove_prefix(1);
      const bool known = name == "P" || name == "F" || name == "S" || name == "I" || name == "L" || name == "f" ||
                         name == "s" || templates.FindFiller(name) != nullptr;
      if (!known) return absl::InvalidArgumentError(absl::StrCat("no filler for {", AbslView(name), "}"));
    }
  }
  return templates;
}

const Templates::Filler* Templates::FindFiller(std::string_view name) const {
  for (const Filler& filler : fillers_) {
    if (filler.name == name) return &filler;
  }
  return nullptr;
}

std::vector<LabelledLine> Templates::Fill(const NamePool& pool, Random* random) const {
  std::vector<LabelledLine> lines;
  const auto person = [&] {
    if (random->Chance(0.4)) return random->Pick(pool.full);
    return random->Pick(pool.given) + " " + random->Pick(pool.surnames);
  };
  for (const Template& one : templates_) {
    for (int repeat = 0; repeat < one.repeats; ++repeat) {
      LabelledLine line;
      std::string_view rest = one.text;
      while (!rest.empty()) {
        const size_t open = rest.find('{');
        line.text += rest.substr(0, open);
        if (open == std::string_view::npos) break;
        std::string_view slot = rest.substr(open + 1, rest.find('}', open) - open - 1);
        rest.remove_prefix(open + slot.size() + 2);
        const bool no_person = slot[0] == '!';
        if (no_person) slot.remove_prefix(1);
        if (const Filler* filler = FindFiller(slot)) {
          line.text += random->Pick(filler->entries);
          continue;
        }
        const uint32_t start = static_cast<uint32_t>(line.text.size());
        if (slot == "P") line.text += person();
        if (slot == "F") line.text += random->Pick(pool.given);
        if (slot == "L") line.text += random->Pick(pool.surnames) + ", " + random->Pick(pool.given);
        if (slot == "f") line.text += LowerCase(random->Pick(pool.given));
        if (slot == "s") line.text += LowerCase(random->Pick(pool.surnames));
        if (slot == "S") line.text += random->Pick(pool.surnames);
        if (slot == "I") line.text += random->Pick(pool.given)[0] + std::string(". ") + random->Pick(pool.surnames);
        if (!no_person) line.names.push_back({start, static_cast<uint32_t>(line.text.size())});
      }
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace tokenfoundry::pii
