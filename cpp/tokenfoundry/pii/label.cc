#include <algorithm>

#include "tokenfoundry/pii/detector_internal.h"

namespace tokenfoundry::pii {

absl::StatusOr<bool> Detector::Tells(std::string_view label) const {
  TF_RETURN_IF_ERROR(CheckText(label));
  if (CueReader(impl_->cues, label).FindsAny()) return true;
  TF_ASSIGN_OR_RETURN(std::unique_ptr<Workspace> workspace, impl_->pool.Take(*impl_->scanner));
  TF_RETURN_IF_ERROR(impl_->scanner->Scan(label, workspace.get()));
  const auto any = [](const auto& of_patterns) {
    return std::any_of(of_patterns.begin(), of_patterns.end(), [](const auto& seen) { return !seen.empty(); });
  };
  const bool tells = any(workspace->sightings.anchor_ends) || any(workspace->sightings.matches);
  impl_->pool.Return(std::move(workspace));
  return tells;
}

}  // namespace tokenfoundry::pii
