// Zone and Window: immutable values, so that Python asks the same code as the ledger does.
#include <pybind11/stl.h>

#include <memory>

#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/convert.h"
#include "tokenfoundry/bindings/ledger_values.h"
#include "tokenfoundry/ledger/window.h"

namespace tokenfoundry::bindings {
namespace {

using ledger::Window;

std::shared_ptr<ledger::Zone> MakeZone(const py::str& name, const std::vector<std::pair<int64_t, int32_t>>& table) {
  auto zone = std::make_shared<ledger::Zone>();
  zone->name = Utf8(name);
  for (const auto& [at_s, offset_s] : table) zone->transitions.push_back({at_s, offset_s});
  Check(zone->Validate());
  return zone;
}

Window MakeWindow(uint8_t kind, int32_t anchor_day, int32_t anchor_month, int32_t iso_weekday, int32_t at_s,
                  std::vector<int32_t> starts_s, int64_t length_ms, std::shared_ptr<ledger::Zone> zone) {
  Window window{static_cast<ledger::WindowKind>(kind),
                anchor_day,
                anchor_month,
                iso_weekday,
                at_s,
                std::move(starts_s),
                length_ms,
                std::move(zone)};
  Check(window.Validate());
  return window;
}

py::tuple BoundsAt(const Window& window, int64_t at_ms) {
  const ledger::Bounds bounds = window.BoundsAt(at_ms);
  return py::make_tuple(bounds.start_ms, TimeOrNone(bounds.end_ms));
}

}  // namespace

void AddLedger(py::module_& module) {
  py::class_<ledger::Zone, std::shared_ptr<ledger::Zone>>(module, "Zone")
      .def(py::init(&MakeZone), py::arg("name"), py::arg("table"),
           "A time zone by its table of (Unix seconds, offset seconds), ascending.");
  py::class_<Window>(module, "Window")
      .def(py::init(&MakeWindow), py::arg("kind"), py::kw_only(), py::arg("anchor_day"), py::arg("anchor_month"),
           py::arg("iso_weekday"), py::arg("at_s"), py::arg("starts_s"), py::arg("length_ms"), py::arg("zone"))
      .def("bounds", &BoundsAt, py::arg("at_ms"),
           "(start_ms, end_ms or None) of the window that contains at_ms; of a rolling one, of its slot.");
}

}  // namespace tokenfoundry::bindings
