#include <bit>

#include "tokenfoundry/audit/audit.h"
#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/base/hash.h"

namespace tokenfoundry::audit {
namespace {

// The root is what the frontier gives: worked out when somebody asks, not with every record.
std::string Encode(const Tree& tree) {
  std::string bytes;
  AppendLittle(&bytes, tree.size());
  for (const Digest& digest : tree.frontier()) bytes.append(View(digest));
  AppendLittle(&bytes, Xxh3Low(bytes));
  return bytes;
}

Digest ReadDigest(ByteReader& reader) {
  Digest digest{};
  const std::string_view bytes = reader.Bytes(digest.size());
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

}  // namespace

std::vector<store::FamilySpec> Log::Families() { return {{"audit.leaves"}, {"audit.heads", 2, 2}}; }

absl::StatusOr<std::unique_ptr<Log>> Log::Open(const AuditOptions& options) {
  if (options.store == nullptr) return absl::InvalidArgumentError("store: missing");
  std::unique_ptr<Log> log(new Log(*options.store));
  TF_ASSIGN_OR_RETURN(log->records_, log->store_.Lookup(options.records));
  TF_ASSIGN_OR_RETURN(log->leaves_, log->store_.Lookup("audit.leaves"));
  TF_ASSIGN_OR_RETURN(log->heads_, log->store_.Lookup("audit.heads"));
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> stored, log->store_.Get(log->heads_, kHeadKey));
  if (!stored) return log;

  const std::string bytes = *stored;
  ByteReader reader(bytes);
  const uint64_t size = reader.Little<uint64_t>();
  std::vector<Digest> frontier;
  for (int i = 0; i < std::popcount(size); ++i) frontier.push_back(ReadDigest(reader));
  const uint64_t checksum = reader.Little<uint64_t>();
  // A reader may go on, to verify and say what is wrong.
  const bool is_whole = reader.AtEnd() && checksum == Xxh3Low(std::string_view(bytes).substr(0, bytes.size() - 8));
  if (!options.store->read_only() && !is_whole) {
    return absl::DataLossError("the audit log's head is damaged: open it read-only and verify it");
  }
  const std::lock_guard lock(log->mu_);
  log->tree_ = Tree(size, std::move(frontier));
  return log;
}

void Log::Stage(std::string_view record, store::Batch* batch) {
  if (!has_staged_) {
    const std::lock_guard lock(mu_);
    staged_ = tree_;
    has_staged_ = true;
  }
  const Digest leaf = LeafHash(record);
  std::string key;
  AppendBig(&key, staged_.size());
  batch->Put(leaves_, key, View(leaf));
  staged_.Append(leaf);
  batch->Put(heads_, kHeadKey, Encode(staged_));
}

void Log::Commit() {
  const std::lock_guard lock(mu_);
  tree_ = std::move(staged_);
  has_staged_ = false;
}

void Log::Discard() { has_staged_ = false; }

Head Log::head() const {
  const std::lock_guard lock(mu_);
  return {tree_.size(), tree_.Root()};
}

}  // namespace tokenfoundry::audit
