// The rate limiter. Its lock is held for a microsecond and never by one who waits for the GIL, so the GIL is kept:
// giving it up and taking it back would cost more than the call.
#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/convert.h"
#include "tokenfoundry/ledger/rate_limits.h"

namespace tokenfoundry::bindings {
namespace {

using ledger::RateLimiter;

struct LimiterHandle {
  RateLimiter limiter;
  SameProcess process{"rate limiter"};

  RateLimiter& Use() {
    process.Check();
    return limiter;
  }
};

// As ToAxes, in a third of the time: a call comes here up to three times.
ledger::Axes QuickAxes(const py::tuple& axes) {
  if (axes.size() != ledger::kAxes) Raise(absl::InvalidArgumentError("axes: wrong number of fields"));
  ledger::Axes out;
  for (size_t i = 0; i < out.size(); ++i) {
    PyObject* const value = PyTuple_GET_ITEM(axes.ptr(), static_cast<Py_ssize_t>(i));
    if (!PyUnicode_Check(value)) Raise(absl::InvalidArgumentError("axes: not a string"));
    if (PyUnicode_GET_LENGTH(value) > 0) out[i] = Utf8(py::reinterpret_borrow<py::str>(value));
  }
  return out;
}

// (name, match: tuple per axis of tuples of str, each: tuple of axis numbers, requests, tokens, concurrent,
// burst_requests, burst_tokens, period_ms).
ledger::RateLimit ToRateLimit(const py::tuple& limit) {
  if (limit.size() != 9) Raise(absl::InvalidArgumentError("limit: wrong number of fields"));
  ledger::RateLimit out;
  out.name = Utf8(py::cast<py::str>(limit[0]));
  const auto match = py::cast<py::tuple>(limit[1]);
  if (match.size() != ledger::kAxes) Raise(absl::InvalidArgumentError("match: wrong number of fields"));
  for (size_t i = 0; i < ledger::kAxes; ++i) {
    for (const py::handle value : py::cast<py::tuple>(match[i])) {
      out.calls.match[i].emplace_back(Utf8(py::cast<py::str>(value)));
    }
  }
  for (const py::handle axis : py::cast<py::tuple>(limit[2])) {
    out.calls.each.push_back(static_cast<ledger::Axis>(py::cast<uint8_t>(axis)));
  }
  out.requests = py::cast<int64_t>(limit[3]);
  out.tokens = py::cast<int64_t>(limit[4]);
  out.concurrent = py::cast<int64_t>(limit[5]);
  out.burst_requests = py::cast<int64_t>(limit[6]);
  out.burst_tokens = py::cast<int64_t>(limit[7]);
  out.period_ms = py::cast<int64_t>(limit[8]);
  return out;
}

void SetLimits(LimiterHandle& self, const py::tuple& limits, int64_t now_ms) {
  std::vector<ledger::RateLimit> set;
  for (const py::handle limit : limits) set.push_back(ToRateLimit(py::cast<py::tuple>(limit)));
  Check(self.Use().SetLimits(set, now_ms));
}

// The lease, or (limit, what, never_fits, retry_at, amount, period, left, asked).
py::object Admit(LimiterHandle& self, const py::tuple& axes, int64_t tokens, int64_t now_ms, uint8_t part) {
  const auto outcome = Unwrap(self.Use().Admit({QuickAxes(axes), tokens, now_ms, static_cast<ledger::Part>(part)}));
  if (const auto* lease = std::get_if<ledger::LeaseId>(&outcome)) return py::int_(static_cast<uint64_t>(*lease));
  const auto& limited = std::get<ledger::Limited>(outcome);
  return py::make_tuple(limited.limit, static_cast<int>(limited.what), limited.never_fits, limited.retry_at_ms,
                        limited.amount, limited.period_ms, limited.left, limited.asked);
}

// A tuple of (limit, what, amount, period, left, next, reset).
py::tuple FromLevels(const std::vector<ledger::RateLevel>& levels) {
  py::tuple out(levels.size());
  for (size_t i = 0; i < levels.size(); ++i) {
    const ledger::RateLevel& level = levels[i];
    out[i] = py::make_tuple(level.limit, static_cast<int>(level.what), level.amount, level.period_ms, level.left,
                            level.next_ms, level.reset_ms);
  }
  return out;
}

py::tuple Status(LimiterHandle& self, const py::tuple& axes, int64_t now_ms, uint8_t part) {
  return FromLevels(self.Use().Status(QuickAxes(axes), now_ms, static_cast<ledger::Part>(part)));
}

// A tuple of (limit, ((axis, value), ...), levels).
py::tuple Cells(LimiterHandle& self, int64_t now_ms) {
  const auto cells = self.Use().Cells(now_ms);
  py::tuple out(cells.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    py::tuple each(cells[i].each.size());
    for (size_t j = 0; j < cells[i].each.size(); ++j) {
      each[j] = py::make_tuple(static_cast<int>(cells[i].each[j].first), cells[i].each[j].second);
    }
    out[i] = py::make_tuple(cells[i].limit, each, FromLevels(cells[i].levels));
  }
  return out;
}

// A tuple of (limit, how many calls it refused).
py::tuple Refused(LimiterHandle& self) {
  const auto refused = self.Use().Refused();
  py::tuple out(refused.size());
  for (size_t i = 0; i < refused.size(); ++i) out[i] = py::make_tuple(refused[i].first, refused[i].second);
  return out;
}

}  // namespace

void AddLimits(py::module_& module) {
  py::class_<LimiterHandle>(module, "RateLimiter")
      .def(py::init<>())
      .def("set_limits", &SetLimits, py::arg("limits"), py::arg("now_ms"))
      .def("admit", &Admit, py::arg("axes"), py::arg("tokens"), py::arg("now_ms"), py::arg("part"))
      .def(
          "correct",
          [](LimiterHandle& self, uint64_t lease, int64_t tokens) {
            return Unwrap(self.Use().Correct(ledger::LeaseId{lease}, tokens));
          },
          py::arg("lease"), py::arg("tokens"))
      .def(
          "release", [](LimiterHandle& self, uint64_t lease) { return self.Use().Release(ledger::LeaseId{lease}); },
          py::arg("lease"))
      .def("status", &Status, py::arg("axes"), py::arg("now_ms"), py::arg("part"))
      .def("cells", &Cells, py::arg("now_ms"))
      .def("refused", &Refused)
      .def("n_cells", [](LimiterHandle& self) { return self.Use().cells(); })
      .def("n_leases", [](LimiterHandle& self) { return self.Use().leases(); });
}

}  // namespace tokenfoundry::bindings
