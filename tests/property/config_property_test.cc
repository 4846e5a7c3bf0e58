// Properties of the configuration: what REWRITE writes loads to the same settings, whatever was in
// the file and whatever CONFIG SET changed; and every word that is quoted reads back.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "node/config/config.h"
#include "node/config/config_text.h"
#include "rapidcheck.h"
#include "rapidcheck/gtest.h"
#include "tests/node/config_drive.h"

namespace holdfast {
namespace {

using config_drive::Load;
using config_drive::Sources;
using Pairs = std::vector<Config::Pair>;

// A value that the directive's kind may or may not take.
rc::Gen<std::string> AnyValue() {
  return rc::gen::weightedOneOf<std::string>(
      {{4, rc::gen::map(rc::gen::inRange(-3, 3000), [](int n) { return std::to_string(n); })},
       {2, rc::gen::elementOf(std::vector<std::string>{"yes", "no", "local", "noeviction", "debug",
                                                       "allkeys-lru", "systemd", "epoll"})},
       {2, rc::gen::elementOf(std::vector<std::string>{
               "2mb", "1gb", "3k", "5%", "", "KEA", "gxE", "now save", "60 1", "30 2 20 3",
               "normal 1mb 2 3", "replica 4kb 5 6", "50 99.99", "::1 127.0.0.1"})},
       {1, rc::gen::resize(8, rc::gen::arbitrary<std::string>())}});
}

rc::Gen<Config::Pair> AnyPair() {
  const auto names = [] {
    std::vector<std::string> found;
    for (const Directive& directive : AllDirectives()) {
      found.emplace_back(directive.name);
      if (!directive.alias.empty()) found.emplace_back(directive.alias);
    }
    return found;
  };
  return rc::gen::pair(rc::gen::elementOf(names()), AnyValue());
}

// Lines that load alone; a file of them loads as well, since no directive depends on another.
std::string AnyText(const std::string& more) {
  std::string text;
  for (const auto& [name, value] : *rc::gen::container<Pairs>(AnyPair())) {
    const Directive& directive = *FindDirective(name);
    const std::string words = directive.is(kManyWords) ? value : QuoteWord(value);
    std::string line = absl::StrCat(name, " ", words, "\n");
    if (config_drive::LoadText(line).ok()) text += line;
  }
  return *rc::gen::element(std::string("# comment\n\n"), std::string()) + text + more;
}

RC_GTEST_PROP(ConfigProperty, RewrittenTextLoadsToTheSameSettings, ()) {
  const bool includes = *rc::gen::arbitrary<bool>();
  Sources sources = {.files = {{"main", AnyText(includes ? "include sub\n" : "") + AnyText("")},
                               {"sub", includes ? AnyText("") : ""}},
                     .arguments = {"main"}};
  auto config = Load(sources);
  RC_ASSERT(config.ok());
  for (const Config::Pair& pair : *rc::gen::container<Pairs>(AnyPair())) {
    config->Set({pair}, {.from_loopback = true}).IgnoreError();
  }
  const std::string rewritten = config->Rewrite(sources.files["main"]);
  sources.files["main"] = rewritten;
  const auto again = Load(sources);
  RC_ASSERT(again.ok());
  RC_ASSERT(again->settings() == config->settings());
  RC_ASSERT(again->Get({"*"}, config_drive::Matches) == config->Get({"*"}, config_drive::Matches));
  RC_ASSERT(again->Rewrite(rewritten) == rewritten);
}

RC_GTEST_PROP(ConfigProperty, QuotedWordsReadBack, (const std::vector<std::string>& words)) {
  std::string text = "name";
  for (const std::string& word : words) absl::StrAppend(&text, " ", QuoteWord(word));
  ConfigLine line;
  RC_ASSERT(line.Parse(text));
  RC_ASSERT(line.words.size() == words.size() + 1);
  for (size_t i = 0; i < words.size(); ++i) RC_ASSERT(line.words[i + 1] == words[i]);
}

}  // namespace
}  // namespace holdfast
