import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../../local/azure/random.ts';
import { type LocalStorage, startStorage } from '../../../local/storage.ts';
import { storageClients } from '../../../shared/azure/storage-clients.ts';
import { streams } from '../../../shared/azure/streams.ts';
import { table } from '../../../shared/azure/tables.ts';
import { chainStart, checkChain } from '../../../shared/trail/chain.ts';
import { readLines } from '../../../shared/trail/read.ts';
import { createTrail } from '../../../shared/trail/trail.ts';
import { fakeStreams } from '../../fakes/storage.ts';
import { entries, entryOf } from './entries.ts';

let storage: LocalStorage;

beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const stream = 'audit/2026-03-01/payments';
const now = (): Date => new Date('2026-03-01T12:00:00Z');
const newId = seededRandom(1).uuid;

/** What one instance of the app has in hand: clients of its own. */
function instance(container: string, spoolName: string) {
  const clients = storageClients({ kind: 'connection-string', value: storage.connectionString });
  return { streams: streams(clients.container(container)), spool: table(clients.table(spoolName)) };
}

test('two writers at once keep one chain over several append blobs in real storage', async () => {
  const instances = [instance('trail-two', 'spoolTwo'), instance('trail-two', 'spoolTwo')];
  const outcomes = await Promise.all(
    instances.map(async (own, place) => {
      const trail = createTrail({ ...own, now, newId, rollAfterBlocks: 25, timeoutMs: 60_000 });
      const several = entries(`w${place}-`, 120);
      const answers = [];
      for (const one of several) answers.push(await trail.append([one]));
      return answers;
    }),
  );
  expect(new Set(outcomes.flat())).toEqual(new Set(['appended']));

  const read = instance('trail-two', 'spoolTwo').streams;
  const lines = await readLines(read, stream);
  expect(checkChain(lines, chainStart(stream))).toMatchObject({ kind: 'holds', head: { sequence: 240 } });
  expect(new Set(lines.map((line) => entryOf(line).id)).size).toBe(240);
  expect(await read.list(`${stream}.`)).toHaveLength(Math.ceil(240 / 25));
});

test('what the register spooled comes into the trail of real storage', async () => {
  const own = instance('trail-spooled', 'spoolKept');
  const down = fakeStreams({
    onCall: () => {
      throw new Error('down');
    },
  });
  const whileDown = createTrail({ streams: down, spool: own.spool, now, newId, timeoutMs: 60_000 });
  expect(await whileDown.append(entries('e', 150))).toBe('spooled');

  const trail = createTrail({ ...own, now, newId, timeoutMs: 60_000 });
  const replayed = await Promise.all([trail.replay(), createTrail({ ...own, now, newId, timeoutMs: 60_000 }).replay()]);
  expect(replayed.map((each) => each.replayed).toSorted((one, other) => one - other)).toEqual([0, 150]);

  const lines = await readLines(own.streams, stream);
  expect(lines.map((line) => entryOf(line).id)).toEqual(entries('e', 150).map(({ id }) => id));
  expect(checkChain(lines, chainStart(stream))).toMatchObject({ kind: 'holds', head: { sequence: 150 } });
});
