// PeerTap: what nodes say to each other, taken from the simulated wire into a story.
//
// What is sent at once is one segment; a frame's name stands where it begins. What goes to or comes
// from clients is left out.
#pragma once

#include "sim/sim_network.h"
#include "sim/story.h"

namespace holdfast {

// Tells `story` of every frame that crosses between two of its nodes, which are the first hosts of
// `network`. Both outlive the runs they are used for.
void TapPeers(SimNetwork& network, Story& story);

}  // namespace holdfast
