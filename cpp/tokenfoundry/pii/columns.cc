#include <algorithm>
#include <cstring>

#include "tokenfoundry/pii/columns_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxLineBytes = 4 * 1024;
constexpr size_t kMaxTimesAsked = 8;
constexpr std::string_view kDelimiters = "|\t;,";

// What stands around the value in a cell.
bool IsAround(char c) { return c == ' ' || c == '"' || c == '\'' || c == '\r'; }

}  // namespace

std::optional<ColumnReader::Line> ColumnReader::LineAt(size_t at) {
  const size_t first = at > kMaxLineBytes ? at - kMaxLineBytes : 0;
  const auto* before = static_cast<const char*>(memrchr(text_.data() + first, '\n', at - first));
  if (before == nullptr && first > 0) return std::nullopt;
  const size_t start = before == nullptr ? 0 : static_cast<size_t>(before - text_.data()) + 1;
  const size_t size = text_.substr(at, kMaxLineBytes).find('\n');
  if (size == std::string_view::npos && text_.size() - at > kMaxLineBytes) return std::nullopt;
  const size_t end = size == std::string_view::npos ? text_.size() : at + size;
  steps_ += end - start;
  return Line{start, end};
}

size_t ColumnReader::Count(Line line, char delimiter) {
  const std::string_view text = text_.substr(line.start, line.end - line.start);
  steps_ += text.size();
  if (text.find('"') == std::string_view::npos) {
    return static_cast<size_t>(std::count(text.begin(), text.end(), delimiter));
  }
  size_t count = 0;
  bool quoted = false;
  for (const char c : text) {
    quoted = quoted != (c == '"');
    count += c == delimiter && !quoted ? 1 : 0;
  }
  return count;
}

// Whether the table goes on to `line`. The lines between are read once: not every one is asked about.
bool ColumnReader::Continues(const Line& line) {
  while (table_.delimiter != 0 && table_.end < line.start) {
    const std::optional<Line> next = LineAt(table_.end + 1);
    if (!next || Count(*next, table_.delimiter) != table_.delimiters) return false;
    table_.end = next->end;
    if (next->start == line.start) return true;
  }
  return false;
}

// The table that `line` goes on. Where several delimiters fit, the one whose table began first: so it does not matter
// at which of its lines a table is first asked about.
std::optional<ColumnReader::Table> ColumnReader::FindTable(Line line) {
  std::optional<Table> found;
  if (line.start == 0) return found;  // No line above.
  for (const char delimiter : kDelimiters) {
    Table table{.delimiter = delimiter, .delimiters = Count(line, delimiter), .header = line, .end = line.end};
    if (table.delimiters == 0) continue;
    while (table.header.start > 0) {
      const std::optional<Line> above = LineAt(table.header.start - 1);
      if (!above || Count(*above, delimiter) != table.delimiters) break;
      table.header = *above;
    }
    if (table.header.start == line.start) continue;
    if (!found || table.header.start < found->header.start) found = table;
  }
  return found;
}

bool ColumnReader::IsInTable(const Line& line) {
  const bool is_known = table_.delimiter != 0 && line.start > table_.header.start && line.end <= table_.end;
  if (is_known) return true;
  if (Continues(line)) return true;
  const std::optional<Table> table = FindTable(line);
  if (table) table_ = *table;
  return table.has_value();
}

size_t ColumnReader::ColumnOf(size_t at) {
  if (at < asked_.counted_to) {
    asked_.counted_to = asked_.line.start;
    asked_.column = 0;
  }
  asked_.column += Count({asked_.counted_to, at}, table_.delimiter);
  asked_.counted_to = at;
  return asked_.column;
}

// Whether a line can be a header: a few words in each cell, not the clauses of a sentence.
bool ColumnReader::IsHeading(const Line& header, char delimiter) {
  constexpr size_t kMaxCellBytes = 48;
  constexpr size_t kMaxSpaces = 4;  // Of which two may stand around the words.
  const std::string_view text = text_.substr(header.start, header.end - header.start);
  steps_ += text.size();
  size_t cell = 0;
  size_t spaces = 0;
  for (const char c : text) {
    cell = c == delimiter ? 0 : cell + 1;
    spaces = c == delimiter ? 0 : spaces + (c == ' ' ? 1 : 0);
    if (cell > kMaxCellBytes || spaces > kMaxSpaces) return false;
  }
  return true;
}

// Whether the delimiter may be the comma of a sentence: then two rows must bear the header out.
bool ColumnReader::IsLoose(const Line& header, char delimiter) const {
  if (delimiter != ',' && delimiter != ';') return false;
  const std::string_view text = text_.substr(header.start, header.end - header.start);
  const size_t at = text.find(delimiter);
  return at + 1 >= text.size() || text[at + 1] == ' ';
}

// Whether the byte at `at` stands in a table; `asked_` then is its line.
bool ColumnReader::Ask(size_t at) {
  if (at < asked_.line.start || at > asked_.line.end) {
    const std::optional<Line> line = LineAt(at);
    asked_ = line ? Asked{*line, IsInTable(*line), line->start, 0} : Asked{{at, at}, false, at, 0};
  }
  if (!asked_.in_table || !IsHeading(table_.header, table_.delimiter)) return false;
  if (!IsLoose(table_.header, table_.delimiter) || asked_.line.start > table_.header.end + 1) return true;
  const std::optional<Line> next = LineAt(std::min(asked_.line.end + 1, text_.size()));  // It is the first of its rows.
  return next && next->start > asked_.line.end && Count(*next, table_.delimiter) == table_.delimiters;
}

// The cell of `column`, which the line has.
Extent ColumnReader::Cell(const Line& line, char delimiter, size_t column) {
  size_t start = line.start;
  bool quoted = false;
  size_t at = line.start;
  for (; at < line.end; ++at) {
    quoted = quoted != (text_[at] == '"');
    if (text_[at] != delimiter || quoted) continue;
    if (column == 0) break;
    --column;
    start = at + 1;
  }
  steps_ += at - line.start;
  return {static_cast<uint32_t>(start), static_cast<uint32_t>(at)};
}

std::optional<Extent> ColumnReader::HeaderOf(size_t at) {
  if (!Ask(at)) return std::nullopt;
  return Cell(table_.header, table_.delimiter, ColumnOf(at));
}

std::optional<Extent> ColumnReader::HeaderLineOf(size_t at) {
  if (!Ask(at)) return std::nullopt;
  return Extent{static_cast<uint32_t>(table_.header.start), static_cast<uint32_t>(table_.header.end)};
}

char ColumnReader::DelimiterAt(size_t at) { return Ask(at) ? table_.delimiter : '\0'; }

// The delimiter of the table that `header` is the first line of, or 0.
char ColumnReader::DelimiterBelow(const Line& header) {
  if (header.end == text_.size()) return '\0';
  const std::optional<Line> below = LineAt(header.end + 1);
  const std::optional<Line> above = header.start > 0 ? LineAt(header.start - 1) : std::nullopt;
  for (const char delimiter : kDelimiters) {
    const size_t count = Count(header, delimiter);
    if (count == 0 || !below || Count(*below, delimiter) != count) continue;
    return above && Count(*above, delimiter) == count ? '\0' : delimiter;
  }
  return '\0';
}

std::vector<Extent> ColumnReader::CellsBelow(size_t at) {
  const std::optional<Line> header = LineAt(at);
  if (!header) return {};
  times_asked_ = header_asked_ == header->end ? times_asked_ + 1 : 1;
  header_asked_ = header->end;
  if (times_asked_ > kMaxTimesAsked) return {};
  const char delimiter = DelimiterBelow(*header);
  if (delimiter == '\0' || !IsHeading(*header, delimiter)) return {};

  const size_t delimiters = Count(*header, delimiter);
  const size_t column = Count({header->start, at}, delimiter);
  std::vector<Extent> cells;
  size_t rows = 0;
  for (size_t end = header->end; end < text_.size();) {
    const std::optional<Line> row = LineAt(end + 1);
    if (!row || Count(*row, delimiter) != delimiters) break;
    Extent cell = Cell(*row, delimiter, column);
    while (cell.start < cell.end && IsAround(text_[cell.start])) ++cell.start;
    while (cell.start < cell.end && IsAround(text_[cell.end - 1])) --cell.end;
    if (cell.start < cell.end) cells.push_back(cell);
    end = row->end;
    ++rows;
  }
  if (rows < 2 && IsLoose(*header, delimiter)) return {};
  return cells;
}

}  // namespace tokenfoundry::pii
