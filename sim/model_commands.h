// The commands of the Model, one function each, in the order of Redis's manual.
#pragma once

#include <string>

#include "sim/model.h"

namespace holdfast {

// What one execution works on.
struct ModelCall {
  Model& model;
  const Command& command;
  const Model::Window& now;
};

struct ModelCommand {
  absl::string_view name;
  ReplyValue (*run)(ModelCall&);
  // Positions of the keys: first, last (negative from the end), step. First 0: all keys there are.
  int first_key;
  int last_key;
  int key_step;
  bool is_read;
};

// Null if the model does not know the command.
const ModelCommand* FindModelCommand(const Command& command);

struct ModelCommands {
  // Strings.
  static ReplyValue Append(ModelCall& call);
  static ReplyValue DecrBy(ModelCall& call);
  static ReplyValue Get(ModelCall& call);
  static ReplyValue GetDel(ModelCall& call);
  static ReplyValue GetEx(ModelCall& call);
  static ReplyValue GetSet(ModelCall& call);
  static ReplyValue IncrBy(ModelCall& call);
  static ReplyValue MGet(ModelCall& call);
  static ReplyValue MSet(ModelCall& call);
  static ReplyValue Set(ModelCall& call);
  static ReplyValue SetNx(ModelCall& call);
  static ReplyValue StrLen(ModelCall& call);

  // Lists.
  static ReplyValue LIndex(ModelCall& call);
  static ReplyValue LLen(ModelCall& call);
  static ReplyValue LMove(ModelCall& call);
  static ReplyValue LRange(ModelCall& call);
  static ReplyValue Pop(ModelCall& call);
  static ReplyValue Push(ModelCall& call);

  // Keys.
  static ReplyValue Copy(ModelCall& call);
  static ReplyValue Del(ModelCall& call);
  static ReplyValue Exists(ModelCall& call);
  static ReplyValue Expire(ModelCall& call);
  static ReplyValue FlushAll(ModelCall& call);
  static ReplyValue Persist(ModelCall& call);
  static ReplyValue Rename(ModelCall& call);
  static ReplyValue Ttl(ModelCall& call);
  static ReplyValue Type(ModelCall& call);

 private:
  using Entry = Model::Entry;

  static const std::string& Argument(const ModelCall& call, size_t index);
  static Entry* Find(ModelCall& call, const std::string& key);
  static void Put(ModelCall& call, const std::string& key, Entry entry);
  static void PutText(ModelCall& call, const std::string& key, std::string text,
                      std::optional<Model::Window> deadline = std::nullopt);
  // The deadline that a word (EX, PX, EXAT, PXAT) and a number name.
  static Model::Window DeadlineOf(const ModelCall& call, absl::string_view word, int64_t number);
};

// Makers and readers of replies.
namespace model_internal {
ReplyValue Ok();
ReplyValue Null();
ReplyValue Integer(int64_t value);
ReplyValue Bulk(std::string text);
ReplyValue Simple(std::string text);
ReplyValue Error(std::string text);
ReplyValue Array(std::vector<ReplyValue> children);
ReplyValue WrongType();
std::string Upper(absl::string_view text);
std::optional<int64_t> ParseNumber(const std::string& text);
}  // namespace model_internal

}  // namespace holdfast
