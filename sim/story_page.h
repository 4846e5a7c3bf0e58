// A story as a page for a browser: one file, without references to anything else.
//
//   faults, what concerns all   --|------------|------------------
//   node 0   [leads epoch 1     ]    \\  /
//   node 1   [follows in epoch 1] ----\\/---- [leads epoch 2
//
// The wheel zooms, dragging moves; kinds of messages can be switched off, and the list of events
// below is filtered by text. What does not fit is thinned out, and the page says so.
#pragma once

#include <string>

#include "sim/story.h"

namespace holdfast {

std::string StoryPage(const Story& story, const std::string& title);

}  // namespace holdfast
