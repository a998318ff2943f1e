#include "tokenfoundry/audit/audit.h"
#include "tokenfoundry/base/endian.h"

namespace tokenfoundry::audit {
namespace {

constexpr uint64_t kPage = 1024;  // Leaves and records are read side by side, this many at a time.

std::string Key(uint64_t seq) {
  std::string key;
  AppendBig(&key, seq);
  return key;
}

}  // namespace

absl::StatusOr<Verification> Log::Verify() const {
  Verification result;
  result.head = head();
  const auto broken = [&](std::optional<uint64_t> seq, std::string problem) {
    result.broken_seq = seq;
    result.problem = std::move(problem);
    return result;
  };

  Tree tree;
  while (tree.size() < result.head.size) {
    const uint64_t first = tree.size(), end = std::min(first + kPage, result.head.size);
    const std::string first_key = Key(first), end_key = Key(end);
    std::vector<std::pair<uint64_t, Digest>> computed, stored;
    bool malformed = false;
    TF_RETURN_IF_ERROR(store_.Scan(records_, {first_key, end_key}, [&](std::string_view key, std::string_view value) {
      malformed = malformed || key.size() != 8;
      if (!malformed) computed.emplace_back(LoadBig<uint64_t>(key.data()), LeafHash(value));
      return !malformed;
    }));
    if (malformed) return broken(std::nullopt, "a record's key is not 8 bytes");
    TF_RETURN_IF_ERROR(store_.Scan(leaves_, {first_key, end_key}, [&](std::string_view key, std::string_view value) {
      malformed = malformed || key.size() != 8 || value.size() != Digest().size();
      if (malformed) return false;
      Digest digest;
      std::copy(value.begin(), value.end(), digest.begin());
      stored.emplace_back(LoadBig<uint64_t>(key.data()), digest);
      return true;
    }));
    if (malformed) return broken(std::nullopt, "a leaf is not 8 bytes to 32");
    for (size_t i = 0; i < end - first; ++i) {
      const uint64_t seq = first + i;
      if (i >= computed.size() || computed[i].first != seq) return broken(seq, "the entry is missing");
      if (i >= stored.size() || stored[i].first != seq) return broken(seq, "the leaf is missing");
      if (computed[i].second != stored[i].second) return broken(seq, "the entry is not the one its leaf was made of");
      tree.Append(computed[i].second);
    }
  }
  if (tree.Root() != result.head.root) return broken(std::nullopt, "the leaves do not give the stored head");

  // Records beyond the head have no leaf, unless they were added while this ran: then the stored head, read after them,
  // is beyond them too.
  TF_ASSIGN_OR_RETURN(const auto last, store_.Last(records_));
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> stored_head, store_.Get(heads_, kHeadKey));
  const uint64_t leaves = stored_head ? ByteReader(*stored_head).Little<uint64_t>() : 0;
  if (last && last->first.size() == 8 && LoadBig<uint64_t>(last->first.data()) >= leaves) {
    return broken(LoadBig<uint64_t>(last->first.data()), "the entry has no leaf");
  }
  return result;
}

}  // namespace tokenfoundry::audit
