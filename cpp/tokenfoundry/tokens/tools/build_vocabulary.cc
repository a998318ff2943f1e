// build_vocabulary NAME RANKS.tiktoken TABLE.tfv: precompiles a vocabulary that the project knows, at build time.
//
// The rank file must be the published one, by its SHA-256.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/tokens/build.h"

namespace tokenfoundry::tokens {
namespace {

struct KnownVocabulary {
  const char* name;
  Pretokenizer pretokenizer;
  const char* ranks_sha256;
  std::vector<SpecialToken> special_tokens;
};

const std::vector<KnownVocabulary>& KnownVocabularies() {
  static const auto* const known = new std::vector<KnownVocabulary>{
      {"o200k_base",
       Pretokenizer::kO200k,
       "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
       {{199999, "<|endoftext|>"}, {200018, "<|endofprompt|>"}}},
      {"cl100k_base",
       Pretokenizer::kCl100k,
       "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
       {{100257, "<|endoftext|>"},
        {100258, "<|fim_prefix|>"},
        {100259, "<|fim_middle|>"},
        {100260, "<|fim_suffix|>"},
        {100276, "<|endofprompt|>"}}},
  };
  return *known;
}

absl::StatusOr<VocabularySource> ReadSource(const std::string& name, const std::string& ranks_path) {
  for (const KnownVocabulary& known : KnownVocabularies()) {
    if (name != known.name) continue;
    std::ifstream file(ranks_path, std::ios::binary);
    if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", ranks_path));
    const std::string ranks{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    VocabularySource source;
    source.sha256 = Sha256Of(ranks);
    if (Hex(source.sha256) != known.ranks_sha256) {
      return absl::DataLossError(absl::StrCat(ranks_path, " has SHA-256 ", Hex(source.sha256), ", not that of ", name));
    }
    source.name = name;
    source.pretokenizer = known.pretokenizer;
    source.special_tokens = known.special_tokens;
    TF_RETURN_IF_ERROR(ReadRanks(ranks, true, &source));
    return source;
  }
  return absl::NotFoundError(absl::StrCat("no vocabulary is called ", name));
}

absl::Status Run(const std::string& name, const std::string& ranks_path, const std::string& table_path) {
  TF_ASSIGN_OR_RETURN(const VocabularySource source, ReadSource(name, ranks_path));
  TF_ASSIGN_OR_RETURN(const std::string table, BuildTable(source));
  std::ofstream file(table_path, std::ios::binary | std::ios::trunc);
  file.write(table.data(), static_cast<std::streamsize>(table.size()));
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat("cannot write ", table_path));
  return absl::OkStatus();
}

}  // namespace
}  // namespace tokenfoundry::tokens

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: build_vocabulary NAME RANKS.tiktoken TABLE.tfv\n", stderr);
    return 2;
  }
  const absl::Status status = tokenfoundry::tokens::Run(argv[1], argv[2], argv[3]);
  if (status.ok()) return 0;
  std::fprintf(stderr, "build_vocabulary: %s\n", status.ToString().c_str());
  return 1;
}
