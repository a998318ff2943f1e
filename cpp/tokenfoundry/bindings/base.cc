#include "tokenfoundry/base/hash.h"
#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/convert.h"

namespace tokenfoundry::bindings {

void AddBase(py::module_& module) {
  module.attr("__version__") = TF_VERSION;
  module.def(
      "sha256",
      [](const py::bytes& data) {
        const Digest digest = Sha256Of(View(data));
        return py::bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
      },
      py::arg("data"), "The SHA-256 digest, 32 bytes (FIPS 180-4).");
}

}  // namespace tokenfoundry::bindings
