// Story: what happened in a run, for people: who led, who fell, what was cut, what was appended.
//
// Printed as a space-time diagram: time runs downwards, each node has a column, and what concerns
// all stands across them. The page (sim/story_page.h) is drawn by the browser: time runs to the
// right, each node has a lane, messages are arrows between them.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "net/base/types.h"

namespace holdfast {

class Story {
 public:
  explicit Story(int nodes) : nodes_(nodes) {}

  // Node -1: concerns everybody.
  void Add(Nanos time, int node, std::string what) {
    lines_.push_back({time, node, std::move(what)});
  }
  // From one node to another; `kind` is a word that many share.
  void AddMessage(Nanos sent, Nanos arrives, int from, int to, absl::string_view kind) {
    messages_.push_back({sent, arrives, from, to, std::string(kind)});
  }

  struct Line {
    Nanos time;
    int node = 0;
    std::string what;
  };
  struct Message {
    Nanos sent, arrives;
    int from = 0, to = 0;
    std::string kind;
  };
  int nodes() const { return nodes_; }
  const std::vector<Line>& lines() const { return lines_; }
  const std::vector<Message>& messages() const { return messages_; }

  std::string Diagram() const;

 private:
  const int nodes_;
  std::vector<Line> lines_;
  std::vector<Message> messages_;
};

}  // namespace holdfast
