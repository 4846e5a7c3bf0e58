#include "sim/planted_bugs.h"

namespace holdfast {
namespace {

constexpr PlantedBug kBugs[] = {
    // The keyspace of one node.
    {"expired-served", "reads serve an expired key until active expiry has removed it",
     Profile::kSingle},
    {"write-sees-expired", "a write on an expired key goes on with its old value",
     Profile::kSingle},
    {"expiry-by-wall-clock", "expiry follows the wall clock instead of log_time", Profile::kSingle},
    {"expiry-asleep", "expired keys that nobody touches are never removed", Profile::kSingle},
    {"set-keeps-ttl", "SET without KEEPTTL keeps the old deadline", Profile::kSingle},
    {"persist-stays-indexed", "PERSIST says 1 and leaves the key in the expiry index",
     Profile::kSingle},
    {"rename-loses-ttl", "RENAME of a list moves it without its deadline", Profile::kSingle},
    {"copy-keeps-target-ttl", "RENAME and COPY leave the deadline of the key they overwrite",
     Profile::kSingle},
    // Replication.
    {"acknowledge-before-replicating", "a write counts as committed once the primary has it"},
    {"acknowledge-at-a-majority-of-the-in-sync-set", "a majority of the in-sync set commits"},
    {"append-without-epoch-check", "records of an older epoch are taken"},
    {"ack-without-epoch-check", "acknowledgements of an older epoch count"},
    {"commit-jumps-a-gap", "the commit passes over a record that is missing"},
    {"duplicate-frame-applied-twice", "records that come twice are taken twice"},
    {"divergent-suffix-kept", "a member keeps records that its primary never had"},
    {"deposed-primary-keeps-its-state", "a deposed primary keeps what it executed and lost"},
    {"undone-state-read-on-a-deposed-primary",
     "a deposed primary shows what it executed and nobody committed"},
    {"deposed-primary-grown-with-its-executed-tail",
     "a deposed primary counts as caught up by what it executed"},
    {"ok-with-fewer-than-min-in-sync-acks-after-a-shrink",
     "writes in flight are acknowledged by fewer than min-in-sync"},
    {"flushall-without-a-floor-lsn", "what FLUSHALL deleted is read as if it had never been"},
    {"mset-as-n-records", "MSET is logged as a record per key"},
    {"torn-frame-crc-unchecked", "a frame's checksum is not compared"},
    {.name = "record-crc-unchecked",
     .mistake = "a record's checksum is not compared",
     .told = true},
    {.name = "replaced-connection-still-heard",
     .mistake = "frames of a connection that was replaced are taken",
     .told = true},
    {"backlog-trimmed-before-ack", "records are forgotten before all members have them"},
    {"held-replies-answered-ok-on-step-down", "a primary that steps down says OK to what it holds"},
    {"expiry-goes-on-while-handing-over",
     "keys still expire on a primary after its log's end was announced"},
    // Membership.
    {"shrink-before-the-register-commits", "a member no longer counts before the register says so"},
    {"grow-before-caught-up", "a learner joins the set before it has everything"},
    {"old-set-instead-of-union-during-a-change", "the old set counts while a change is open"},
    {"learner-promoted-mid-sync", "a learner joins the set in the middle of its sync"},
    // Who is to leave the set and who is to enter it are both known after the same 900 ms, and who
    // is
    // to leave goes first; then the first record is committed. So the mistake is made only if, all
    // that time from the beginning of a reign, a member answers heartbeats and holds nothing of it,
    // asks to join just then, and a learner beside it holds everything. The story
    // learner_waits_for_the_first_record tells just that.
    {.name = "learner-proposed-before-the-epochs-first-record-commits",
     .mistake = "a learner is proposed by a primary that has committed nothing",
     .told = true},
    {"incarnation-ignored", "a restarted member counts as the one it was"},
    {"full-sync-of-a-member-in-the-set", "a member of the set is told to start from nothing"},
    {"old-ack-counted-after-a-new-sync-session",
     "what was acknowledged before a full sync still counts"},
    {.name = "join-is-no-sign-of-life",
     .mistake = "a learner that has just joined is dropped for its silence before",
     .told = true},
    {.name = "joining-again-counts-as-progress",
     .mistake = "a member that no record reaches stays in the set by joining again",
     .told = true},
    {"learner-never-restarts-its-sync", "a sync whose connection broke is never begun again"},
    {"replaced-learner-is-still-sent-to",
     "what is on its way to a learner stays open when its next incarnation comes"},
    {"block-of-an-old-sync-counted-in-the-new",
     "a block that was loaded for a sync given up meanwhile counts in the next"},
    {.name = "sync-given-up-leaves-an-empty-log",
     .mistake =
         "a learner whose sync ended half way compares logs while the snapshot takes its place",
     .told = true},
    {"sessions-repeat-in-every-reign", "sessions of two reigns have the same number"},
    {"session-outlives-its-primarys", "a member stays in a session that its primary has given up"},
    // Clients of other nodes.
    {"forward-retries-an-unanswered-write", "a write without an answer is passed on once more"},
    {"forward-answers-out-of-order", "what a node answers itself overtakes what it passed on"},
    {"forwarded-session-survives-its-front",
     "a client is served on when the node it is connected to has gone"},
    {"forwarded-request-executed-without-leading",
     "a request that was passed on is executed by who does not lead"},
    // Leases and failover.
    {"lease-never-ends", "a primary serves without end"},
    {"lease-counted-from-the-acks-arrival", "a lease counts from when its grant arrived"},
    {"reads-of-an-exec-are-not-confirmed",
     "where reads are to be confirmed, those of a transaction are answered by who was deposed"},
    {"grace-shorter-than-lease", "a member campaigns before its primary's lease ends"},
    {"former-member-elected", "a node that is not in the set wins"},
    {"quick-restart-resumes-as-primary", "a restarted primary goes on leading"},
    {.name = "restart-leads-before-its-earlier-incarnations-grace",
     .mistake = "a restarted node leads while its earlier lease runs",
     .told = true},
    {"half-accepted-promotion-completed-late",
     "a half-accepted promotion is completed without care"},
    {"old-primary-resumes-after-release", "a primary that has released its epoch serves it again"},
    {"next-reign-begun-before-the-last-is-wound-up",
     "whoever wins the epoch after its own begins it while the log is still open"},
    {"duelling-promotions-without-back-off", "candidates try again at once, for ever"},
    {"one-way-partitioned-node-causes-endless-failovers",
     "who cannot be heard is elected again and again"},
    {.name = "serves-before-the-epochs-first-record-commits",
     .mistake = "a new primary serves before its set has compared logs with it",
     .told = true},
    {.name = "lucky-node-leads-after-a-restart",
     .mistake = "the highest node id leads after a restart of all, not the highest log",
     .told = true},
    {.name = "restart-waits-for-nobody",
     .mistake = "a restarted node leads before all have said what they recovered",
     .told = true},
    {.name = "lost-group-starts-empty",
     .mistake = "a group of which nothing was recovered begins anew, with nothing",
     .told = true},
    {"log-directory-not-synced", "the name of the log's directory is not made durable",
     Profile::kDisk},
    {.name = "recovered-log-speaks-for-every-life",
     .mistake = "a node reports its log for lives whose data it has given up",
     .told = true},
    {"recovery-applies-the-undecided-tail",
     "a restarted node executes what may not have been committed", Profile::kDisk},
    // When all lose their memory the longest log leads, which is as a rule the one that has it.
    {.name = "durable-before-all-have-synced",
     .mistake = "a write counts as durable once the primary's disk has it",
     .told = true},
    {"what-a-heartbeat-tells-is-never-fetched",
     "who has heard of a configuration without having it can propose nothing"},
    // Register.
    {"promise-not-persisted", "a promise is forgotten by a crash"},
    {"accept-not-persisted", "an accepted value is forgotten by a crash"},
    {"stale-cas-accepted", "a compare-and-set on an older version succeeds"},
    {"one-round-register-read-trusted", "a read asks a majority and writes nothing back"},
    {"amnesiac-voter-votes", "a voter whose disk was lost votes"},
    {"voter-change-without-its-newcomer", "a new voter counts that was never told to vote"},
    // A node proposes the new voters alone only on top of the newest configuration that it knows,
    // and
    // what it knows was chosen: so was the change. To skip the round that sees it chosen is a
    // mistake
    // only of who proposes on top of what was merely found, which no caller of the register does
    // (ClusterAdmin::Change). The register's explorer and properties do.
    {.name = "new-voters-before-joint-chosen",
     .mistake = "the new voters count before the change is chosen",
     .told = true},
    {"joint-voters-are-left-alone", "a change of voters whose proposer died is never finished"},
    {"rename-without-directory-fsync", "a renamed file is not made durable"},
    {"running-on-after-fsync-error", "a failed fsync is shrugged off"},
    // Resync and snapshots.
    {"partial-resync-by-offset-without-epoch", "logs are compared by LSN alone"},
    {"fuzzy-snapshot", "a snapshot is of no point in time"},
    {"snapshot-misses-slot", "a snapshot leaves a slot out"},
    {"snapshot-drops-expired-keys", "a snapshot leaves out keys that are logically expired"},
    {"cut-released-before-its-commit", "a snapshot is used before its cut is committed"},
    {"snapshot-outlives-its-learner", "a snapshot stays open when nobody waits for it any more"},
    // Expiry in a group.
    {"relative-ttl-in-the-log", "the log holds times to live instead of deadlines"},
    {"replica-expires-by-own-clock", "a replica deletes by its own clock"},
    {"nil-for-expired-without-del", "an expired key is reported as gone without a record"},
    {"write-on-expired-without-del", "a write on an expired key logs no deletion"},
    {"late-news-turn-the-clock-back",
     "a successor counts from the latest news of log_time, however long that was on its way"},
    {"log-time-falls-on-failover", "a successor's log_time starts behind its predecessor's"},
    {"heartbeat-time-used-ahead-of-its-records",
     "a replica uses a log_time whose records it lacks"},
};

absl::string_view planted;

}  // namespace

absl::Span<const PlantedBug> PlantedBugs() { return kBugs; }

bool PlantBug(absl::string_view name) {
  for (const PlantedBug& bug : kBugs) {
    if (bug.name == name) {
      planted = bug.name;
      return true;
    }
  }
  return false;
}

bool IsPlanted(absl::string_view bug) { return bug == planted; }

}  // namespace holdfast
