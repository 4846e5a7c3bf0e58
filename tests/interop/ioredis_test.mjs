// ioredis against the server on the port in $PORT: node --test ioredis_test.mjs
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Redis from 'ioredis';

const port = Number(process.env.PORT);
let client;

before(() => {
  client = new Redis({ port, maxRetriesPerRequest: 1 });
});
after(() => client.quit());

test('strings and deadlines', async () => {
  assert.equal(await client.set('k', 'v', 'EX', 100), 'OK');
  assert.equal(await client.get('k'), 'v');
  assert.ok([99, 100].includes(await client.ttl('k')));
  assert.equal(await client.set('k', 'w', 'NX'), null);
  assert.equal(await client.incrby('n', 41), 41);
  assert.deepEqual(await client.mget('k', 'missing'), ['v', null]);
  const bytes = Buffer.from([0, 255, 13, 10]);
  await client.set('bytes', bytes);
  assert.deepEqual(await client.getBuffer('bytes'), bytes);
});

test('lists', async () => {
  assert.equal(await client.rpush('l', 'a', 'b', 'c'), 3);
  assert.deepEqual(await client.lrange('l', 0, -1), ['a', 'b', 'c']);
  assert.deepEqual(await client.lpop('l', 2), ['a', 'b']);
  assert.deepEqual(await client.lmpop(1, 'l', 'LEFT'), ['l', ['c']]);
});

test('pipelines and transactions', async () => {
  const pipeline = client.pipeline();
  for (let i = 0; i < 1000; i++) pipeline.set(`p:${i}`, i);
  const replies = await pipeline.exec();
  assert.equal(replies.length, 1000);
  assert.ok(replies.every(([error, reply]) => error === null && reply === 'OK'));
  assert.deepEqual(await client.multi().set('a', 1).incr('a').exec(), [[null, 'OK'], [null, 2]]);
  const other = client.duplicate();
  await client.watch('a');
  await other.set('a', 'changed');
  assert.equal(await client.multi().set('a', 'lost').exec(), null);
  await other.quit();
});

test('a scan stream sees every key', async () => {
  const seen = new Set();
  for await (const keys of client.scanStream({ match: 'p:*', count: 100 })) {
    keys.forEach((key) => seen.add(key));
  }
  assert.equal(seen.size, 1000);
});

test('errors are rejections', async () => {
  await client.set('s', 'v');
  await assert.rejects(client.lpush('s', 'x'), /WRONGTYPE/);
  await assert.rejects(client.call('NOSUCH'), /unknown command/);
});

test('the ready check, names and databases', async () => {
  const named = new Redis({ port, connectionName: 'io-tester', db: 3, enableReadyCheck: true });
  await named.set('only-here', 1);
  assert.equal(await named.client('GETNAME'), 'io-tester');
  assert.equal(await client.get('only-here'), null);
  assert.match(await named.info('server'), /redis_version:/);
  await named.quit();
});
