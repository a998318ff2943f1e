#include <bit>

#include "tokenfoundry/audit/audit.h"
#include "tokenfoundry/base/endian.h"

namespace tokenfoundry::audit {
namespace {

std::string Encode(const Tree& tree, const Digest& root) {
  std::string bytes;
  AppendLittle(&bytes, tree.size());
  bytes.append(View(root));
  for (const Digest& digest : tree.frontier()) bytes.append(View(digest));
  return bytes;
}

Digest ReadDigest(ByteReader& reader) {
  Digest digest{};
  const std::string_view bytes = reader.Bytes(digest.size());
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

}  // namespace

std::vector<store::FamilySpec> Log::Families() { return {{"audit.leaves"}, {"audit.heads"}}; }

absl::StatusOr<std::unique_ptr<Log>> Log::Open(const AuditOptions& options) {
  if (options.store == nullptr) return absl::InvalidArgumentError("store: missing");
  std::unique_ptr<Log> log(new Log(*options.store));
  TF_ASSIGN_OR_RETURN(log->records_, log->store_.Lookup(options.records));
  TF_ASSIGN_OR_RETURN(log->leaves_, log->store_.Lookup("audit.leaves"));
  TF_ASSIGN_OR_RETURN(log->heads_, log->store_.Lookup("audit.heads"));
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> stored, log->store_.Get(log->heads_, kHeadKey));
  const std::lock_guard lock(log->mu_);
  log->head_.root = log->tree_.Root();
  if (!stored) return log;

  ByteReader reader(*stored);
  Head head;
  head.size = reader.Little<uint64_t>();
  head.root = ReadDigest(reader);
  std::vector<Digest> frontier;
  for (int i = 0; i < std::popcount(head.size); ++i) frontier.push_back(ReadDigest(reader));
  Tree tree(head.size, std::move(frontier));
  // A reader may go on, to verify and say what is wrong.
  if (!options.store->read_only() && (!reader.AtEnd() || tree.Root() != head.root)) {
    return absl::DataLossError("the audit log's head is damaged: open it read-only and verify it");
  }
  log->tree_ = std::move(tree);
  log->head_ = head;
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
  batch->Put(heads_, kHeadKey, Encode(staged_, staged_.Root()));
}

void Log::Commit() {
  const std::lock_guard lock(mu_);
  tree_ = std::move(staged_);
  head_ = {tree_.size(), tree_.Root()};
  has_staged_ = false;
}

void Log::Discard() { has_staged_ = false; }

Head Log::head() const {
  const std::lock_guard lock(mu_);
  return head_;
}

}  // namespace tokenfoundry::audit
