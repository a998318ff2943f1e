#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/convert.h"
#include "tokenfoundry/pii/detector.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::bindings {
namespace {

// Below this a scan takes less time (about 15 us) than handing the GIL back and forth between threads may.
constexpr size_t kReleaseBytes = 4096;

using Names = py::typing::Tuple<py::str, py::ellipsis>;

// The detector and its entities' names as the str objects that every finding shares. Usable after a fork: it is
// immutable and never waits on a lock.
struct PiiDetector {
  std::unique_ptr<const pii::Detector> detector;
  Names entities;
};

Names ToTuple(const std::vector<std::string>& names) {
  py::tuple tuple(names.size());
  for (size_t i = 0; i < names.size(); ++i) tuple[i] = py::str(names[i]);
  return tuple;
}

std::unique_ptr<PiiDetector> CreateDetector(std::vector<std::string> entities,
                                            const std::vector<std::tuple<std::string, std::string, double>>& patterns,
                                            std::string cache_dir) {
  pii::DetectorOptions options{std::move(entities), {}, std::move(cache_dir)};
  for (const auto& [name, regex, score] : patterns) options.patterns.push_back({name, regex, score});
  auto result = [&] {
    py::gil_scoped_release no_gil;
    return pii::Detector::Create(options);
  }();
  auto detector = Unwrap(std::move(result));
  Names names = ToTuple(detector->entities());
  return std::make_unique<PiiDetector>(PiiDetector{std::move(detector), std::move(names)});
}

std::vector<size_t> CodePointBorders(std::string_view text, const std::vector<pii::Finding>& findings) {
  std::vector<size_t> borders;
  borders.reserve(2 * findings.size());
  for (const pii::Finding& finding : findings) {
    borders.push_back(finding.start);
    borders.push_back(finding.end);
  }
  text::ToCodePoints(text, borders);
  return borders;
}

// (entity, start, end, score) of each finding, one after the other in one flat tuple; positions are code points.
py::typing::Tuple<py::object, py::ellipsis> Detect(const PiiDetector& self, const py::str& text) {
  const std::string_view bytes = Utf8(text);
  std::vector<size_t> borders;
  auto result = [&] {
    std::optional<py::gil_scoped_release> no_gil;
    if (bytes.size() > kReleaseBytes) no_gil.emplace();
    auto findings = self.detector->Detect(bytes);
    if (findings.ok()) borders = CodePointBorders(bytes, *findings);
    return findings;
  }();
  const std::vector<pii::Finding> findings = Unwrap(std::move(result));
  py::tuple flat(4 * findings.size());
  for (size_t i = 0; i < findings.size(); ++i) {
    flat[4 * i] = self.entities[findings[i].entity];
    flat[4 * i + 1] = py::int_(borders[2 * i]);
    flat[4 * i + 2] = py::int_(borders[2 * i + 1]);
    flat[4 * i + 3] = py::float_(findings[i].score);
  }
  return flat;
}

}  // namespace

void AddPii(py::module_& module) {
  module.def(
      "pii_entities", [] { return ToTuple(pii::EntityNames()); },
      "The names of every entity of the catalogue, sorted.");
  py::class_<PiiDetector>(module, "PiiDetector")
      .def(py::init(&CreateDetector), py::arg("entities"), py::arg("patterns"), py::arg("cache_dir"))
      .def_readonly("entities", &PiiDetector::entities)
      .def_property_readonly("loaded_from_cache",
                             [](const PiiDetector& self) { return self.detector->loaded_from_cache(); })
      .def("detect", &Detect, py::arg("text"));
}

}  // namespace tokenfoundry::bindings
