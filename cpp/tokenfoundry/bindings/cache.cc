#include "tokenfoundry/cache/cache.h"

#include <pybind11/stl.h>

#include <memory>
#include <utility>

#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/convert.h"

namespace tokenfoundry::bindings {
namespace {

// What Python holds; close() as in bindings/books.cc.
class CacheHandle {
 public:
  explicit CacheHandle(std::shared_ptr<cache::Cache> opened) : cache_(std::move(opened)) {}
  CacheHandle(CacheHandle&&) = default;
  // In a forked child the threads that closing would wait for are not there, and the directory is the parent's.
  ~CacheHandle() {
    if (!process_.Same()) new std::shared_ptr<cache::Cache>(std::move(cache_));
  }

  std::shared_ptr<cache::Cache> Use() const {
    process_.Check();
    if (cache_ == nullptr) Raise(absl::FailedPreconditionError("this cache is closed"));
    return cache_;
  }

  void Close() {
    process_.Check();
    std::shared_ptr<cache::Cache> closing = std::exchange(cache_, nullptr);
    const py::gil_scoped_release no_gil;
    closing.reset();
  }

 private:
  SameProcess process_{"cache"};
  std::shared_ptr<cache::Cache> cache_;
};

template <typename Call>
auto Unlocked(const CacheHandle& self, const Call& call) {
  std::shared_ptr<cache::Cache> cache = self.Use();
  const py::gil_scoped_release no_gil;
  auto result = call(*cache);
  cache.reset();
  return result;
}

CacheHandle Open(const py::str& path, uint64_t max_bytes) {
  cache::CacheOptions options;
  options.path = Utf8(path);
  options.max_bytes = max_bytes;
  auto opened = [&] {
    const py::gil_scoped_release no_gil;
    return cache::Cache::Open(options);
  }();
  return CacheHandle(Unwrap(std::move(opened)));
}

void Put(const CacheHandle& self, const py::bytes& key_material, const py::bytes& value, int64_t now_ms,
         int64_t ttl_ms) {
  const cache::PutRequest request{View(key_material), View(value), now_ms, ttl_ms};
  Check(Unlocked(self, [&](cache::Cache& cache) { return cache.Put(request); }));
}

std::optional<py::bytes> Get(const CacheHandle& self, const py::bytes& key_material, int64_t now_ms) {
  const std::string_view view = View(key_material);
  const auto value = Unwrap(Unlocked(self, [&](cache::Cache& cache) { return cache.Get(view, now_ms); }));
  if (!value) return std::nullopt;
  return py::bytes(*value);
}

}  // namespace

void AddCache(py::module_& module) {
  py::class_<CacheHandle>(module, "Cache")
      .def_static("open", &Open, py::arg("path"), py::kw_only(), py::arg("max_bytes"))
      .def("close", &CacheHandle::Close)
      .def("put", &Put, py::arg("key_material"), py::arg("value"), py::arg("now_ms"), py::arg("ttl_ms"))
      .def("get", &Get, py::arg("key_material"), py::arg("now_ms"))
      .def("clear",
           [](const CacheHandle& self) { Check(Unlocked(self, [](cache::Cache& cache) { return cache.Clear(); })); })
      .def("stats", [](const CacheHandle& self) {
        const cache::Stats stats = Unlocked(self, [](cache::Cache& cache) { return cache.stats(); });
        return py::make_tuple(stats.entries, stats.bytes);
      });
}

}  // namespace tokenfoundry::bindings
