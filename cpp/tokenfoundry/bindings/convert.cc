#include "tokenfoundry/bindings/convert.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <string>

namespace tokenfoundry::bindings {
namespace {

const char* ExceptionName(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return "InvalidInput";
    case absl::StatusCode::kNotFound:
      return "NotFound";
    case absl::StatusCode::kAlreadyExists:
      return "Conflict";
    case absl::StatusCode::kFailedPrecondition:
      return "InvalidState";
    case absl::StatusCode::kUnavailable:
      return "DirectoryBusy";
    case absl::StatusCode::kDataLoss:
      return "DataLoss";
    default:
      return "StoreError";
  }
}

[[noreturn]] void Throw(const char* exception_name, std::string_view message) {
  const py::object type = py::module_::import("tokenfoundry.errors").attr(exception_name);
  PyErr_SetObject(type.ptr(), type(py::str(message.data(), message.size())).ptr());
  throw py::error_already_set();
}

// How many forks lie between this process and the one that loaded the module. Counted, because every call of a handle
// asks: getpid() is a system call each time.
std::atomic<int> forks{0};
[[maybe_unused]] const int is_counting = pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); });

}  // namespace

std::string_view Utf8(const py::str& text) {
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
  if (bytes != nullptr) return {bytes, static_cast<size_t>(size)};
  PyErr_Clear();
  Throw("InvalidInput", "the text holds a lone surrogate, which has no UTF-8 form");
}

std::string_view View(const py::bytes& bytes) {
  return {PyBytes_AS_STRING(bytes.ptr()), static_cast<size_t>(PyBytes_GET_SIZE(bytes.ptr()))};
}

void Raise(const absl::Status& status) {
  const absl::string_view message = status.message();
  Throw(ExceptionName(status.code()), {message.data(), message.size()});
}

SameProcess::SameProcess(const char* what) : what_(what), pid_(getpid()), forks_(forks.load()) {}

bool SameProcess::Same() const { return forks.load(std::memory_order_relaxed) == forks_; }

void SameProcess::Check() const {
  if (Same()) return;
  Throw("InvalidState", std::string("this ") + what_ + " was opened in process " + std::to_string(pid_) +
                            " and cannot be used in its fork: open it after forking");
}

}  // namespace tokenfoundry::bindings
