// The detector as Python holds it.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

#include <memory>

#include "tokenfoundry/pii/detector.h"

namespace tokenfoundry::bindings {

// The detector and its entities' names as the str objects that every finding shares. Usable after a fork: it is
// immutable and never waits on a lock. Shared with the redactions of columns, whose streams may outlive both.
struct PiiDetector {
  std::shared_ptr<const pii::Detector> detector;
  pybind11::typing::Tuple<pybind11::str, pybind11::ellipsis> entities;
};

}  // namespace tokenfoundry::bindings
