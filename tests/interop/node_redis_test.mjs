// node-redis against the server on the port in $PORT: node --test node_redis_test.mjs
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient, WatchError } from 'redis';

const url = `redis://127.0.0.1:${process.env.PORT}`;
let client;

before(async () => {
  client = await createClient({ url }).connect();
});
after(() => client.quit());

test('strings and deadlines', async () => {
  assert.equal(await client.set('k', 'v', { EX: 100 }), 'OK');
  assert.equal(await client.get('k'), 'v');
  assert.ok([99, 100].includes(await client.ttl('k')));
  assert.equal(await client.set('k', 'w', { NX: true }), null);
  assert.equal(await client.getEx('k', { PX: 5000 }), 'v');
  assert.deepEqual(await client.mGet(['k', 'missing']), ['v', null]);
  assert.equal(await client.incrByFloat('f', 1.5), '1.5');
});

test('lists', async () => {
  assert.equal(await client.rPush('l', ['a', 'b', 'c']), 3);
  assert.deepEqual(await client.lRange('l', 0, -1), ['a', 'b', 'c']);
  assert.equal(await client.lMove('l', 'm', 'LEFT', 'RIGHT'), 'a');
  assert.deepEqual(await client.lPopCount('l', 5), ['b', 'c']);
});

test('commands of one tick are pipelined', async () => {
  const replies = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => client.set(`p:${i}`, String(i))));
  assert.ok(replies.every((reply) => reply === 'OK'));
});

test('transactions', async () => {
  assert.deepEqual(await client.multi().set('a', '1').incr('a').exec(), ['OK', 2]);
  await client.executeIsolated(async (isolated) => {
    await isolated.watch('a');
    await client.set('a', 'changed');
    await assert.rejects(isolated.multi().set('a', 'lost').exec(), WatchError);
  });
});

test('a scan iterator sees every key', async () => {
  const seen = new Set();
  for await (const key of client.scanIterator({ MATCH: 'p:*', COUNT: 100 })) seen.add(key);
  assert.equal(seen.size, 1000);
});

test('errors are rejections', async () => {
  await client.set('s', 'v');
  await assert.rejects(client.lPush('s', 'x'), /WRONGTYPE/);
  await assert.rejects(client.sendCommand(['NOSUCH']), /unknown command/);
});

test('a named client in another database', async () => {
  const named = await createClient({ url, name: 'node-tester', database: 3 }).connect();
  assert.equal(await named.clientGetName(), 'node-tester');
  await named.set('only-here', '1');
  assert.equal(await client.get('only-here'), null);
  assert.equal((await named.configGet('maxmemory')).maxmemory, '0');
  await named.quit();
});
