// The audit log: a Merkle tree over records that never change, so that a changed, lost or inserted one shows.
//
// Leaf i is record i of one family, keyed by its number; the leaf is staged into the batch that writes the record, so
// the two can never disagree after a crash. The head (size and root) is stored with each batch. Whoever kept a root
// elsewhere can prove that everything before it is still as it was; without that, someone who can rewrite the whole
// directory could rewrite the tree as well.
//
// Stage, Commit and Discard: one thread at a time (the ledger calls them under its lock). head() and Verify: any
// thread, also while records are being added. Verify reads every record: about 2 us each.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "tokenfoundry/audit/tree.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/store/store.h"

namespace tokenfoundry::audit {

struct AuditOptions {
  store::Store* store = nullptr;  // Required, open with Log::Families(); outlives the log.
  std::string records;            // Required: the family of the records, keyed by big-endian u64 from 0.
};

struct Head {
  uint64_t size = 0;
  Digest root{};

  friend bool operator==(const Head&, const Head&) = default;
};

struct Verification {
  Head head;  // As stored, at the moment of the call.
  std::optional<uint64_t>
      broken_seq;       // The first record that is not as it was written; absent with a problem: the head.
  std::string problem;  // Empty: every record, every leaf and the root are as they were written.
};

class Log {
 public:
  static std::vector<store::FamilySpec> Families();
  static absl::StatusOr<std::unique_ptr<Log>> Open(const AuditOptions& options);

  // Adds the leaf of the next record to `batch`. Then Commit, if the batch was written, or Discard.
  void Stage(std::string_view record, store::Batch* batch);
  void Commit();
  void Discard();

  Head head() const;
  absl::StatusOr<Verification> Verify() const;

 private:
  static constexpr std::string_view kHeadKey = "head";  // In audit.heads.

  explicit Log(store::Store& store) : store_(store) {}

  store::Store& store_;
  store::Family records_, leaves_, heads_;

  Tree staged_;  // Used by the one thread that stages.
  bool has_staged_ = false;

  mutable std::mutex mu_;
  Tree tree_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tokenfoundry::audit
