#include "tokenfoundry/bindings/shared_redactions.h"

#include <map>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace tokenfoundry::bindings {
namespace {

struct Registry {
  std::mutex mu;
  uint64_t last ABSL_GUARDED_BY(mu) = 0;
  std::map<uint64_t, std::weak_ptr<arrow::Redaction>> by_number ABSL_GUARDED_BY(mu);
};

// Of the process: a plan of polars may run when all else is torn down, so it is never destroyed.
Registry& Numbers() {
  static Registry* const registry = new Registry;
  return *registry;
}

}  // namespace

uint64_t NumberOf(const std::shared_ptr<arrow::Redaction>& redaction) {
  Registry& registry = Numbers();
  const std::lock_guard lock(registry.mu);
  std::erase_if(registry.by_number, [](const auto& entry) { return entry.second.expired(); });
  for (const auto& [number, known] : registry.by_number) {
    if (known.lock() == redaction) return number;
  }
  registry.by_number.emplace(++registry.last, redaction);
  return registry.last;
}

std::shared_ptr<arrow::Redaction> RedactionOf(uint64_t number) {
  Registry& registry = Numbers();
  const std::lock_guard lock(registry.mu);
  const auto found = registry.by_number.find(number);
  return found == registry.by_number.end() ? nullptr : found->second.lock();
}

}  // namespace tokenfoundry::bindings
