"""Resident bytes per key beyond key and value."""

import load
import report
import servers

KEY_BYTES = 16
VALUE_BYTES = 32
COUNTS = (700_000, 1_000_000, 1_400_000)
EXPIRE_SECONDS = 1_000_000
# Coprime to every count, so that keys come in no order.
STRIDE = 7_368_787


def keys(count):
    return ("k%015d" % (i * STRIDE % count) for i in range(count))


def overhead(contender, count, with_ttl):
    """Growth of resident memory over the empty node, per key, without the payload."""
    with servers.Server(contender) as server:
        empty = server.settled_resident_bytes()
        load.fill(server, keys(count), "v" * VALUE_BYTES, EXPIRE_SECONDS if with_ttl else None)
        size = int(server.request("DBSIZE"))
        if size != count:
            raise SystemExit(f"bench: {contender.name} has {size} keys instead of {count}")
        return (server.settled_resident_bytes() - empty) / count - KEY_BYTES - VALUE_BYTES


def measure(contenders):
    """{(name, with_ttl): [bytes per key at each count]}"""
    results = {}
    for contender in contenders:
        for with_ttl in (False, True):
            results[contender.name, with_ttl] = [overhead(contender, count, with_ttl)
                                                 for count in COUNTS]
            report.progress(f"memory {contender.name} ttl={with_ttl}",
                            results[contender.name, with_ttl])
    return results


def table(results):
    rows = [[name, "yes" if with_ttl else "no", *(f"{figure:.1f}" for figure in figures)]
            for (name, with_ttl), figures in results.items()]
    return report.Table("Bytes per key beyond key and value",
                        ["server", "TTL", *(f"{count / 1e6:.1f} M keys" for count in COUNTS)], rows,
                        note=f"Growth of resident memory over the empty node; keys of {KEY_BYTES}, "
                             f"values of {VALUE_BYTES} bytes.")
