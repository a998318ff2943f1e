#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/pii/database_cache_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::string_view kMagic = "TFHSDB\r\n";
constexpr uint32_t kFormatVersion = 1;
constexpr off_t kMaxFileBytes = off_t{256} << 20;  // A database of thousands of patterns is a few MB.

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }
  bool ok() const { return descriptor_ >= 0; }

 private:
  const int descriptor_;
};

bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::optional<std::string> ReadAll(int descriptor, size_t size) {
  std::string bytes(size, '\0');
  for (size_t filled = 0; filled < size;) {
    const ssize_t got = read(descriptor, bytes.data() + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    filled += static_cast<size_t>(got);
  }
  return bytes;
}

// Hyperscan trusts the bytes it deserializes, so a file that somebody else could have written is not read.
bool IsOurs(int descriptor, struct stat* info) {
  return fstat(descriptor, info) == 0 && S_ISREG(info->st_mode) && info->st_uid == geteuid() &&
         (info->st_mode & (S_IWGRP | S_IWOTH)) == 0 && info->st_size <= kMaxFileBytes;
}

}  // namespace

DatabaseCache::DatabaseCache(std::string folder, std::string_view key_material)
    : folder_(std::move(folder)),
      key_(Sha256Of(key_material)),
      path_(folder_.empty() ? "" : folder_ + "/patterns-" + Hex(key_).substr(0, 32) + ".hsdb") {}

std::optional<std::string> DatabaseCache::Load() const {
  if (path_.empty()) return std::nullopt;
  const File file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info;
  if (!file.ok() || !IsOurs(file.get(), &info)) return std::nullopt;
  const std::optional<std::string> bytes = ReadAll(file.get(), static_cast<size_t>(info.st_size));
  if (!bytes) return std::nullopt;

  ByteReader reader(*bytes);
  const bool is_ours = reader.Bytes(kMagic.size()) == kMagic && reader.Little<uint32_t>() == kFormatVersion &&
                       reader.Bytes(key_.size()) == View(key_);
  const std::string_view digest = reader.Bytes(sizeof(Digest));
  const std::string_view database = reader.Bytes(reader.Little<uint64_t>());
  if (!is_ours || !reader.AtEnd() || digest != View(Sha256Of(database))) return std::nullopt;
  return std::string(database);
}

void DatabaseCache::Store(std::string_view database) const {
  if (path_.empty()) return;
  std::error_code ignored;  // An existing or impossible folder shows at the next line.
  std::filesystem::create_directories(folder_, ignored);
  std::string temporary = path_ + ".XXXXXX";
  const File file(mkostemp(temporary.data(), O_CLOEXEC));  // Mode 0600.
  if (!file.ok()) return;

  std::string header(kMagic);
  AppendLittle(&header, kFormatVersion);
  header.append(View(key_));
  header.append(View(Sha256Of(database)));
  AppendLittle(&header, static_cast<uint64_t>(database.size()));
  // No fsync: a file torn by a power cut does not check out and is written again.
  const bool written = WriteAll(file.get(), header) && WriteAll(file.get(), database);
  if (!written || std::rename(temporary.c_str(), path_.c_str()) != 0) unlink(temporary.c_str());
}

}  // namespace tokenfoundry::pii
