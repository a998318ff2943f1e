// Arrow's structs in capsules, as the Arrow PyCapsule interface wants them:
// https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <utility>

#include "tokenfoundry/arrow/arrow.h"
#include "tokenfoundry/bindings/convert.h"

namespace tokenfoundry::bindings {

// Consumers call a stream with or without the GIL: reading the disk must not hold it.
class WithoutGil : public arrow::BatchReader {
 public:
  explicit WithoutGil(std::unique_ptr<arrow::BatchReader> reader) : reader_(std::move(reader)) {}

  arrow::Owned<ArrowSchema> Schema() const override { return reader_->Schema(); }
  absl::StatusOr<arrow::Owned<ArrowArray>> Next() override {
    if (PyGILState_Check() == 0) return reader_->Next();
    const py::gil_scoped_release no_gil;
    return reader_->Next();
  }

 private:
  const std::unique_ptr<arrow::BatchReader> reader_;
};

template <typename Struct>
constexpr const char* kCapsuleName = nullptr;
template <>
inline constexpr const char* kCapsuleName<ArrowSchema> = "arrow_schema";
template <>
inline constexpr const char* kCapsuleName<ArrowArray> = "arrow_array";
template <>
inline constexpr const char* kCapsuleName<ArrowArrayStream> = "arrow_array_stream";

// The consumer moves the struct out and clears its `release`; a capsule that nobody consumed releases it.
template <typename Struct>
py::capsule Capsule(arrow::Owned<Struct> value) {
  auto owned = std::make_unique<arrow::Owned<Struct>>(std::move(value));
  // Owned is its struct and nothing else, so that its address is the struct's.
  static_assert(sizeof(arrow::Owned<Struct>) == sizeof(Struct) && std::is_standard_layout_v<arrow::Owned<Struct>>);
  py::capsule capsule(owned->get(), kCapsuleName<Struct>, [](PyObject* self) {
    delete static_cast<arrow::Owned<Struct>*>(PyCapsule_GetPointer(self, kCapsuleName<Struct>));
  });
  owned.release();
  return capsule;
}

// What a capsule holds, moved out of it: a second time there is nothing. Raises ValueError for another kind of
// capsule.
template <typename Struct>
arrow::Owned<Struct> Moved(const py::capsule& capsule) {
  auto* const held = static_cast<Struct*>(PyCapsule_GetPointer(capsule.ptr(), kCapsuleName<Struct>));
  if (held == nullptr) throw py::error_already_set();
  return arrow::Owned<Struct>(std::exchange(*held, Struct{}));
}

}  // namespace tokenfoundry::bindings
