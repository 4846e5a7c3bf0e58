// A table of text: columns as wide as their widest cell, two blanks between them.
//
//     NODE  LAG
//   * n1      -
//     n2     12
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holdfast::kvctl {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as columns.
  void AddRow(std::vector<std::string> cells);
  // Lines without blanks at their ends. `margin` stands before each.
  std::string Render(absl::string_view margin = "") const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace holdfast::kvctl
