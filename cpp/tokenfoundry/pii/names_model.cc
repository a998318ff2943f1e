#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/base/hash.h"
#include "tokenfoundry/pii/names_model_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::string_view kMagic = "TFNAMES\n";
constexpr uint32_t kFormatVersion = 1;
constexpr size_t kHeaderBytes = 64;
constexpr size_t kTransitionBytes = 384;  // kTransitions int16, padded so that the rows begin on a cache line.
static_assert(kTransitions * sizeof(int16_t) <= kTransitionBytes);
constexpr size_t kWordBytes = size_t{kWordRows} * kWordRowWeights;
constexpr size_t kPairBytes = size_t{kPairRows} * kPairRowWeights;
constexpr size_t kBodyBytes = kTransitionBytes + kWordBytes + kPairBytes + kLexiconBytes;
constexpr size_t kFileBytes = kHeaderBytes + kBodyBytes;
static_assert(kFileBytes <= 6'000'000, "what the wheel may carry");

bool HasFreeSlot(const uint8_t* lexicon) {
  for (uint32_t slot = 0; slot < kLexiconSlots; ++slot) {
    if (lexicon[slot * kLexiconSlotBytes] == 0 && lexicon[slot * kLexiconSlotBytes + 1] == 0) return true;
  }
  return false;
}

}  // namespace

std::string EncodeNameModel(const NameWeights& weights) {
  std::string body;
  body.reserve(kBodyBytes);
  for (const int16_t weight : weights.transitions) AppendLittle(&body, weight);
  body.resize(kTransitionBytes, '\0');
  body += weights.words;
  body += weights.pairs;
  body += weights.lexicon;
  std::string file{kMagic};
  AppendLittle(&file, kFormatVersion);
  AppendLittle(&file, kNameFeatureVersion);
  AppendLittle(&file, kWordRows);
  AppendLittle(&file, kPairRows);
  AppendLittle(&file, kLexiconSlots);
  AppendLittle(&file, std::bit_cast<uint32_t>(weights.step));
  AppendLittle(&file, std::bit_cast<uint32_t>(weights.bias));
  const Hash128 hash = Xxh3(body);
  AppendLittle(&file, hash.low);
  AppendLittle(&file, hash.high);
  file.resize(kHeaderBytes, '\0');
  return file + body;
}

NameModel::NameModel(std::unique_ptr<const MappedFile> file, float step, float bias, const char* body)
    : file_(std::move(file)),
      step_(step),
      bias_(bias),
      lexicon_(reinterpret_cast<const uint8_t*>(body + kTransitionBytes + kWordBytes + kPairBytes)),
      words_(reinterpret_cast<const int8_t*>(body + kTransitionBytes)),
      pairs_(words_ + kWordBytes) {
  std::memcpy(transitions_.data(), body, sizeof(transitions_));
}

absl::StatusOr<std::unique_ptr<const NameModel>> NameModel::Load(const std::string& path) {
  TF_ASSIGN_OR_RETURN(std::unique_ptr<const MappedFile> file, MappedFile::Open(path));
  const std::string_view bytes = file->bytes();
  const auto broken = [&path](std::string_view why) {
    return absl::DataLossError(absl::StrCat(path, " is no name model: ", AbslView(why)));
  };
  ByteReader header(bytes.substr(0, kHeaderBytes));
  if (header.Bytes(kMagic.size()) != kMagic) return broken("it does not begin as one");
  if (header.Little<uint32_t>() != kFormatVersion) return broken("its format version is another");
  if (header.Little<uint32_t>() != kNameFeatureVersion) return broken("it was trained for another feature version");
  const bool same_sizes = header.Little<uint32_t>() == kWordRows && header.Little<uint32_t>() == kPairRows &&
                          header.Little<uint32_t>() == kLexiconSlots;
  if (!same_sizes) return broken("its tables have other sizes");
  const float step = std::bit_cast<float>(header.Little<uint32_t>());
  const float bias = std::bit_cast<float>(header.Little<uint32_t>());
  Hash128 hash;
  hash.low = header.Little<uint64_t>();
  hash.high = header.Little<uint64_t>();
  if (!header.ok() || bytes.size() != kFileBytes) {
    return broken(StdView(absl::StrCat("it has ", bytes.size(), " bytes instead of ", kFileBytes)));
  }
  if (!(Xxh3(bytes.substr(kHeaderBytes)) == hash)) return broken("its checksum is wrong");
  if (!std::isfinite(step) || step <= 0 || !std::isfinite(bias)) return broken("its weights have no unit");
  const char* const body = bytes.data() + kHeaderBytes;
  if (!HasFreeSlot(reinterpret_cast<const uint8_t*>(body + kBodyBytes - kLexiconBytes)))
    return broken("its lexicon is full");
  return std::unique_ptr<const NameModel>(new NameModel(std::move(file), step, bias, body));
}

}  // namespace tokenfoundry::pii
