#include "sim/story.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace holdfast {
namespace {

constexpr int kColumn = 26;

std::string TimeText(Nanos time) {
  return absl::StrFormat("%4d.%06d", time.value / 1'000'000'000, time.value / 1'000 % 1'000'000);
}

std::string Escape(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

constexpr char kStyle[] =
    "body{font:13px/1.35 ui-monospace,monospace;margin:1.5em;background:#fbfaf7;color:#222}"
    "table{border-collapse:collapse}th{position:sticky;top:0;background:#fbfaf7}"
    "td,th{padding:1px 14px;text-align:left;border-left:1px solid #d8d4c8;white-space:nowrap}"
    "td:first-child{color:#888;border:0}td.all{background:#f3e3c8}"
    "td.hit{background:#f6d5d0}td.lead{background:#d7ead3}td.say{white-space:normal}";

// How a cell looks: leaders, and what goes wrong, stand out.
const char* ClassOf(const std::string& what) {
  if (absl::string_view(what).substr(0, 5) == "leads") return " class=lead";
  for (absl::string_view word : {"crash", "power", "pause", "LOST"}) {
    if (what.find(std::string(word)) != std::string::npos) return " class=hit";
  }
  return "";
}

}  // namespace

std::string Story::Diagram() const {
  std::string text = absl::StrFormat("%11s", "seconds");
  for (int node = 0; node < nodes_; ++node) {
    absl::StrAppendFormat(&text, " | %-*s", kColumn, absl::StrCat("node ", node));
  }
  absl::StrAppend(&text, "\n");
  for (const Line& line : lines_) {
    absl::StrAppend(&text, TimeText(line.time));
    if (line.node < 0) {
      absl::StrAppend(&text, " == ", line.what, "\n");
      continue;
    }
    for (int node = 0; node < nodes_; ++node) {
      absl::StrAppendFormat(&text, " | %-*s", kColumn, node == line.node ? line.what : "");
    }
    while (text.back() == ' ') text.pop_back();
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string Story::Page(const std::string& title) const {
  std::string page =
      absl::StrCat("<!doctype html><meta charset=utf-8><title>", Escape(title), "</title><style>",
                   kStyle, "</style><h3>", Escape(title), "</h3><table><tr><th>seconds");
  for (int node = 0; node < nodes_; ++node) absl::StrAppend(&page, "<th>node ", node);
  absl::StrAppend(&page, "\n");
  for (const Line& line : lines_) {
    absl::StrAppend(&page, "<tr><td>", TimeText(line.time));
    if (line.node < 0) {
      absl::StrAppend(&page, "<td class=all colspan=", nodes_, ">", Escape(line.what), "\n");
      continue;
    }
    for (int node = 0; node < nodes_; ++node) {
      if (node == line.node) {
        absl::StrAppend(&page, "<td", ClassOf(line.what), ">", Escape(line.what));
      } else {
        absl::StrAppend(&page, "<td>");
      }
    }
    absl::StrAppend(&page, "\n");
  }
  return absl::StrCat(page, "</table>\n");
}

}  // namespace holdfast
