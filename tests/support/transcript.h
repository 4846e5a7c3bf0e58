// Transcript: a conversation with a server as a text file.
//
//   # a comment
//   == appending                        a section: fresh connections, an empty server
//   > APPEND k "a\x00"                  a request, words and quotes as redis-cli takes them
//   (integer) 2                         what must come back (tests/support/reply_notation.h)
//   b> WATCH k                          the same from a second connection
//   OK
//   >> "*1\r\n$4\r\nPING\r\n"           these very bytes; words are joined
//   PONG
//   b<                                  nothing is sent, only read: pushes, delayed replies
//   (closed)                            the server has closed the connection
//
//   (no reply)                          below a request: nothing is read now
//   @advance 1500ms                     time passes
//   @resp3                              from here on connections begin with HELLO 3
//   @let id b> CLIENT ID                remembers a reply; ${id} stands for it further down
//   @since 7.2 "why: the documentation" the section needs a server of that version
//   @alone "why"                        the section is about a node that is asked directly
//
// ${xy*1000} stands for xy repeated a thousand times. The connection of a bare > is named "a".
// Sections, comments and directives end the expectation above them, and so does a blank line.
//
// It only reads the file; tests/support/transcript_runner.h holds the conversation.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/base/types.h"

namespace holdfast {

struct TranscriptStep {
  enum class Kind {
    kRequest,  // text: words of a request
    kBytes,    // text: words to be joined and sent as they are
    kRead,     // nothing is sent
    kAdvance,  // advance
    kResp3,
    kLet,  // text: words of a request, whose reply becomes `variable`
  };
  Kind kind = Kind::kRequest;
  size_t line = 0;  // index into Transcript::lines
  std::string client;
  std::string text;
  std::string variable;
  Nanos advance;
  // Lines of the expectation: expectation_size lines behind `line`.
  size_t expectation_size = 0;
};

struct TranscriptSection {
  std::string title;
  // "7.2"; empty if any server will do.
  std::string since;
  // Not for a server that asks another one.
  bool alone = false;
  std::vector<TranscriptStep> steps;
};

struct Transcript {
  std::string name;
  std::vector<std::string> lines;
  std::vector<TranscriptSection> sections;
};

// `name` is used in messages. The error names the line.
absl::StatusOr<Transcript> ParseTranscript(absl::string_view name, absl::string_view text);

}  // namespace holdfast
