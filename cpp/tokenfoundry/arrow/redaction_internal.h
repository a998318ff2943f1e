// What the two halves of a redaction hand each other: what was found, and where.
#pragma once

#include <vector>

#include "tokenfoundry/arrow/redaction.h"
#include "tokenfoundry/arrow/text_memo_internal.h"

namespace tokenfoundry::arrow {

// What is replaced: bytes [start, end) of a row.
struct Redaction::Piece {
  uint32_t row;  // Of the slice.
  uint32_t entity;
  bool is_literal;
  size_t start;
  size_t end;
};

// Rows [first, end) of a slice, for one thread at once.
struct Redaction::Block {
  size_t first;
  size_t end;
  std::vector<Piece> pieces;  // By row and start; disjoint.
  absl::Status status;
};

class Redaction::Memo : public TextMemo<Piece> {};

}  // namespace tokenfoundry::arrow
