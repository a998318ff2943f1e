// Redactions by number, for callers that can pass on a number alone: the expressions of polars (polars_plugin.cc),
// which its engine calls from threads of its own without Python.
//
// A number stays good as long as somebody holds the redaction. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>

#include "tokenfoundry/arrow/redaction.h"

namespace tokenfoundry::bindings {

// The same redaction has one number.
uint64_t NumberOf(const std::shared_ptr<arrow::Redaction>& redaction);

// Null if nobody holds it any more, or there never was one.
std::shared_ptr<arrow::Redaction> RedactionOf(uint64_t number);

}  // namespace tokenfoundry::bindings
