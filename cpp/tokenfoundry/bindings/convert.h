// What every binding needs: views of Python text, and a Status turned into one of the exceptions of
// tokenfoundry/errors.py.
#pragma once

#include <pybind11/pybind11.h>

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tokenfoundry::bindings {

namespace py = pybind11;

// The UTF-8 bytes cached inside the str: valid while `text` lives. Raises InvalidInput for a lone surrogate.
std::string_view Utf8(const py::str& text);

// The bytes object's own memory: valid while `bytes` lives.
std::string_view View(const py::bytes& bytes);

// Throws the Python exception of tokenfoundry.errors that stands for `status`, which is not ok. Needs the GIL.
[[noreturn]] void Raise(const absl::Status& status);

inline void Check(const absl::Status& status) {
  if (!status.ok()) Raise(status);
}

template <typename T>
T Unwrap(absl::StatusOr<T> result) {
  if (!result.ok()) Raise(result.status());
  return *std::move(result);
}

// Refuses, with a sentence, the use of a handle in a process forked from the one that made it: its threads and locks
// did not come along. A handle keeps one as a member and calls Check() first.
class SameProcess {
 public:
  explicit SameProcess(const char* what);
  void Check() const;
  bool Same() const;

 private:
  const char* what_;
  int pid_;
  int forks_;  // Between the first process and the one that made it.
};

}  // namespace tokenfoundry::bindings
