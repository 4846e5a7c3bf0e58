// Story: what happened in a run, for people: who led, who fell, what was cut, what was appended.
//
// Printed as a space-time diagram: time runs downwards, each node has a column, and what concerns
// all stands across them. The page is one file without references to anything else.
#pragma once

#include <string>
#include <vector>

#include "net/base/types.h"

namespace holdfast {

class Story {
 public:
  explicit Story(int nodes) : nodes_(nodes) {}

  // Node -1: concerns everybody.
  void Add(Nanos time, int node, std::string what) {
    lines_.push_back({time, node, std::move(what)});
  }
  std::string Diagram() const;
  std::string Page(const std::string& title) const;

 private:
  struct Line {
    Nanos time;
    int node = 0;
    std::string what;
  };
  const int nodes_;
  std::vector<Line> lines_;
};

}  // namespace holdfast
