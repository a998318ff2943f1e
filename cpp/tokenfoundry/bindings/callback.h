// Functions of Python for code that runs without the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <utility>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/bindings/convert.h"

namespace tokenfoundry::bindings {

// A function of Python that threads without the GIL hold and call. What it raises waits here, in the thread that
// called it, until the Status that stands for it has come back to the binding.
class Callback {
 public:
  explicit Callback(py::function function)
      : function_(new py::function(std::move(function)), [](const py::function* held) {
          const py::gil_scoped_acquire gil;
          delete held;
        }) {}

  // Calls it, and `read` on what it returned.
  template <typename T, typename Read, typename... Arguments>
  absl::StatusOr<T> Call(const Read& read, const Arguments&... arguments) const {
    const py::gil_scoped_acquire gil;
    try {
      return read((*function_)(arguments...));
    } catch (py::error_already_set& error) {
      Raised() = std::make_unique<py::error_already_set>(std::move(error));
      return absl::AbortedError("a function in Python raised an error");
    } catch (const py::cast_error& error) {
      return absl::InvalidArgumentError(error.what());
    }
  }

  // What this thread's last failed call raised; taken by who rethrows it, or forgotten.
  static std::unique_ptr<py::error_already_set>& Raised() {
    static thread_local std::unique_ptr<py::error_already_set> raised;
    return raised;
  }

 private:
  std::shared_ptr<const py::function> function_;
};

}  // namespace tokenfoundry::bindings
