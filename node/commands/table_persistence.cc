#include "node/commands/persistence.h"
#include "node/commands/table_rows.h"

namespace holdfast {

using enum CommandGroup;

absl::Span<const CommandSpec> PersistenceRows() {
  static const CommandSpec kRows[] = {
      Row(kServer, "bgrewriteaof", BgRewriteAofCommand, 1, kAdmin | kNoScript | kNoAsyncLoading)
          .Docs("1.0.0", "O(1), the work is done in the background",
                "Puts a snapshot in the place of the log so far."),
      Row(kServer, "bgsave", BgSaveCommand, -1, kAdmin | kNoScript | kNoAsyncLoading)
          .Docs("1.0.0", "O(1), the work is done in the background", "Saves a snapshot.")
          .Takes("[SCHEDULE]"),
      Row(kServer, "lastsave", LastSaveCommand, 1, kLoading | kStale | kFast)
          .Acl(kAclAdmin | kAclDangerous)
          .Docs("1.0.0", "O(1)", "Returns when the last snapshot was saved.")
          .Tips("nondeterministic_output"),
      Row(kServer, "save", SaveCommand, 1, kAdmin | kNoScript | kNoAsyncLoading | kNoMulti)
          .Docs("1.0.0", "O(N), N: keys", "Saves a snapshot, and replies when it is on the disk."),
      Row(kGeneric, "waitaof", WaitAofCommand, 4, kNoScript | kBlocking)
          .Acl(kAclBlocking | kAclConnection)
          .Docs("7.2.0", "O(1)",
                "Waits until so many disks hold what this connection wrote: this node's own, and "
                "other members'.")
          .Takes("numlocal:integer numreplicas:integer timeout:integer")
          .Tips("request_policy:all_shards response_policy:agg_min"),
  };
  return kRows;
}

}  // namespace holdfast
