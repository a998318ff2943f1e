#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/convert.h"
#include "tokenfoundry/bindings/pii_detector.h"
#include "tokenfoundry/pii/detector.h"
#include "tokenfoundry/pii/stream.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::bindings {
namespace {

// Below this a scan takes less time (about 15 us) than handing the GIL back and forth between threads may.
constexpr size_t kReleaseBytes = 4096;

using Names = py::typing::Tuple<py::str, py::ellipsis>;

Names ToTuple(const std::vector<std::string>& names) {
  py::tuple tuple(names.size());
  for (size_t i = 0; i < names.size(); ++i) tuple[i] = py::str(names[i]);
  return tuple;
}

using PatternFields = std::tuple<std::string, std::string, double, std::vector<std::string>, std::string>;
using DenyFields = std::pair<std::string, std::vector<std::string>>;

std::unique_ptr<PiiDetector> CreateDetector(std::optional<std::vector<std::string>> entities, std::string profile,
                                            std::vector<std::string> languages,
                                            const std::vector<PatternFields>& patterns,
                                            const std::vector<DenyFields>& deny, std::vector<std::string> allow,
                                            std::optional<double> score_threshold, std::string names_model,
                                            double name_margin, std::string cache_dir) {
  pii::DetectorOptions options{.entities = std::move(entities),
                               .profile = std::move(profile),
                               .languages = std::move(languages),
                               .patterns = {},
                               .deny = {},
                               .allow = std::move(allow),
                               .score_threshold = score_threshold,
                               .names_model = std::move(names_model),
                               .name_margin = name_margin,
                               .cache_dir = std::move(cache_dir)};
  for (const auto& [name, regex, score, context, validator] : patterns) {
    options.patterns.push_back({name, regex, score, context, validator});
  }
  for (const auto& [name, values] : deny) options.deny.push_back({name, values});
  auto result = [&] {
    py::gil_scoped_release no_gil;
    return pii::Detector::Create(options);
  }();
  auto detector = Unwrap(std::move(result));
  Names names = ToTuple(detector->entities());
  return std::make_unique<PiiDetector>(PiiDetector{std::move(detector), std::move(names)});
}

constexpr size_t kPlaces = 4;  // Of a finding: its start and end, and those of the words that spoke for it.

std::vector<size_t> PlacesOf(const std::vector<pii::Finding>& findings) {
  std::vector<size_t> places;
  places.reserve(kPlaces * findings.size());
  for (const pii::Finding& f : findings) places.insert(places.end(), {f.start, f.end, f.cue_start, f.cue_end});
  return places;
}

constexpr size_t kFields = 7;

// Entity, start, end, score, evidence, cue start, cue end.
void PutFinding(const PiiDetector& self, const pii::Finding& finding, const size_t* places, py::tuple* flat,
                size_t at) {
  (*flat)[at] = self.entities[finding.entity];
  (*flat)[at + 1] = py::int_(places[0]);
  (*flat)[at + 2] = py::int_(places[1]);
  (*flat)[at + 3] = py::float_(std::round(finding.score * 1e4) / 1e4);
  (*flat)[at + 4] = py::int_(static_cast<int>(finding.evidence));
  (*flat)[at + 5] = py::int_(places[2]);
  (*flat)[at + 6] = py::int_(places[3]);
}

using Flat = py::typing::Tuple<py::object, py::ellipsis>;

Flat ToFlat(const PiiDetector& self, const std::vector<pii::Finding>& findings, const std::vector<size_t>& places) {
  py::tuple flat(kFields * findings.size());
  for (size_t i = 0; i < findings.size(); ++i) {
    PutFinding(self, findings[i], &places[kPlaces * i], &flat, kFields * i);
  }
  return flat;
}

using MatchFields = std::tuple<size_t, size_t, size_t>;            // Pattern, start, end; bytes.
using OpinionFields = std::tuple<size_t, size_t, size_t, double>;  // Entity, start, end, score; bytes.

// `wanted` has a byte for each entity that is not 0 if it is wanted, or none for all of them.
pii::DetectRequest ToRequest(const py::bytes& wanted, std::optional<double> score_threshold) {
  pii::DetectRequest request{.score_threshold = score_threshold};
  for (const char flag : View(wanted)) request.wanted.push_back(flag != 0);
  return request;
}

Flat Detect(const PiiDetector& self, const py::str& text, const py::bytes& wanted,
            std::optional<double> score_threshold, const std::vector<MatchFields>& rejected,
            const std::vector<OpinionFields>& opinions) {
  const std::string_view bytes = Utf8(text);
  pii::DetectRequest request = ToRequest(wanted, score_threshold);
  for (const auto& [pattern, start, end] : rejected) request.rejected.push_back({pattern, start, end});
  std::sort(request.rejected.begin(), request.rejected.end());
  for (const auto& [entity, start, end, score] : opinions) request.opinions.push_back({entity, start, end, score});
  std::vector<size_t> places;
  auto result = [&] {
    std::optional<py::gil_scoped_release> no_gil;
    if (bytes.size() > kReleaseBytes) no_gil.emplace();
    auto findings = self.detector->Detect(bytes, request);
    if (findings.ok()) places = text::CodePointsOf(bytes, PlacesOf(*findings));
    return findings;
  }();
  return ToFlat(self, Unwrap(std::move(result)), places);
}

// One flat tuple per text.
py::list DetectBatch(const PiiDetector& self, const py::list& texts, size_t threads, const py::bytes& wanted,
                     std::optional<double> score_threshold) {
  std::vector<std::string_view> views;
  views.reserve(texts.size());
  py::list pinned;  // Keeps each str alive while the GIL is gone, whatever happens to the list.
  for (const py::handle item : texts) {
    if (!py::isinstance<py::str>(item)) throw py::type_error("detect_batch takes a list of str");
    pinned.append(item);
    views.push_back(Utf8(py::reinterpret_borrow<py::str>(item)));
  }
  const pii::DetectRequest request = ToRequest(wanted, score_threshold);
  std::vector<std::vector<size_t>> places(views.size());
  auto result = [&] {
    py::gil_scoped_release no_gil;
    auto findings = self.detector->DetectBatch(views, threads, request);
    if (findings.ok()) {
      for (size_t i = 0; i < views.size(); ++i) places[i] = text::CodePointsOf(views[i], PlacesOf((*findings)[i]));
    }
    return findings;
  }();
  const std::vector<std::vector<pii::Finding>> findings = Unwrap(std::move(result));
  py::list flats;
  for (size_t i = 0; i < findings.size(); ++i) flats.append(ToFlat(self, findings[i], places[i]));
  return flats;
}

Names WordsOfName(const PiiDetector& self, const py::str& name) {
  const std::vector<std::string_view> words = self.detector->WordsOfName(Utf8(name));
  return ToTuple({words.begin(), words.end()});
}

// Entity, start, end, score, evidence, cue start, cue end, outcome.
py::list Explain(const PiiDetector& self, const py::str& text) {
  const std::string_view bytes = Utf8(text);
  const std::vector<pii::Explanation> explanations = Unwrap(self.detector->Explain(bytes));
  std::vector<pii::Finding> findings;
  for (const pii::Explanation& explanation : explanations) findings.push_back(explanation.finding);
  const std::vector<size_t> places = text::CodePointsOf(bytes, PlacesOf(findings));
  py::list rows;
  for (size_t i = 0; i < explanations.size(); ++i) {
    py::tuple row(kFields + 1);
    PutFinding(self, findings[i], &places[kPlaces * i], &row, 0);
    row[kFields] = py::int_(static_cast<int>(explanations[i].outcome));
    rows.append(row);
  }
  return rows;
}

// Pattern, start and end in bytes (to hand back as `rejected`), start and end in code points, of each match.
py::list PatternMatches(const PiiDetector& self, const py::str& text) {
  const std::string_view bytes = Utf8(text);
  const std::vector<pii::PatternMatch> matches = Unwrap(self.detector->PatternMatches(bytes));
  std::vector<size_t> offsets;
  for (const pii::PatternMatch& match : matches) offsets.insert(offsets.end(), {match.start, match.end});
  offsets = text::CodePointsOf(bytes, std::move(offsets));
  py::list rows;
  for (size_t i = 0; i < matches.size(); ++i) {
    rows.append(
        py::make_tuple(matches[i].pattern, matches[i].start, matches[i].end, offsets[2 * i], offsets[2 * i + 1]));
  }
  return rows;
}

// A stream and the detector it reads with. For one thread at a time: the GIL is held.
class PiiStream {
 public:
  PiiStream(const PiiDetector& owner, pii::DetectRequest request)
      : owner_(owner), stream_(owner.detector.get(), std::move(request)) {}
  Flat Feed(const py::str& text) { return Convert(stream_.Feed(Utf8(text))); }
  Flat Close() { return Convert(stream_.Close()); }
  size_t Decided() const { return stream_.decided_code_points(); }

 private:
  Flat Convert(absl::StatusOr<pii::StreamFindings> result) const {
    const pii::StreamFindings found = Unwrap(std::move(result));
    std::vector<size_t> places;
    for (const pii::CodePointPlaces& p : found.places) {
      places.insert(places.end(), {p.start, p.end, p.cue_start, p.cue_end});
    }
    return ToFlat(owner_, found.findings, places);
  }

  const PiiDetector& owner_;
  pii::DetectorStream stream_;
};

// Name, countries, validator, profile, action, score, source of each entity.
py::list CatalogueRows() {
  py::list rows;
  const auto text = [](std::string_view value) { return py::str(value.data(), value.size()); };
  for (const pii::EntityInfo& info : pii::Entities()) {
    rows.append(py::make_tuple(text(info.name), text(info.countries), text(info.validator), text(info.profile),
                               text(info.action), info.score, text(info.source)));
  }
  return rows;
}

}  // namespace

void AddPii(py::module_& module) {
  module.def("pii_catalogue", &CatalogueRows,
             "Name, countries, validator, profile, action, score and source of every entity, sorted by name.");
  py::class_<PiiStream>(module, "PiiStream")
      .def("feed", &PiiStream::Feed, py::arg("text"))
      .def("close", &PiiStream::Close)
      .def_property_readonly("decided", &PiiStream::Decided);
  py::class_<PiiDetector>(module, "PiiDetector")
      .def(py::init(&CreateDetector), py::arg("entities"), py::arg("profile"), py::arg("languages"),
           py::arg("patterns"), py::arg("deny"), py::arg("allow"), py::arg("score_threshold"), py::arg("names_model"),
           py::arg("name_margin"), py::arg("cache_dir"))
      .def_readonly("entities", &PiiDetector::entities)
      .def_property_readonly("loaded_from_cache",
                             [](const PiiDetector& self) { return self.detector->loaded_from_cache(); })
      .def("detect", &Detect, py::arg("text"), py::arg("wanted"), py::arg("score_threshold"), py::arg("rejected"),
           py::arg("opinions"))
      .def("detect_batch", &DetectBatch, py::arg("texts"), py::arg("threads"), py::arg("wanted"),
           py::arg("score_threshold"))
      .def("words_of_name", &WordsOfName, py::arg("name"))
      .def("explain", &Explain, py::arg("text"))
      .def("pattern_matches", &PatternMatches, py::arg("text"))
      .def(
          "stream",
          [](const PiiDetector& self, const py::bytes& wanted, std::optional<double> score_threshold) {
            return std::make_unique<PiiStream>(self, ToRequest(wanted, score_threshold));
          },
          py::arg("wanted"), py::arg("score_threshold"), py::keep_alive<0, 1>());
}

}  // namespace tokenfoundry::bindings
