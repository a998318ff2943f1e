// What the ledger wrote, as Arrow record batches: for pyarrow, polars, duckdb and whatever else speaks the Arrow C
// stream interface (c_data.h), without linking an Arrow library.
//
// A reader makes batches one after the other and is exported as a stream, which owns it. Batches own their memory and
// outlive stream and ledger; their children may be moved out and live on. A stream that failed fails alike ever after:
// it never goes on with rows missing.
//
// A reader, and so its stream, is used by one thread at a time, any thread. It borrows the ledger anew for each batch,
// so closing the ledger ends the stream with an error at the next one. It reads no Python and takes no lock of its own.
//
// Units: times are Unix ms (`timestamp[ms, UTC]`), amounts as in ledger/amounts.h. What is absent is null: the empty
// value of an axis, the session of a call that has none, the time that never comes.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "tokenfoundry/arrow/c_data.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/ledger.h"

namespace tokenfoundry::arrow {

// The one holder of a struct of c_data.h: releases what it holds unless that was moved out, here or in place.
template <typename Struct>
class Owned {
 public:
  Owned() = default;
  explicit Owned(const Struct& live) : value_(live) {}
  Owned(Owned&& other) noexcept : value_(other.Take()) {}
  Owned& operator=(Owned&& other) noexcept {
    if (this != &other) {
      Release();
      value_ = other.Take();
    }
    return *this;
  }
  ~Owned() { Release(); }

  Struct* get() { return &value_; }
  const Struct& operator*() const { return value_; }
  const Struct* operator->() const { return &value_; }
  explicit operator bool() const { return value_.release != nullptr; }

  // The caller holds it now.
  Struct Take() { return std::exchange(value_, Struct{}); }

 private:
  void Release() {
    if (value_.release != nullptr) value_.release(&value_);
  }

  Struct value_{};
};

class BatchReader {
 public:
  virtual ~BatchReader() = default;

  // Of a struct: its children are the columns. The same for every batch.
  virtual Owned<ArrowSchema> Schema() const = 0;

  // The next batch; nothing at the end, and from then on.
  virtual absl::StatusOr<Owned<ArrowArray>> Next() = 0;
};

Owned<ArrowArrayStream> Export(std::unique_ptr<BatchReader> reader);

// The ledger for as long as the pointer lives, or why there is none (any more).
using LedgerSource = std::function<absl::StatusOr<std::shared_ptr<const ledger::Ledger>>()>;

struct StreamOptions {
  // Of the columns of the tallies, whose meaning is the caller's.
  std::array<std::string, ledger::kTallies> tally_names;
  // A batch ends with the row that reaches one of these. A page of rows is read beyond it at most.
  int64_t batch_rows = 65'536;    // [1, 2**20].
  size_t batch_bytes = 32 << 20;  // Of texts and details. [1, 1 GiB].

  absl::Status Validate() const;
};

// The entries of `range` that were there when the first batch was asked for, in sequence. `range.max_bytes` is not
// used.
absl::StatusOr<std::unique_ptr<BatchReader>> ReadEntries(LedgerSource source, const ledger::EntryRange& range,
                                                         const StreamOptions& options);

// The rollups of the hours that begin in [from_ms, until_ms), by hour, each as it is when its batch is read.
absl::StatusOr<std::unique_ptr<BatchReader>> ReadRollups(LedgerSource source, int64_t from_ms, int64_t until_ms,
                                                         const StreamOptions& options);

}  // namespace tokenfoundry::arrow
