#include <cstring>

#include "tokenfoundry/arrow/export_internal.h"

namespace tokenfoundry::arrow {
namespace {

// What `private_data` owns. Nothing in it points at the exported struct itself, which its holder may move; a child that
// was moved out of it has no `release` left, so Owned leaves it alone.
template <typename Struct>
struct Children {
  std::vector<Owned<Struct>> owned;
  std::vector<Struct*> pointers;

  void Point() {
    for (Owned<Struct>& child : owned) pointers.push_back(child.get());
  }
};

struct SchemaHolder {
  std::string format;
  std::string name;
  std::string metadata;
  Children<ArrowSchema> children;
  Owned<ArrowSchema> dictionary;
};

struct ArrayHolder {
  std::vector<Buffer> buffers;
  std::vector<const void*> buffer_pointers;
  Children<ArrowArray> children;
  Owned<ArrowArray> dictionary;
};

// A second call on the same struct finds no holder.
template <typename Struct, typename Holder>
void Release(Struct* self) {
  if (self == nullptr || self->release == nullptr) return;
  self->release = nullptr;
  delete static_cast<Holder*>(std::exchange(self->private_data, nullptr));
}

// Reads keys and values, each with its size before it, as ArrowSchema::metadata has them.
class Metadata {
 public:
  explicit Metadata(const ArrowSchema& schema) : at_(schema.metadata) { left_ = at_ != nullptr ? 2 * Number() : 0; }
  bool is_at_end() const { return left_ == 0; }
  std::string_view Next() {
    --left_;
    const auto size = static_cast<size_t>(Number());
    at_ += size;
    return {at_ - size, size};
  }
  const char* at() const { return at_; }

 private:
  int32_t Number() {
    int32_t value = 0;
    std::memcpy(&value, at_, sizeof(value));
    at_ += sizeof(value);
    return value;
  }

  const char* at_;
  int32_t left_;
};

std::string MetadataOf(const ArrowSchema& schema) {
  Metadata metadata(schema);
  while (!metadata.is_at_end()) metadata.Next();
  return schema.metadata != nullptr ? std::string(schema.metadata, metadata.at()) : "";
}

Owned<ArrowSchema> Live(std::unique_ptr<SchemaHolder> holder, int64_t flags) {
  ArrowSchema schema{};
  schema.format = holder->format.c_str();
  schema.name = holder->name.c_str();
  schema.metadata = holder->metadata.empty() ? nullptr : holder->metadata.c_str();
  schema.flags = flags;
  schema.n_children = static_cast<int64_t>(holder->children.pointers.size());
  schema.children = holder->children.pointers.data();
  if (holder->dictionary) schema.dictionary = holder->dictionary.get();
  schema.release = &Release<ArrowSchema, SchemaHolder>;
  schema.private_data = holder.release();
  return Owned<ArrowSchema>(schema);
}

}  // namespace

Owned<ArrowSchema> Export(const Field& field) {
  auto holder = std::make_unique<SchemaHolder>();
  holder->format = field.format;
  holder->name = field.name;
  for (const Field& child : field.children) holder->children.owned.push_back(Export(child));
  holder->children.Point();
  if (!field.dictionary_format.empty()) holder->dictionary = Export(Field{"", field.dictionary_format});

  return Live(std::move(holder), (field.is_nullable ? ARROW_FLAG_NULLABLE : 0) |
                                     (field.dictionary_is_ordered ? ARROW_FLAG_DICTIONARY_ORDERED : 0));
}

Owned<ArrowSchema> ExportSchema(const ArrowSchema& like, std::vector<Owned<ArrowSchema>> children,
                                Owned<ArrowSchema> dictionary) {
  auto holder = std::make_unique<SchemaHolder>();
  holder->format = like.format;
  holder->name = like.name != nullptr ? like.name : "";
  holder->metadata = MetadataOf(like);
  holder->children.owned = std::move(children);
  holder->children.Point();
  holder->dictionary = std::move(dictionary);
  return Live(std::move(holder), like.flags);
}

Owned<ArrowSchema> CopyOf(const ArrowSchema& schema) {
  std::vector<Owned<ArrowSchema>> children;
  for (int64_t i = 0; i < schema.n_children; ++i) children.push_back(CopyOf(*schema.children[i]));
  return ExportSchema(schema, std::move(children),
                      schema.dictionary != nullptr ? CopyOf(*schema.dictionary) : Owned<ArrowSchema>());
}

Owned<ArrowArray> Export(ArrayParts parts) {
  auto holder = std::make_unique<ArrayHolder>();
  holder->buffers = std::move(parts.buffers);
  for (const Buffer& buffer : holder->buffers) holder->buffer_pointers.push_back(buffer.get());
  holder->children.owned = std::move(parts.children);
  holder->children.Point();
  holder->dictionary = std::move(parts.dictionary);

  ArrowArray array{};
  array.length = parts.length;
  array.null_count = parts.null_count;
  array.n_buffers = static_cast<int64_t>(holder->buffer_pointers.size());
  array.buffers = holder->buffer_pointers.data();
  array.n_children = static_cast<int64_t>(holder->children.pointers.size());
  array.children = holder->children.pointers.data();
  if (holder->dictionary) array.dictionary = holder->dictionary.get();
  array.release = &Release<ArrowArray, ArrayHolder>;
  array.private_data = holder.release();
  return Owned<ArrowArray>(array);
}

std::optional<std::string> MetadataValue(const ArrowSchema& schema, std::string_view key) {
  Metadata metadata(schema);
  while (!metadata.is_at_end()) {
    const std::string_view found = metadata.Next();
    const std::string_view value = metadata.Next();
    if (found == key) return std::string(value);
  }
  return std::nullopt;
}

}  // namespace tokenfoundry::arrow
