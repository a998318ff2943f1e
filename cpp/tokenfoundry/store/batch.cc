#include <rocksdb/write_batch.h>

#include "tokenfoundry/store/slice_internal.h"
#include "tokenfoundry/store/store.h"

namespace tokenfoundry::store {

// RocksDB's batch reports only a key or value of 4 GiB or more, and a handle of another database, neither of which its
// users can form: their statuses are asserted.
namespace {
constexpr size_t kUsualBytes = 2048;  // A settlement fits.

void Expect(const rocksdb::Status& status) {
  TF_DCHECK(status.ok());
  status.PermitUncheckedError();
}
}  // namespace

Batch::Batch() : writes_(std::make_unique<rocksdb::WriteBatch>(kUsualBytes)) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;

void Batch::Put(Family family, std::string_view key, std::string_view value) {
  Expect(writes_->Put(family.handle_, ToSlice(key), ToSlice(value)));
}

void Batch::Delete(Family family, std::string_view key) { Expect(writes_->Delete(family.handle_, ToSlice(key))); }

void Batch::DeleteRange(Family family, std::string_view first, std::string_view end) {
  Expect(writes_->DeleteRange(family.handle_, ToSlice(first), ToSlice(end)));
}

}  // namespace tokenfoundry::store
