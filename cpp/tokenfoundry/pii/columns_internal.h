// The header above a value in a table, and the values below a header: CSV, TSV, or a table in Markdown.
//
// A table is a run of lines that have the same number of one delimiter, those inside quotation marks left out; its
// first line is the header. A ColumnReader belongs to one text and remembers the last table it saw, so that asking for
// each value in turn stays linear.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tokenfoundry/pii/candidate_internal.h"

namespace tokenfoundry::pii {

class ColumnReader {
 public:
  explicit ColumnReader(std::string_view text) : text_(text) {}

  // The header's cell in the column of the byte at `at`, if that stands in a table.
  std::optional<Extent> HeaderOf(size_t at);

  // The header of the table in which the byte at `at` stands, without its line feed.
  std::optional<Extent> HeaderLineOf(size_t at);

  // What delimits the cells of the table in which the byte at `at` stands, or 0 if it stands in none.
  char DelimiterAt(size_t at);

  // If `at` stands in the header of a table: the cells of its column, without the spaces and quotation marks around
  // them. A header is answered for eight times, so that one full of telling words stays linear.
  std::vector<Extent> CellsBelow(size_t at);

  uint64_t steps() const { return steps_; }  // Bytes read.

 private:
  struct Line {
    size_t start;
    size_t end;  // Without the line feed.
  };
  struct Table {
    char delimiter = 0;
    size_t delimiters = 0;  // In each line.
    Line header = {0, 0};
    size_t end = 0;  // Of the last line that is known to belong to it.
  };

  // The line last asked about, and how far its columns were counted.
  struct Asked {
    Line line = {1, 0};  // No place is in it yet.
    bool in_table = false;
    size_t counted_to = 0;
    size_t column = 0;
  };

  std::optional<Line> LineAt(size_t at);
  bool IsHeading(const Line& header, char delimiter);
  bool IsLoose(const Line& header, char delimiter) const;
  bool Ask(size_t at);
  char DelimiterBelow(const Line& header);
  Extent Cell(const Line& line, char delimiter, size_t column);
  bool IsInTable(const Line& line);
  size_t ColumnOf(size_t at);
  size_t Count(Line line, char delimiter);
  bool Continues(const Line& line);
  std::optional<Table> FindTable(Line line);

  const std::string_view text_;
  Table table_;
  Asked asked_;
  size_t header_asked_ = 0;  // Where the header that CellsBelow was last asked about ends, and how often it was.
  size_t times_asked_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace tokenfoundry::pii
