import { afterEach, describe, expect, test } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import { instant } from '../../../local/azure/monitor/syntax.ts';
import { AUDIT_TABLE } from '../../../local/azure/monitor/tables.ts';
import type { Workspace as LocalWorkspace } from '../../../local/azure/monitor/workspace.ts';
import { seededRandom } from '../../../local/azure/random.ts';
import { heldIn } from '../../../local/cli/held-trail.ts';
import { resetClock } from '../../../local/clock.ts';
import { workspaceOf } from '../../../shared/azure/log-analytics.ts';
import { auditEntry } from '../../../shared/domain/audit-record.ts';
import type { Anchor } from '../../../shared/domain/seal.ts';
import { HOUR_MS, later } from '../../../shared/domain/time.ts';
import type { LogRow } from '../../../shared/domain/workspace.ts';
import { type ChainHead, chainStart, link, readLine, toLine } from '../../../shared/trail/chain.ts';
import { rowFor } from '../../../shared/trail/ship.ts';
import { SEALS, streamOfBlob } from '../../../shared/trail/stream-name.ts';
import { type Because, type Verification, verifyTrail } from '../../../shared/trail/verify.ts';
import { newSigningKey } from '../../fakes/signing-key.ts';
import { copyOf, sourceOf, type TrailFiles } from '../../fakes/trail-files.ts';
import { stopAt } from '../../simulation/clock.ts';
import { entry, forged } from './entries.ts';
import { BEGAN, sealedTrail, story } from './sealed-trail.ts';

const WORKSPACE = '0a9d7c11-1111-4111-8111-000000000001';

afterEach(resetClock);

const key = newSigningKey();
const whole = await story(key);
const newest = anchorAt(-1);

function anchorAt(place: number): Anchor {
  const anchor = whole.anchors.at(place);
  if (anchor === undefined) throw new Error('The story has no such seal.');
  return anchor;
}

const verified = (files: TrailFiles, root: string | undefined = newest.root): Promise<Verification> =>
  verifyTrail(sourceOf(files), { root });

const linesIn = (files: TrailFiles, name: string): readonly string[] =>
  String(files.get(name)).split('\n').slice(0, -1);
const withLines = (files: TrailFiles, name: string, lines: readonly string[]): TrailFiles =>
  new Map(files).set(name, lines.map((line) => `${line}\n`).join(''));

const DAY_TWO = 'audit/2031-03-02/payments';
const blob = `${DAY_TWO}.0.jsonl`;
const lines = linesIn(whole.files, blob);

describe('a trail that nobody touched', () => {
  test('is whole and anchored, with every record counted', async () => {
    const records = [...whole.files.keys()]
      .filter((name) => !name.startsWith(SEALS))
      .flatMap((name) => linesIn(whole.files, name)).length;
    expect(await verified(whole.files)).toMatchObject({
      verdict: 'anchored',
      streams: 8,
      records,
      sealed: records,
      anchored: records,
      seals: 8,
      newest,
      anchor: newest,
      keys: [newest.key],
      faults: [],
    });
  });

  test('is whole and unanchored where no root is given', async () => {
    const said = await verifyTrail(sourceOf(whole.files));
    expect(said).toMatchObject({ verdict: 'unanchored', anchor: undefined, anchored: 0, faults: [] });
    expect(said.sealed).toBe(said.records);
  });

  test('is anchored as far as the anchor reaches, and sealed beyond it', async () => {
    const said = await verified(whole.files, anchorAt(2).root);
    expect(said).toMatchObject({ verdict: 'anchored', anchor: { seal: 3 }, sealed: said.records });
    expect(said.anchored).toBe(3 * 6 * 3 + 3 * 2);
  });

  test('is verified alike, in however small parts it is read', async () => {
    const small = await verifyTrail(sourceOf(whole.files, 7), { root: newest.root });
    expect(small).toEqual(await verified(whole.files));
  });

  test('counts records after the last seal as not sealed', async () => {
    const name = 'audit/2031-03-02/payments.0.jsonl';
    const files = withLines(whole.files, name, [
      ...linesIn(whole.files, name),
      nextLine(name, later(BEGAN, 9 * HOUR_MS)),
    ]);
    const said = await verified(files);
    expect(said).toMatchObject({ verdict: 'anchored', faults: [] });
    expect(said.records - said.sealed).toBe(1);
  });

  test('that is empty is unanchored', async () => {
    expect(await verifyTrail(sourceOf(new Map()))).toMatchObject({ verdict: 'unanchored', records: 0, seals: 0 });
  });
});

/** The line of a record that follows the last one of a blob. */
function nextLine(name: string, time: Date, lines = linesIn(whole.files, name)): string {
  const read = readLine(lines.at(-1) ?? '');
  const head = typeof read === 'string' ? chainStart(streamOfBlob(name) ?? '') : read;
  return toLine(link(entry('of another writer', { time }), head));
}

/** The lines from a place on, each linked anew: a chain that holds, with the first one changed. */
function linkedAnew(name: string, lines: readonly string[], from: number): readonly string[] {
  const before = from === 0 ? undefined : readLine(lines[from - 1] ?? '');
  let head: ChainHead =
    before === undefined || typeof before === 'string' ? chainStart(streamOfBlob(name) ?? '') : before;
  return lines.map((line, at) => {
    if (at < from) return line;
    const said = auditEntry.parse(JSON.parse(line));
    const record = link(at === from ? { ...said, id: 'of another writer' } : said, head);
    head = record;
    return toLine(record);
  });
}

describe('each of 100 seeded places is found where a line', () => {
  const random = seededRandom(13);
  const below = (count: number): number => Math.floor(random.next() * count);
  const names = [...whole.files.keys()];
  const places = Array.from({ length: 100 }, () => {
    const name = names[below(names.length)] ?? '';
    const lines = linesIn(whole.files, name);
    return { name, lines, at: below(lines.length), chance: random.next() };
  });
  type Place = (typeof places)[number];

  const kinds: readonly (readonly [string, (place: Place) => readonly string[]])[] = [
    [
      'was edited',
      ({ lines, at, chance }) => {
        const line = lines[at] ?? '';
        const place = Math.floor(chance * line.length);
        const other = line[place] === 'x' ? 'y' : 'x';
        return lines.with(at, `${line.slice(0, place)}${other}${line.slice(place + 1)}`);
      },
    ],
    ['was removed', ({ lines, at }) => lines.toSpliced(at, 1)],
    [
      'changed places with another',
      ({ lines, at, chance }) => {
        const other = (at + 1 + Math.floor(chance * (lines.length - 1))) % lines.length;
        return lines.with(at, lines[other] ?? '').with(other, lines[at] ?? '');
      },
    ],
    ['begins another chain that holds', ({ name, lines, at }) => linkedAnew(name, lines, at)],
    ['is the last one that is left', ({ lines, at }) => lines.slice(0, at)],
    [
      'is followed by one of another writer',
      ({ name, lines, at, chance }) => {
        const before = lines.slice(0, at + 1);
        const own = chance < 0.5 ? '{"of":"another writer"}' : nextLine(name, later(BEGAN, HOUR_MS), before);
        return [...before, own, ...lines.slice(at + 1)];
      },
    ],
  ];
  test.each(kinds)('%s', async (_, tampered) => {
    for (const place of places) {
      const changed = tampered(place);
      const files = withLines(whole.files, place.name, changed);
      const at = [...changed, ''].findIndex((line, number) => line !== place.lines[number]);
      const { verdict, faults } = await verified(files);
      const isThere = faults.some(
        ({ stream, first, last }) => place.name.startsWith(`${stream}.`) && first <= at + 3 && last >= at,
      );
      expect({ at: `${place.name} ${at}`, verdict, isThere }).toEqual({
        at: `${place.name} ${at}`,
        verdict: 'broken',
        isThere: true,
      });
    }
  });

  test('was cut off with all after it, and what was left was sealed again with the guardian’s own key', async () => {
    for (const { name, lines, at } of places.filter((place) => !place.name.startsWith(SEALS))) {
      const shorter = withLines(whole.files, name, lines.slice(0, at));
      // One attacker adds a seal, another makes all of them anew.
      const { files: added } = await withSealOf(shorter);
      const { files: anew } = await withSealOf(new Map([...shorter].filter(([blob]) => !blob.startsWith(SEALS))));
      for (const files of [added, anew]) expect((await verified(files)).verdict).toBe('broken');
      expect((await verifyTrail(sourceOf(added))).verdict).toBe('broken');
      // Only what was kept outside shows that all seals were made anew.
      expect((await verifyTrail(sourceOf(anew))).verdict).toBe('unanchored');
    }
  });
});

/** Every record of the story with its place. */
const records = [...whole.files].flatMap(([name]) =>
  linesIn(whole.files, name).map((line, at) => ({ stream: streamOfBlob(name) ?? '', number: at + 1, line })),
);
const OTHER_HASH = { RecordHash: 'ab'.repeat(32) };

describe('each of 100 seeded places is found where the workspace', () => {
  const random = seededRandom(14);
  const places = Array.from({ length: 100 }, () => records[Math.floor(random.next() * records.length)] ?? fail());
  type Place = (typeof places)[number];

  const kinds: readonly (readonly [string, Because, (place: Place, held: ReturnType<typeof workspaceWith>) => void])[] =
    [
      ['lacks a record', 'not-in-workspace', ({ stream, number }, { workspace }) => purge(workspace, stream, number)],
      [
        'holds another record',
        'other-in-workspace',
        ({ stream, number, line }, { workspace, add }) => {
          purge(workspace, stream, number);
          add(stream, line, OTHER_HASH);
        },
      ],
      [
        'holds another record besides',
        'other-in-workspace',
        ({ stream, line }, { add }) => add(stream, line, OTHER_HASH),
      ],
    ];
  test.each(kinds)('%s', async (_, because, tamper) => {
    const held = workspaceWith(records);
    for (const place of places) {
      tamper(place, held);
      const { verdict, faults } = await held.verifiedWith(whole.files);
      const { stream, number, line } = place;
      purge(held.workspace, stream, number);
      held.add(stream, line);
      expect({ verdict, faults }).toEqual({
        verdict: 'broken',
        faults: [{ stream, first: number, last: number, because }],
      });
    }
  });

  test('holds what was cut off from storage with all after it, and every seal was made anew', async () => {
    const { verifiedWith } = workspaceWith(records);
    for (const { stream, number } of places.filter((place) => place.stream !== SEALS)) {
      const name = `${stream}.0.jsonl`;
      const shorter = withLines(whole.files, name, linesIn(whole.files, name).slice(0, number - 1));
      const { files } = await withSealOf(new Map([...shorter].filter(([other]) => !other.startsWith(SEALS))));
      const { faults } = await verifiedWith(files);
      const last = linesIn(whole.files, name).length;
      expect(faults).toContainEqual({ stream, first: number, last, because: 'only-in-workspace' });
    }
  });
});

describe('with a workspace', () => {
  test('that holds the whole trail, it is anchored by the newest seal there, and every record is compared', async () => {
    const said = await workspaceWith(records).verifiedWith(whole.files);
    expect(said).toMatchObject({ verdict: 'anchored', anchor: newest, faults: [] });
    expect(said.workspace).toEqual({ since: BEGAN, alike: records.length, notYet: 0, older: 0 });
  });

  test('that holds each record twice, it is anchored', async () => {
    const said = await workspaceWith([...records, ...records]).verifiedWith(whole.files);
    expect(said).toMatchObject({ verdict: 'anchored', workspace: { alike: records.length }, faults: [] });
  });

  test('that holds the seals, it is found that all were made anew with the guardian’s own key', async () => {
    const { files } = await withSealOf(new Map([...whole.files].filter(([name]) => !name.startsWith(SEALS))));
    expect((await workspaceWith(records).verifiedWith(files)).faults).toEqual([
      { stream: SEALS, first: 1, last: 1, because: 'other-in-workspace' },
      { stream: SEALS, first: 2, last: 8, because: 'only-in-workspace' },
      { stream: SEALS, first: 1, last: 1, because: 'anchor-unknown' },
    ]);
  });

  test('that holds nothing, every record is missing there', async () => {
    const { verdict, faults } = await workspaceWith([]).verifiedWith(whole.files, { since: 'oldest' });
    expect(verdict).toBe('broken');
    expect(faults).toContainEqual({ stream: DAY_TWO, first: 1, last: 24, because: 'not-in-workspace' });
  });

  test('that holds the last hours alone, records before them are counted apart, unless they are expected', async () => {
    const from = later(BEGAN, 6 * HOUR_MS);
    const kept = records.filter(({ line }) => new Date(JSON.parse(line).time) >= from);
    const said = await workspaceWith(kept).verifiedWith(whole.files, { since: 'oldest' });
    expect(said).toMatchObject({ verdict: 'anchored', faults: [] });
    expect(said.workspace).toMatchObject({ alike: kept.length, notYet: 0, older: records.length - kept.length });
    expect((await workspaceWith(kept).verifiedWith(whole.files)).verdict).toBe('broken');
  });

  test('a record is awaited there for an hour, and missing then', async () => {
    const at = later(BEGAN, 8 * HOUR_MS + 1);
    const files = withLines(whole.files, blob, [...lines, nextLine(blob, at)]);
    const { verifiedWith } = workspaceWith(records);
    expect(await verifiedWith(files, { askedAt: later(at, HOUR_MS - 1) })).toMatchObject({
      verdict: 'anchored',
      workspace: { notYet: 1 },
    });
    expect((await verifiedWith(files, { askedAt: later(at, HOUR_MS) })).faults).toEqual([
      { stream: DAY_TWO, first: 25, last: 25, because: 'not-in-workspace' },
    ]);
  });

  test('what is recorded after a copy was begun is not compared', async () => {
    const until = later(BEGAN, 8 * HOUR_MS);
    const { verifiedWith, add } = workspaceWith(records);
    add(DAY_TWO, nextLine(blob, until));
    expect((await verifiedWith(whole.files, { until })).verdict).toBe('anchored');
    expect((await verifiedWith(whole.files)).verdict).toBe('broken');
  });

  test.each([
    ['of a stream that is not there', { Stream: 'audit/2031-03-02/another' }, 'audit/2031-03-02/another', 1],
    ['without a place', { Sequence: null, Stream: null }, 'no stream', 0],
    ['behind the end', { Sequence: 25 }, DAY_TWO, 25],
  ])('that alone holds a record %s, it is found', async (_, changed, stream, number) => {
    const { add, verifiedWith } = workspaceWith(records);
    add(DAY_TWO, lines[0] ?? '', changed);
    expect((await verifiedWith(whole.files)).faults).toEqual([
      { stream, first: number, last: number, because: 'only-in-workspace' },
    ]);
  });

  test('that holds a seal with another root, it is found', async () => {
    const { add, verifiedWith } = workspaceWith(records);
    add(SEALS, linesIn(whole.files, `${SEALS}.0.jsonl`)[2] ?? '', { SealRoot: 'ab'.repeat(32) });
    expect((await verifiedWith(whole.files)).faults).toEqual([
      { stream: SEALS, first: 3, last: 3, because: 'anchor-unknown' },
    ]);
  });
});

function fail(): never {
  throw new Error('The story has no such record.');
}

const faultsOf = async (files: TrailFiles, root?: string) => (await verified(files, root)).faults;

describe('the verifier says exactly', () => {
  test('which record was edited', async () => {
    const files = withLines(whole.files, blob, lines.with(4, (lines[4] ?? '').replace('decision', 'incident')));
    expect(await faultsOf(files)).toEqual([{ stream: DAY_TWO, first: 5, last: 5, because: 'edited' }]);
  });

  test('which records are gone from the end, and which seal names them', async () => {
    expect(await faultsOf(withLines(whole.files, blob, lines.slice(0, 10)))).toEqual([
      { stream: DAY_TWO, first: 11, last: 24, because: 'missing', seal: 6 },
    ]);
  });

  test('that a whole stream is gone', async () => {
    const files = new Map(whole.files);
    files.delete(blob);
    expect(await faultsOf(files)).toEqual([{ stream: DAY_TWO, first: 1, last: 24, because: 'missing', seal: 5 }]);
  });

  test('between which records a chain was replaced, by the first seal that shows it', async () => {
    expect(await faultsOf(withLines(whole.files, blob, linkedAnew(blob, lines, 8)))).toEqual([
      { stream: DAY_TWO, first: 7, last: 12, because: 'replaced', seal: 6 },
    ]);
  });

  test('which record no seal names although a later seal would have', async () => {
    const at = later(BEGAN, 6 * HOUR_MS);
    expect(await faultsOf(withLines(whole.files, blob, [...lines, nextLine(blob, at)]))).toEqual([
      { stream: DAY_TWO, first: 25, last: 25, because: 'unsealed' },
    ]);
  });

  test.each([
    [
      'a byte that is no text',
      (text: string) =>
        Buffer.concat([Buffer.from(text.slice(0, -20)), Buffer.from([0xff]), Buffer.from(text.slice(-19))]),
    ],
    ['bytes of zero', (text: string) => Buffer.concat([Buffer.from(text.slice(0, -20)), Buffer.alloc(20)])],
  ])('which record has %s', async (_, change) => {
    const files = new Map<string, string | Uint8Array>(whole.files).set(blob, change(whole.files.get(blob) ?? ''));
    expect(await faultsOf(files)).toEqual([{ stream: DAY_TWO, first: 24, last: 24, because: 'not-json' }]);
  });

  test('which blob is none of the guardian’s', async () => {
    const files = new Map(whole.files).set('audit/2031-03-02/payments.00.jsonl', '{}\n');
    expect(await faultsOf(files)).toEqual([
      { stream: 'audit/2031-03-02/payments.00.jsonl', first: 1, last: 1, because: 'no-stream' },
    ]);
  });

  test('that the root of an anchor is unknown', async () => {
    expect(await faultsOf(whole.files, '0'.repeat(64))).toEqual([
      { stream: SEALS, first: 8, last: 8, because: 'anchor-unknown' },
    ]);
  });
});

describe('a record of a kind that only another version knows', () => {
  const unknown = (time: Date, more = {}): string => forged(nextLine(blob, time), { v: 2, what: 'survey', ...more });
  const atEnd = (line: string): TrailFiles => withLines(whole.files, blob, [...lines, line]);
  const sealed = () => withSealOf(atEnd(unknown(later(BEGAN, 8 * HOUR_MS))));

  test('is named by the next seal, and anchored', async () => {
    const { files, anchor } = await sealed();
    const said = await verified(files, anchor.root);
    const { records } = await verified(whole.files);
    expect(said).toMatchObject({ verdict: 'anchored', seals: 9, records: records + 1, anchored: records + 1 });
  });

  test.each([
    ['edited', (line: string) => line.replace('survey', 'report'), { first: 25, because: 'edited' }],
    ['replaced', (line: string) => forged(line, { what: 'report' }), { first: 25, because: 'replaced', seal: 9 }],
  ])('is found where it was %s', async (_, change, fault) => {
    const { files, anchor } = await sealed();
    const [last = '', ...before] = linesIn(files, blob).toReversed();
    const tampered = withLines(files, blob, [...before.toReversed(), change(last)]);
    expect(await faultsOf(tampered, anchor.root)).toEqual([{ stream: DAY_TWO, last: 25, ...fault }]);
  });

  test('is found where it was cut off, by the seal that names it', async () => {
    const { files, anchor } = await sealed();
    expect(await faultsOf(withLines(files, blob, lines), anchor.root)).toEqual([
      { stream: DAY_TWO, first: 25, last: 25, because: 'missing', seal: 9 },
    ]);
  });

  test.each([
    ['when it was made', {}],
    ['when it was appended', { time: 'in another form', appendedAt: later(BEGAN, 6 * HOUR_MS) }],
  ])('is found where no seal names it although a later one would have, and it says %s', async (_, more) => {
    expect(await faultsOf(atEnd(unknown(later(BEGAN, 6 * HOUR_MS), more)))).toEqual([
      { stream: DAY_TWO, first: 25, last: 25, because: 'unsealed' },
    ]);
  });

  test('counts as not sealed where it does not say when it was made', async () => {
    const said = await verified(atEnd(unknown(BEGAN, { time: 'in another form' })));
    expect(said).toMatchObject({ verdict: 'anchored', records: said.sealed + 1 });
  });

  test('is no seal: nobody could tell who signed it', async () => {
    const name = `${SEALS}.0.jsonl`;
    const line = forged(nextLine(name, later(BEGAN, 8 * HOUR_MS)), { v: 2, what: 'survey' });
    expect(await faultsOf(withLines(whole.files, name, [...linesIn(whole.files, name), line]))).toEqual([
      { stream: SEALS, first: 9, last: 9, because: 'not-a-seal' },
    ]);
  });
});

describe('a seal', () => {
  const sealsBlob = `${SEALS}.0.jsonl`;

  test('by another key is found, unless an anchor or its thumbprint says that it is the guardian’s', async () => {
    const { anchor, files } = await withSealOf(whole.files, newSigningKey());
    expect(await faultsOf(files)).toEqual([{ stream: SEALS, first: 9, last: 9, because: 'other-key' }]);
    expect(await verified(files, anchor.root)).toMatchObject({ verdict: 'anchored', keys: [newest.key, anchor.key] });
    const known = { root: newest.root, keys: [anchor.key] };
    expect((await verifyTrail(sourceOf(files), known)).verdict).toBe('anchored');
    expect((await verifyTrail(sourceOf(files), { keys: [anchor.key] })).faults).toEqual([
      { stream: SEALS, first: 1, last: 1, because: 'other-key' },
    ]);
  });

  test('whose signature is of something else is found', async () => {
    const seals = linesIn(whole.files, sealsBlob);
    const [last = '', before = ''] = seals.toReversed();
    const { detail, ...said } = auditEntry.parse(JSON.parse(last));
    const { signature } = auditEntry.parse(JSON.parse(before)).detail;
    const head = readLine(before);
    if (typeof head === 'string' || signature === undefined) throw new Error('The story ends with two seals.');
    const forged = toLine(link({ ...said, detail: { ...detail, signature } }, head));
    expect(
      await faultsOf(withLines(whole.files, sealsBlob, [...seals.slice(0, -1), forged]), anchorAt(-2).root),
    ).toEqual([{ stream: SEALS, first: 8, last: 8, because: 'not-signed' }]);
  });

  test('is told from any other record among the seals', async () => {
    const seals = linesIn(whole.files, sealsBlob);
    const files = withLines(whole.files, sealsBlob, [...seals, nextLine(sealsBlob, later(BEGAN, 9 * HOUR_MS))]);
    expect(await faultsOf(files)).toEqual([{ stream: SEALS, first: 9, last: 9, because: 'not-a-seal' }]);
  });

  test('that names fewer records of a stream than one before it is found', async () => {
    const { files } = await withSealOf(withLines(whole.files, blob, lines.slice(0, 10)));
    expect(await faultsOf(files)).toContainEqual({ stream: SEALS, first: 9, last: 9, because: 'names-fewer' });
  });
});

/** The files with one more seal, of all their streams as they are. */
async function withSealOf(
  files: TrailFiles,
  by = key,
): Promise<{ readonly files: TrailFiles; readonly anchor: Anchor }> {
  const { streams, seal } = sealedTrail(by, 2);
  for (const [name, content] of files) {
    await streams.create(name);
    await streams.append(name, String(content), 0);
  }
  stopAt(later(BEGAN, 8 * HOUR_MS).toISOString());
  const anchor = await seal('also-current');
  resetClock();
  return { files: await copyOf(streams), anchor };
}

const rowOf = (stream: string, line: string): LogRow => {
  const row = rowFor(stream, line);
  if (row === undefined) throw new Error('The line is no record.');
  return row;
};

const purge = (workspace: LocalWorkspace, stream: string, number: number): void =>
  workspace.purge(AUDIT_TABLE, ({ Stream, Sequence }) => Stream === stream && Sequence === number);

/** A workspace that holds records of the trail, and what comes of verifying with it. */
function workspaceWith(held: readonly { readonly stream: string; readonly line: string }[]) {
  const ended = later(BEGAN, 8 * HOUR_MS);
  stopAt(ended.toISOString());
  const azure = createLocalAzure({
    vaults: [],
    identities: [{ name: 'auditor', kind: 'user', grants: [] }],
    behaviours: { logsShowAfterMs: { least: 0, longest: 0 } },
    seed: 1,
  });
  const workspace = azure.monitor.workspace(WORKSPACE);
  workspace.addTable(AUDIT_TABLE);
  azure.monitor.grant('auditor', { kind: 'query', workspace: WORKSPACE });
  const add = (stream: string, line: string, changed: LogRow = {}): void => {
    const row = Object.entries({ ...rowOf(stream, line), ...changed });
    // As the service writes moments.
    const spelled = row.map(([name, value]) => [
      name,
      /At$|^TimeGenerated$/.test(name) ? instant(String(value)) : value,
    ]);
    workspace.add(AUDIT_TABLE, [Object.fromEntries(spelled)]);
  };
  for (const { stream, line } of held) add(stream, line);
  const connection = { credential: azure.credential('auditor'), httpClient: azure.httpClient };
  const verifiedWith = async (
    files: TrailFiles,
    {
      since = BEGAN,
      askedAt = later(ended, HOUR_MS + 1),
      until,
    }: { since?: Date | 'oldest'; askedAt?: Date; until?: Date } = {},
  ): Promise<Verification> => {
    stopAt(askedAt.toISOString());
    const options = { since: since === 'oldest' ? undefined : since, until, now: () => new Date(), mostRows: 60 };
    const found = await heldIn(workspaceOf(WORKSPACE, connection), options);
    resetClock();
    return verifyTrail(sourceOf(files), { held: found });
  };
  return { workspace, add, verifiedWith };
}
