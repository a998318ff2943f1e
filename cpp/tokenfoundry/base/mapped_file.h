// A whole file, mapped read-only and private for the life of the object.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/base/attributes.h"
#include "tokenfoundry/base/status.h"

namespace tokenfoundry {

class MappedFile {
 public:
  // kNotFound when there is none, kDataLoss when it is empty, else the system's error.
  static absl::StatusOr<std::unique_ptr<const MappedFile>> Open(const std::string& path);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}

  const std::string_view bytes_;
};

}  // namespace tokenfoundry
