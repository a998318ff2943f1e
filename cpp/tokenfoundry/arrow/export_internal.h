// Types and arrays of our own making, as the structs of c_data.h: who owns what behind `private_data`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tokenfoundry/arrow/arrow.h"

namespace tokenfoundry::arrow {

// A type with the name it has in its parent. `format` is the specification's format string.
struct Field {
  std::string name;
  std::string format;
  bool is_nullable = false;
  std::vector<Field> children = {};
  std::string dictionary_format = {};  // Of the values that `format` indexes; empty: not dictionary-encoded.
  bool dictionary_is_ordered = false;

  friend bool operator==(const Field&, const Field&) = default;
};

// Memory that nobody changes any more. Several arrays may share one (a dictionary that did not grow).
using Buffer = std::shared_ptr<const void>;

// One array. A null buffer stands for a validity bitmap of an array without nulls.
struct ArrayParts {
  int64_t length = 0;
  int64_t null_count = 0;
  std::vector<Buffer> buffers;
  std::vector<Owned<ArrowArray>> children;
  Owned<ArrowArray> dictionary;  // Holds nothing: not dictionary-encoded.
};

Owned<ArrowSchema> Export(const Field& field);

// What the schema's metadata say under `key`.
std::optional<std::string> MetadataValue(const ArrowSchema& schema, std::string_view key);

// A schema like `like`, metadata included, with other children and another dictionary.
Owned<ArrowSchema> ExportSchema(const ArrowSchema& like, std::vector<Owned<ArrowSchema>> children,
                                Owned<ArrowSchema> dictionary);
Owned<ArrowSchema> CopyOf(const ArrowSchema& schema);

Owned<ArrowArray> Export(ArrayParts parts);

}  // namespace tokenfoundry::arrow
