// Columns of text made safe, many rows at a time: what RedactionSession (privacy/redactor.py) does to one text after
// the other, with the same outcome.
//
// A Redaction is one numbering: the same value of the same entity gets the same placeholder in every row, column and
// batch that goes through it. It lives as long as the data set, in memory only, and grows with the number of distinct
// values, about 150 bytes and the value for each. Rows that came more than once are kept beside them, at most 16 MiB
// for each thread; nothing else of the data is. A crash loses it, and with it the way back.
//
// Detection runs on several threads, stand-ins are given out afterwards in the order of the rows: what comes out does
// not depend on the number of threads. Thread-safe: calls may overlap, in which case the numbers are given out call
// after call as they come to it, and each uses its share of the threads.
//
// Units: rows and code points are counted from 0.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "tokenfoundry/arrow/numbering.h"
#include "tokenfoundry/arrow/text_columns.h"
#include "tokenfoundry/pii/detector.h"

namespace tokenfoundry::arrow {

// What is done with an entity.
struct Treatment {
  enum class Action : uint8_t {
    kAllow,
    kPseudonymize,  // [EMAIL_ADDRESS_1].
    kMask,          // `mask` for each character but the last `kept`.
    kRedact,        // [EMAIL_ADDRESS].
    kBlock,         // The call fails.
    kAsk,           // RedactionOptions::stand_in says.
  };
  Action action = Action::kAllow;
  size_t kept = 4;
  std::string mask = "*";
};

// A finding of a blocked entity: why a call failed.
struct Blocked {
  size_t entity;  // Index into the detector's.
  std::string column;
  int64_t row;
  size_t start;  // Code points of the row's text.
  size_t end;
};

struct RedactionOptions {
  std::shared_ptr<const pii::Detector> detector;  // Required.
  std::vector<Treatment> treatments = {};         // Of each of the detector's entities.
  size_t threads = 1;                             // At most, for all calls together. [1, 256].

  // What a column is called may tell what its values are (`partita_iva`): its name then stands before each of them when
  // they are looked through, and is itself left alone.
  bool use_labels = true;

  // The functions below are for what is not done here; any thread may call them, several at once but for the first.

  // What stands for a value where kAsk leaves it open. One call at a time, by the thread that called us.
  std::function<absl::StatusOr<std::string>(size_t entity, std::string_view value)> stand_in = {};

  // Detection by other means than the detector alone, byte offsets. What is allowed must be left out.
  std::function<absl::StatusOr<std::vector<pii::Finding>>(std::string_view text)> detect = {};

  // The same for a text in which escapes of JSON may stand, and what it is called, or nothing: what they hide is found
  // too. The same text must always get the same answer, unless `detect` is there as well.
  std::function<absl::StatusOr<std::vector<pii::Finding>>(std::string_view text, std::string_view label)> read = {};

  // What reads as a placeholder in a text that NeedsReading: bytes, [start, end), in order, disjoint.
  using Places = std::vector<std::pair<size_t, size_t>>;
  std::function<absl::StatusOr<Places>(std::string_view text)> literals = {};

  // Such a text restored; without it, its plain forms are.
  std::function<absl::StatusOr<std::string>(std::string_view text)> restore = {};

  // A text with what was found in it replaced, code points: instead of all that is done here, where what stands for a
  // value depends on what stands beside it. Then `restore` restores every text.
  std::function<absl::StatusOr<std::string>(std::string_view text, const std::vector<pii::Finding>& found)> rewrite =
      {};

  absl::Status Validate() const;
};

// What was found in the columns of one name.
struct Tally {
  std::string column;
  int64_t rows = 0;  // Nulls included.
  int64_t nulls = 0;
  int64_t bytes = 0;
  int64_t rows_found = 0;  // In which something was found.
  struct Entity {
    int64_t findings = 0;
    int64_t rows = 0;
  };
  std::vector<Entity> entities;  // As the detector's.
};

class Redaction {
 public:
  static absl::StatusOr<std::shared_ptr<Redaction>> Create(RedactionOptions options);
  ~Redaction();

  // Appends each row, redacted, to `sink`; without a sink it only counts. kPermissionDenied where something is blocked,
  // which `blocked`, if given, then tells; numbers given to rows before it stay given.
  absl::Status Redact(const Rows& rows, TextSink* sink, std::optional<Blocked>* blocked);

  // Appends each row with the placeholders of this numbering replaced by their values.
  absl::Status Restore(const Rows& rows, TextSink* sink) const;

  const std::vector<std::string>& entities() const { return options_.detector->entities(); }
  std::vector<Tally> Tallies() const;
  // In the order in which columns and values first came.
  std::vector<NumberedValue> Values() const;
  size_t size() const;
  // Of the placeholder of this name, such as EMAIL_ADDRESS_1.
  std::optional<std::string> ValueOf(std::string_view name) const;
  // The number of `value`: the one it has, or the next of its entity. How a numbering is taken up again.
  uint64_t Assign(std::string_view entity, std::string_view value);

 private:
  struct Piece;
  struct Block;
  class Memo;

  explicit Redaction(RedactionOptions options);
  absl::Status Detect(const Rows& rows, std::string_view label, std::vector<Block>* blocks);
  absl::Status DetectBlock(const Rows& rows, std::string_view label, Memo* memo, Block* block) const;
  absl::Status AddPieces(std::string_view text, std::string_view label, uint32_t row, std::vector<Piece>* pieces) const;
  std::vector<std::unique_ptr<Memo>> TakeMemos(size_t threads, std::string_view label);
  void ReturnMemos(std::vector<std::unique_ptr<Memo>> memos);
  absl::StatusOr<std::vector<pii::Finding>> Findings(std::string_view text, std::string_view label) const;
  absl::StatusOr<RedactionOptions::Places> Literals(std::string_view text) const;
  bool IsLiteral(const Form& form) const;
  absl::StatusOr<std::string> Rewritten(std::string_view text, std::span<const Piece> pieces) const;
  absl::StatusOr<std::string> Restored(std::string_view text) const;
  absl::Status CheckBlocked(const Rows& rows, const Block& block, std::optional<Blocked>* blocked) const;
  absl::StatusOr<std::string> Replaced(std::string_view text, std::span<const Piece> pieces)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Count(std::string_view text, std::span<const Piece> pieces, int64_t repeats, Tally* tally) const;
  absl::Status WriteBlock(const Rows& rows, const Block& block, Tally* tally, TextSink* sink)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status AppendStandIn(const Piece& piece, std::string_view value, std::string* out)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Tally* TallyOf(const std::string& column) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const RedactionOptions options_;
  const pii::DetectRequest request_;
  const std::set<std::string, std::less<>> known_;  // Entities, and that of literals.
  std::atomic<size_t> running_ = 0;                 // Calls that detect now.
  std::mutex memos_mu_;
  std::vector<std::unique_ptr<Memo>> memos_ ABSL_GUARDED_BY(memos_mu_);  // Those that no thread uses now.
  mutable std::mutex mu_;  // Not absl::Mutex: ThreadSanitizer cannot see into the distribution's build of it.
  Numbering numbering_ ABSL_GUARDED_BY(mu_);
  std::vector<Tally> tallies_ ABSL_GUARDED_BY(mu_);
};

// The redaction, and the way back, as maps of columns. `blocked`, if given, must live as long as the map is used.
std::shared_ptr<ColumnMap> RedactMap(std::shared_ptr<Redaction> redaction, std::optional<Blocked>* blocked = nullptr);
// Counts what is found; the columns it makes hold nothing.
std::shared_ptr<ColumnMap> DetectMap(std::shared_ptr<Redaction> redaction);
std::shared_ptr<ColumnMap> RestoreMap(std::shared_ptr<const Redaction> redaction);

}  // namespace tokenfoundry::arrow
