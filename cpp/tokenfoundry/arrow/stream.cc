// A reader behind the callbacks of ArrowArrayStream: the one place where a Status becomes an errno and a text.
#include <cerrno>
#include <exception>
#include <new>

#include "tokenfoundry/arrow/arrow.h"

namespace tokenfoundry::arrow {
namespace {

struct StreamHolder {
  std::unique_ptr<BatchReader> reader;
  int error = 0;  // Of the batch that failed: every later one fails with it.
  std::string message;
};

StreamHolder& HolderOf(ArrowArrayStream* self) { return *static_cast<StreamHolder*>(self->private_data); }

int ErrnoOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return EINVAL;
    case absl::StatusCode::kResourceExhausted:
      return ENOMEM;
    case absl::StatusCode::kFailedPrecondition:
      return EBADF;
    default:
      return EIO;
  }
}

// The callers are C: an exception must not reach them. Only the standard library's own can arise here.
template <typename Call>
absl::Status Guarded(const Call& call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of memory");
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

int Fail(StreamHolder& holder, const absl::Status& status) {
  holder.message = StdView(status.message());
  return holder.error = ErrnoOf(status);
}

int GetSchema(ArrowArrayStream* self, ArrowSchema* out) {
  StreamHolder& holder = HolderOf(self);
  const absl::Status made = Guarded([&] {
    *out = holder.reader->Schema().Take();
    return absl::OkStatus();
  });
  return made.ok() ? 0 : Fail(holder, made);
}

int GetNext(ArrowArrayStream* self, ArrowArray* out) {
  StreamHolder& holder = HolderOf(self);
  if (holder.error != 0) return holder.error;
  const absl::Status read = Guarded([&]() -> absl::Status {
    TF_ASSIGN_OR_RETURN(Owned<ArrowArray> batch, holder.reader->Next());
    *out = batch.Take();
    return absl::OkStatus();
  });
  return read.ok() ? 0 : Fail(holder, read);
}

const char* GetLastError(ArrowArrayStream* self) {
  const StreamHolder& holder = HolderOf(self);
  return holder.error == 0 ? nullptr : holder.message.c_str();
}

void Release(ArrowArrayStream* self) {
  if (self == nullptr || self->release == nullptr) return;
  self->release = nullptr;
  delete static_cast<StreamHolder*>(std::exchange(self->private_data, nullptr));
}

}  // namespace

Owned<ArrowArrayStream> Export(std::unique_ptr<BatchReader> reader) {
  auto holder = std::make_unique<StreamHolder>();
  holder->reader = std::move(reader);
  return Owned<ArrowArrayStream>(ArrowArrayStream{&GetSchema, &GetNext, &GetLastError, &Release, holder.release()});
}

}  // namespace tokenfoundry::arrow
