#include "sim/check/sightings.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace holdfast {
namespace {

// Sums are texts too, and have no maker.
bool MayBeASum(absl::string_view text) {
  return text.empty() || text[0] == '-' || (text[0] >= '0' && text[0] <= '9');
}

void AddTexts(const ReplyValue& reply, std::vector<std::string>& texts) {
  if (reply.kind == ReplyValue::Kind::kBulk && !MayBeASum(reply.text)) texts.push_back(reply.text);
  for (const ReplyValue& child : reply.children) AddTexts(child, texts);
}

void AddTexts(const Model::Entry& entry, std::vector<std::string>& texts) {
  if (!entry.is_list) texts.push_back(entry.text);
  texts.insert(texts.end(), entry.elements.begin(), entry.elements.end());
}

bool HoldsABeginning(const Model& model, const std::string& text) {
  const auto begins = [&](const std::string& held) {
    return !held.empty() && absl::StartsWith(text, held);
  };
  return std::any_of(model.entries().begin(), model.entries().end(), [&](const auto& item) {
    const Model::Entry& entry = item.second;
    if (!entry.is_list) return begins(entry.text);
    return std::any_of(entry.elements.begin(), entry.elements.end(), begins);
  });
}

}  // namespace

Sightings::Sightings(const Chains& chains) {
  std::map<std::string, Places> arguments;
  for (uint32_t chain = 0; chain < chains.size(); ++chain) {
    for (uint32_t place = 0; place < chains[chain].size(); ++place) {
      const Operation& operation = *chains[chain][place];
      for (const Command& command : operation.commands) {
        for (size_t i = 1; i < command.size(); ++i) arguments[command[i]][chain] = place;
      }
      if (operation.outcome != Operation::Outcome::kReplied) continue;
      std::vector<std::string> texts;
      AddTexts(operation.reply, texts);
      for (const std::string& text : texts) sightings_[text].shown[chain] = place;
    }
  }
  for (auto& [text, sighting] : sightings_) {
    for (size_t length = 1; length <= text.size(); ++length) {
      const auto found = arguments.find(text.substr(0, length));
      if (found == arguments.end()) continue;
      for (const auto& [chain, place] : found->second) {
        uint32_t& last = sighting.made.emplace(chain, place).first->second;
        last = std::max(last, place);
      }
    }
  }
}

bool Sightings::IsAhead(const Places& places, const std::vector<uint32_t>& positions) {
  return std::any_of(places.begin(), places.end(),
                     [&](const auto& item) { return positions[item.first] <= item.second; });
}

bool Sightings::StayPossible(const std::vector<std::string>& texts,
                             const std::vector<uint32_t>& positions, const Model& model) const {
  for (const std::string& text : texts) {
    if (MayBeASum(text)) continue;
    for (auto at = sightings_.lower_bound(text);
         at != sightings_.end() && absl::StartsWith(at->first, text); ++at) {
      const auto& [shown, sighting] = *at;
      const bool lost = IsAhead(sighting.shown, positions) && !IsAhead(sighting.made, positions) &&
                        !HoldsABeginning(model, shown);
      if (lost) return false;
    }
  }
  return true;
}

std::vector<std::string> Sightings::AtStake(const Operation& operation, const Model& before) {
  std::vector<std::string> texts;
  for (const Command& command : operation.commands) {
    texts.insert(texts.end(), command.begin() + 1, command.end());
    if (Model::IsOfAllKeys(command)) {
      for (const auto& [key, entry] : before.entries()) AddTexts(entry, texts);
    }
    for (const std::string& key : Model::KeysOf(command)) {
      if (const Model::Entry* entry = before.Find(key)) AddTexts(*entry, texts);
    }
  }
  return texts;
}

}  // namespace holdfast
