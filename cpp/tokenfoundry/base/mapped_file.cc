#include "tokenfoundry/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace tokenfoundry {

absl::StatusOr<std::unique_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  struct stat status = {};
  void* address = MAP_FAILED;
  int error = 0;
  if (fstat(file, &status) != 0) {
    error = errno;
  } else if (status.st_size > 0) {
    address = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE, file, 0);
    if (address == MAP_FAILED) error = errno;
  }
  close(file);  // The mapping keeps the file.
  if (error != 0) return absl::ErrnoToStatus(error, absl::StrCat("cannot map ", path));
  if (address == MAP_FAILED) return absl::DataLossError(absl::StrCat(path, " is empty"));
  return std::unique_ptr<const MappedFile>(
      new MappedFile({static_cast<const char*>(address), static_cast<size_t>(status.st_size)}));
}

MappedFile::~MappedFile() { munmap(const_cast<char*>(bytes_.data()), bytes_.size()); }

}  // namespace tokenfoundry
