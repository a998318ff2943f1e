// rocksdb::Slice and std::string_view, each as the other.
#pragma once

#include <rocksdb/slice.h>

#include <string_view>

#include "tokenfoundry/base/check.h"

namespace tokenfoundry::store {

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace tokenfoundry::store
