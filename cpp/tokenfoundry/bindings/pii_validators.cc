#include <pybind11/typing.h>

#include <string>

#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/convert.h"
#include "tokenfoundry/pii/validators/registry.h"

namespace tokenfoundry::bindings {
namespace {

py::typing::Tuple<py::str, py::ellipsis> Names() {
  const auto names = pii::ValidatorNames();
  py::tuple tuple(names.size());
  for (size_t i = 0; i < names.size(); ++i) tuple[i] = py::str(names[i]);
  return tuple;
}

// Takes 3 us at most (an address under Keccak), mostly under 0.1: the GIL is kept.
bool Validate(const py::str& name, const py::str& value) {
  const pii::Validator validator = pii::FindValidator(Utf8(name));
  if (validator == nullptr) throw py::key_error("no validator is named " + std::string(Utf8(name)));
  return validator(Utf8(value));
}

}  // namespace

void AddPiiValidators(py::module_& module) {
  module.def("pii_validators", &Names, "The names of every validator, sorted.");
  module.def("pii_validate", &Validate, py::arg("name"), py::arg("value"),
             "Whether `value`, letters and digits without separators, passes. KeyError for a name that is none.");
}

}  // namespace tokenfoundry::bindings
