// Sightings: values that replies will show, and whether they can still come about.
//
//   chains   ... SET k v7 ...            | GET k -> v7 ...
//                     ^ behind us               ^ to come: then v7 has to be somewhere now
//
// The search for an order (sim/check/search.h) may overwrite a value too early, or leave out a
// write that has no reply, and would find out only much later, when the reply that shows the value
// fits nowhere. A text that no arithmetic can make comes from an argument that is it, or that it
// begins with (APPEND makes the rest). So once all such arguments are behind us, the text or a
// beginning of it must be in some key for as long as a reply is to show it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/check/history.h"

namespace holdfast {

class Sightings {
 public:
  using Chains = std::vector<std::vector<const Operation*>>;
  explicit Sightings(const Chains& chains);

  // `texts` may just have been lost: whether every value that is one of them, or begins with one,
  // and that an operation at or behind the positions shows, can still come about.
  bool StayPossible(const std::vector<std::string>& texts, const std::vector<uint32_t>& positions,
                    const Model& model) const;
  // What may be lost by the operation, whether it runs or is left out.
  static std::vector<std::string> AtStake(const Operation& operation, const Model& before);

 private:
  // By chain: the last place there.
  using Places = std::map<uint32_t, uint32_t>;
  struct Sighting {
    Places shown;
    Places made;  // by an argument that it is or begins with
  };
  static bool IsAhead(const Places& places, const std::vector<uint32_t>& positions);

  std::map<std::string, Sighting> sightings_;
};

}  // namespace holdfast
