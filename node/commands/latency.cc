#include "node/commands/latency.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "node/command_table.h"
#include "node/node.h"
#include "node/worker.h"

namespace holdfast {
namespace {

constexpr size_t kGraphRows = 4;
constexpr size_t kGraphColumnsMax = 80;

int64_t Lowest(const LatencyEvent& event) {
  return std::min_element(event.samples.begin(), event.samples.end(),
                          [](const auto& left, const auto& right) {
                            return left.milliseconds < right.milliseconds;
                          })
      ->milliseconds;
}

int64_t Highest(const LatencyEvent& event) {
  return std::max_element(event.samples.begin(), event.samples.end(),
                          [](const auto& left, const auto& right) {
                            return left.milliseconds < right.milliseconds;
                          })
      ->milliseconds;
}

// "12s", "3m", "4h", "5d".
std::string Ago(int64_t seconds) {
  if (seconds < 60) return absl::StrCat(seconds, "s");
  if (seconds < 3600) return absl::StrCat(seconds / 60, "m");
  if (seconds < 86'400) return absl::StrCat(seconds / 3600, "h");
  return absl::StrCat(seconds / 86'400, "d");
}

// Each sample is a column, oldest first: a bar as high as the spike was long, and below it, from
// top to bottom, how long ago that was.
std::string Graph(const LatencyEvent& event, int64_t unix_seconds_now) {
  std::vector<LatencySample> samples(event.samples.begin(), event.samples.end());
  if (samples.size() > kGraphColumnsMax) {
    samples.erase(samples.begin(), samples.end() - kGraphColumnsMax);
  }
  const int64_t low = Lowest(event), high = Highest(event);
  std::string text = absl::StrFormat("%s - high %d ms, low %d ms (all time high %d ms)\n",
                                     event.name, high, low, event.milliseconds_max);
  absl::StrAppend(&text, std::string(kGraphColumnsMax, '-'), "\n");
  const auto bar = [&](const LatencySample& sample) -> size_t {
    if (high == low) return 0;
    return static_cast<size_t>((sample.milliseconds - low) *
                               static_cast<int64_t>(2 * kGraphRows - 1) / (high - low));
  };
  // A cell has two steps, so that four lines show eight heights.
  for (size_t row = kGraphRows; row-- > 0;) {
    std::string line;
    for (const LatencySample& sample : samples) {
      const size_t steps = bar(sample) + 1;
      line.push_back(steps >= 2 * row + 2 ? '#' : steps == 2 * row + 1 ? '_' : ' ');
    }
    absl::StrAppend(&text, line, "\n");
  }
  std::vector<std::string> labels;
  size_t longest = 0;
  for (const LatencySample& sample : samples) {
    labels.push_back(Ago(std::max<int64_t>(unix_seconds_now - sample.unix_seconds, 0)));
    longest = std::max(longest, labels.back().size());
  }
  absl::StrAppend(&text, "\n");
  for (size_t row = 0; row < longest; ++row) {
    for (const std::string& label : labels) text.push_back(row < label.size() ? label[row] : ' ');
    text.push_back('\n');
  }
  return text;
}

std::string DoctorLine(size_t number, const LatencyEvent& event) {
  const auto count = static_cast<int64_t>(event.samples.size());
  int64_t sum = 0;
  for (const LatencySample& sample : event.samples) sum += sample.milliseconds;
  const int64_t average = sum / count;
  int64_t deviation = 0;
  for (const LatencySample& sample : event.samples) {
    deviation += std::abs(sample.milliseconds - average);
  }
  const int64_t span = event.samples.back().unix_seconds - event.samples.front().unix_seconds;
  return absl::StrFormat(
      "%d. %s: %d latency spikes (average %dms, mean deviation %dms, period %.2f sec). Worst all "
      "time event %dms.\n",
      number, event.name, count, average, deviation / count,
      static_cast<double>(span) / static_cast<double>(count), event.milliseconds_max);
}

// The calls of one command so far, all workers together. World stopped.
LatencyHistogram CallsOf(Node& node, const CommandSpec& spec) {
  LatencyHistogram merged;
  for (const auto& worker : node.workers()) {
    const auto& latency = worker->commands[CommandTable::IndexOf(&spec)].latency;
    if (latency != nullptr) merged.Merge(*latency);
  }
  return merged;
}

// The cumulated counts at powers of two of microseconds, without the powers at which nothing is
// added.
void ReplyHistogram(ReplyWriter& reply, const LatencyHistogram& histogram) {
  std::vector<std::pair<int64_t, int64_t>> steps;
  uint64_t seen = 0, told = 0;
  const uint64_t total = histogram.Total();
  int bucket = 0;
  for (int64_t microseconds = 1; told < total; microseconds *= 2) {
    while (bucket < LatencyHistogram::kBuckets &&
           LatencyHistogram::UpperEdgeNanos(bucket) <= static_cast<double>(microseconds) * 1000) {
      seen += histogram.counts[static_cast<size_t>(bucket++)];
    }
    if (bucket == LatencyHistogram::kBuckets) seen = total;
    if (seen > told) steps.emplace_back(microseconds, static_cast<int64_t>(seen));
    told = seen;
  }
  reply.Map(2);
  reply.Bulk("calls");
  reply.Integer(static_cast<int64_t>(total));
  reply.Bulk("histogram_usec");
  reply.Map(steps.size());
  for (const auto& [microseconds, count] : steps) {
    reply.Integer(microseconds);
    reply.Integer(count);
  }
}

}  // namespace

void LatencyLatestCommand(CommandContext& context) {
  const auto events = context.node.latency_monitor().Events();
  context.reply.Array(events.size());
  for (const LatencyEvent& event : events) {
    context.reply.Array(4);
    context.reply.Bulk(event.name);
    context.reply.Integer(event.samples.back().unix_seconds);
    context.reply.Integer(event.samples.back().milliseconds);
    context.reply.Integer(event.milliseconds_max);
  }
}

void LatencyHistoryCommand(CommandContext& context) {
  const LatencyEvent event = context.node.latency_monitor().Event(context.arguments[2]);
  context.reply.Array(event.samples.size());
  for (const LatencySample& sample : event.samples) {
    context.reply.Array(2);
    context.reply.Integer(sample.unix_seconds);
    context.reply.Integer(sample.milliseconds);
  }
}

void LatencyResetCommand(CommandContext& context) {
  LatencyMonitor& monitor = context.node.latency_monitor();
  int64_t forgotten = 0;
  if (context.arguments.size() == 2) {
    for (const LatencyEvent& event : monitor.Events()) forgotten += monitor.Forget(event.name);
  }
  for (const absl::string_view name : context.arguments.subspan(2)) {
    forgotten += monitor.Forget(name);
  }
  context.reply.Integer(forgotten);
}

void LatencyGraphCommand(CommandContext& context) {
  const LatencyEvent event = context.node.latency_monitor().Event(context.arguments[2]);
  if (event.samples.empty()) {
    context.Error(absl::StrCat("ERR No samples available for event '", context.arguments[2], "'"));
    return;
  }
  const int64_t now = context.node.clock().Wall().value / 1'000'000'000;
  context.reply.Verbatim("txt", Graph(event, now));
}

void LatencyDoctorCommand(CommandContext& context) {
  const auto events = context.node.latency_monitor().Events();
  std::string text;
  if (context.node.settings().latency_monitor_threshold == 0) {
    text =
        "Latency monitoring is off: set latency-monitor-threshold to the milliseconds from which "
        "on "
        "a command counts as a spike.\n";
  } else if (events.empty()) {
    text = "No latency spike was observed so far.\n";
  } else {
    text = "Latency spikes were observed:\n\n";
    for (size_t i = 0; i < events.size(); ++i) text += DoctorLine(i + 1, events[i]);
    text +=
        "\nSLOWLOG GET names the commands. Commands that look at many elements or keys (KEYS, "
        "LRANGE, "
        "LREM, DEL of many keys) take longest; SCAN and smaller ranges do the same in steps.\n";
  }
  context.reply.Verbatim("txt", text);
}

void LatencyHistogramCommand(CommandContext& context) {
  std::vector<const CommandSpec*> specs;
  if (context.arguments.size() == 2) {
    for (const CommandSpec& spec : AllCommands()) specs.push_back(&spec);
  }
  for (const absl::string_view name : context.arguments.subspan(2)) {
    const CommandSpec* spec = context.node.commands().FindByName(name);
    if (spec == nullptr) continue;
    specs.push_back(spec);
    // A container stands for its subcommands.
    for (const CommandSpec& subcommand : CommandTable::Subcommands(*spec)) {
      specs.push_back(&subcommand);
    }
  }
  const size_t mark = context.reply.BeginDeferred();
  size_t count = 0;
  for (const CommandSpec* spec : specs) {
    const LatencyHistogram calls = CallsOf(context.node, *spec);
    if (calls.Total() == 0) continue;
    context.reply.Bulk(spec->name);
    ReplyHistogram(context.reply, calls);
    ++count;
  }
  context.reply.EndDeferred(mark, Aggregate::kMap, count);
}

}  // namespace holdfast
