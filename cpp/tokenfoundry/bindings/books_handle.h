// The books as Python holds them, shared by what reads from them later (arrow.cc).
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "tokenfoundry/bindings/convert.h"
#include "tokenfoundry/books/books.h"

namespace tokenfoundry::bindings {

// One opening of the books: they are open until Close() or until nobody shares this any more. Use and the destructor
// need no GIL. The lock is held for the copy of a pointer, never for a call, so waiting for it with the GIL is nothing.
class OpenBooks {
 public:
  explicit OpenBooks(std::shared_ptr<books::Books> opened) : books_(std::move(opened)) {}
  // In a forked child the threads that closing would wait for are not there, and the directory is the parent's.
  ~OpenBooks() {
    if (!process_.Same()) new std::shared_ptr<books::Books>(std::move(books_));
  }
  OpenBooks(const OpenBooks&) = delete;
  OpenBooks& operator=(const OpenBooks&) = delete;

  // Who works with the books keeps the pointer meanwhile.
  absl::StatusOr<std::shared_ptr<books::Books>> Use() const {
    if (!process_.Same()) return absl::FailedPreconditionError("this ledger was opened in another process");
    const std::lock_guard lock(mu_);
    if (books_ == nullptr) return absl::FailedPreconditionError("this ledger is closed");
    return books_;
  }

  // They close when the caller has dropped the pointer and the last call under way has returned.
  std::shared_ptr<books::Books> Close() {
    const std::lock_guard lock(mu_);
    return std::exchange(books_, nullptr);
  }

  const SameProcess& process() const { return process_; }

 private:
  const SameProcess process_{"ledger"};
  mutable std::mutex mu_;
  std::shared_ptr<books::Books> books_ ABSL_GUARDED_BY(mu_);
};

// What Python holds.
class BooksHandle {
 public:
  explicit BooksHandle(std::shared_ptr<books::Books> opened) : open_(std::make_shared<OpenBooks>(std::move(opened))) {}

  // Needs the GIL; the caller keeps the pointer while it works without.
  std::shared_ptr<books::Books> Use() const {
    open_->process().Check();
    return Unwrap(open_->Use());
  }

  void Close() {
    open_->process().Check();
    std::shared_ptr<books::Books> closing = open_->Close();
    const py::gil_scoped_release no_gil;
    closing.reset();
  }

  // For a reader that goes on after the handle is gone, until Close().
  std::shared_ptr<const OpenBooks> Share() const { return open_; }

 private:
  std::shared_ptr<OpenBooks> open_;
};

}  // namespace tokenfoundry::bindings
