#include <algorithm>
#include <atomic>
#include <thread>

#include "tokenfoundry/pii/detector.h"

namespace tokenfoundry::pii {

absl::StatusOr<std::vector<std::vector<Finding>>> Detector::DetectBatch(std::span<const std::string_view> texts,
                                                                        size_t threads,
                                                                        const DetectRequest& request) const {
  std::vector<std::vector<Finding>> findings(texts.size());
  std::vector<absl::Status> statuses(texts.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < texts.size(); i = next++) {
      try {
        auto found = Detect(texts[i], request);
        statuses[i] = found.status();
        if (found.ok()) findings[i] = *std::move(found);
      } catch (const std::bad_alloc&) {
        statuses[i] = absl::ResourceExhaustedError("not enough memory to scan a text");
      }
    }
  };
  {
    std::vector<std::jthread> others;  // Joined at the end of the block.
    for (size_t i = 1; i < std::min(threads, texts.size()); ++i) others.emplace_back(work);
    work();
  }
  for (const absl::Status& status : statuses) TF_RETURN_IF_ERROR(status);
  return findings;
}

}  // namespace tokenfoundry::pii
