// Stories about a replication group: a line is something that happens, or something to be seen.
//
//   cast n1 n2 n3 [min-in-sync 1]        the data nodes
//   n1 leads epoch 1 with n1 n2          all start; n1 is primary of that set
//   fails with lease-never-ends          the planted bug that this story must not survive
//
//   pass 300ms | 2s
//   n1 appends 2                         executes so many writes, numbered 1, 2, ... in the story
//   n1 refuses a write
//   n1 crashes                 n1 starts empty | with its log | with its whole log
//   n1 pauses                  n1 resumes
//   n1 trims to 4              forgets its log up to that LSN
//   n1 hears the news          of the newest configuration
//   n1 confirms a read         n1 switches over [to n2 [within 2s]]    n1 calls it off
//   n1 shuts down              n1 recovers
//   n3 fails its sync          the snapshot it receives breaks off
//   n1 fails the sync of n3    the same, as the primary sees it
//
//   drop [Kind] n1 -> n2       lost from now on; <-> for both directions
//   hold [Kind] n1 -> n2       waits on the way
//   release [Kind] n1 -> n2    ends drop and hold of the same
//   repeat Kind n1 -> n2       what arrived last comes once more
//   break n1 <-> n2            a new connection; what was under way and is not held is lost
//   isolate n1                 from the others and the register
//   heal                       everything; broken connections are new
//
//   register answers | ignores | forgets | delays | stalls n1     forgets: carries out, says
//   nothing register carries out       what it delayed
//
//   expect n2 replica epoch 1 commit 3 serves no ...
//   expect register epoch 2 primary n2 set n2 n3
//   expect writes 1 2 acknowledged | held | unknown
//
// An identity is n2, or n2.2 in its second life. What can be expected of a node: primary, replica,
// learner, down, attached, detached, and with a value: epoch, commit, tail, applied, holds (the
// writes in its log), serves, writes, released, confirmed (yes, no), change (open, closed),
// condition (led, waiting, lost), full-syncs, proposals, answers (OK, or an error's words).
// Of the register: version, epoch, primary, set, status (active, lost).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tests/cluster/stage/stage.h"

namespace holdfast::stage {

using Words = std::vector<std::string>;

// Without its comments.
struct StoryLine {
  int number = 0;
  Words words;
};

struct Story {
  std::vector<StoryLine> lines;
  std::vector<std::string> bugs;
};

Story ReadStory(absl::string_view text);

class StoryPlayer {
 public:
  // Plays the story until a line fails or the judge objects; says which line, and why.
  absl::Status Play(const Story& story);
  // Lines played and what happened below each of them.
  const std::string& trace() const { return trace_; }

 private:
  absl::Status Cast(const Words& words);
  absl::Status Open(const Words& words);
  absl::Status Do(const Words& words);
  absl::Status DoNode(int node, const Words& words);
  absl::Status DoLife(int node, const Words& words);
  absl::Status DoOperator(int node, const Words& words);
  absl::Status DoLink(const Words& words);
  absl::Status DoRegister(const Words& words);
  absl::Status FailSync(int node, const Words& words);
  absl::Status Isolate(int node);
  absl::Status Give(int node, const Input& input);
  absl::Status NotUnderstood() const;

  Stage::Casting casting_;
  std::unique_ptr<Stage> stage_;
  std::vector<uint64_t> requests_;  // the last one of each node
  uint64_t next_request_ = 1;
  std::string trace_;
};

// The number of a node's name, 0 if it is none.
int ParseNode(absl::string_view word);
// n2 or n2.3; node 0 if it is none.
Identity ParseIdentity(absl::string_view word);
// What the line expects and the stage does not show.
absl::Status CheckExpectation(const Stage& stage, const std::vector<uint64_t>& requests,
                              const Words& words);

}  // namespace holdfast::stage
