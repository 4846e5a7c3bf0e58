// One client through one door of a cluster while others make it fail over.
//
//   node cluster_clients.mjs LIBRARY DOOR     library: ioredis, node-redis; door: plain, sentinel, cluster
//   $PORTS, $SENTINEL_PORTS                   comma-separated, on loopback
//
// It writes key after key and prints {"acked": n} now and then. When its input ends it reads back
// what was acknowledged and prints {"acked", "lost", "allowed", "unexpected"}.
import { Cluster, Redis } from 'ioredis';
import { createClient } from 'redis';
import { createCluster, createSentinel } from 'redis5';

const [library, door] = process.argv.slice(2);
const host = '127.0.0.1';
const list = (text) => text.split(',').map((port) => ({ host, port: Number(port) }));
const nodes = list(process.env.PORTS);
const sentinels = list(process.env.SENTINEL_PORTS);

// An error that says that nothing, or nobody knows what, was applied, or that there was nobody to
// ask: what an application retries, or is told with INDETERMINATE.
const ALLOWED = new RegExp(
  '^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|INDETERMINATE|MOVED)'
  + '|ECONNREFUSED|ECONNRESET|EPIPE|[Cc]onnection is closed|[Ss]ocket (closed|is closed)|client is (closed|offline)'
  + '|[Cc]onnection timeout|max retries per request|All sentinels are unreachable|Failed to refresh slots cache'
  + '|Too many Cluster redirections|Disconnects client|Command timed out');

async function nodeRedis(client) {
  client.on('error', () => {});
  await client.connect();
  return { set: (k, v) => client.set(k, v), get: (k) => client.get(k), close: () => client.destroy?.() };
}

function ioredis(client) {
  client.on('error', () => {});
  return { set: (k, v) => client.set(k, v), get: (k) => client.get(k), close: () => client.disconnect() };
}

const makers = {
  'ioredis plain': () => ioredis(new Redis({ ...nodes[0], maxRetriesPerRequest: 2 })),
  'ioredis sentinel': () => ioredis(new Redis({
    // Its failoverDetector stays off: ioredis ends for good when +switch-master comes while it is connecting.
    sentinels, name: 'shop', maxRetriesPerRequest: 2, sentinelRetryStrategy: () => 50,
    retryStrategy: () => 50, reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })),
  'ioredis cluster': () => ioredis(new Cluster(nodes, {
    clusterRetryStrategy: () => 50, retryDelayOnFailover: 50, redisOptions: { maxRetriesPerRequest: 2 },
  })),
  'node-redis plain': () => nodeRedis(createClient({ socket: nodes[0], disableOfflineQueue: true })),
  'node-redis sentinel': () => nodeRedis(createSentinel({
    name: 'shop', sentinelRootNodes: sentinels, nodeClientOptions: { disableOfflineQueue: true }, scanInterval: 500,
  })),
  'node-redis cluster': () => nodeRedis(createCluster({
    rootNodes: nodes.map((node) => ({ socket: node })), defaults: { disableOfflineQueue: true },
  })),
};

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const withDeadline = (promise) => Promise.race([
  promise, sleep(4000).then(() => { throw new Error('Command timed out'); })]);

const client = await makers[`${library} ${door}`]();
const acked = [];
const allowed = {};
const unexpected = [];
let next = 0;
let ended = false;
process.stdin.on('end', () => { ended = true; });
process.stdin.resume();

function note(error) {
  const text = String(error?.message ?? error);
  if (ALLOWED.test(text)) {
    const kind = text.split(' ')[0];
    allowed[kind] = (allowed[kind] ?? 0) + 1;
  } else {
    unexpected.push(text);
  }
}

async function write() {
  while (!ended) {
    const i = next++;
    try {
      await withDeadline(client.set(`key:${i}`, String(i)));
      acked.push(i);
    } catch (error) {
      note(error);
      await sleep(20);
    }
    await sleep(1);
  }
}

const ticker = setInterval(() => console.log(JSON.stringify({ acked: acked.length })), 100);
await Promise.all([write(), write(), write(), write()]);
clearInterval(ticker);

const lost = [];
for (const i of acked) {
  for (let attempt = 0; ; attempt++) {
    try {
      if (await withDeadline(client.get(`key:${i}`)) !== String(i)) lost.push(i);
      break;
    } catch (error) {
      note(error);
      if (attempt === 20) throw error;
      await sleep(100);
    }
  }
}
console.log(JSON.stringify({ acked: acked.length, lost, allowed, unexpected: [...new Set(unexpected)] }));
client.close();
process.exit(0);
