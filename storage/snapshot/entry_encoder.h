// An entry as it stands in the snapshot stream (stream_format.h).
#pragma once

#include <string>

#include "net/base/types.h"
#include "storage/keyspace/entry.h"

namespace holdfast {

// Room that EncodeEntry needs at most, which for short collections is more than it uses.
size_t EncodedEntryBytesMax(const Entry& entry);
// Writes the whole entry and returns its end.
char* EncodeEntry(DatabaseId database, const Entry& entry, char* out);

// Everything before the bytes of a string or the elements of a list; all of an integer.
std::string EncodeEntryHead(DatabaseId database, const Entry& entry);

}  // namespace holdfast
