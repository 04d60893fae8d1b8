import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../local/azure/random.ts';
import { resetClock } from '../../../local/clock.ts';
import { auditEntry } from '../../../shared/domain/audit-record.ts';
import type { Anchor } from '../../../shared/domain/seal.ts';
import { HOUR_MS, later } from '../../../shared/domain/time.ts';
import { type ChainHead, chainStart, link, readLine, toLine } from '../../../shared/trail/chain.ts';
import { SEALS, streamOfBlob } from '../../../shared/trail/stream-name.ts';
import { type Verification, verifyTrail } from '../../../shared/trail/verify.ts';
import { newSigningKey } from '../../fakes/signing-key.ts';
import { copyOf, sourceOf, type TrailFiles } from '../../fakes/trail-files.ts';
import { stopAt } from '../../simulation/clock.ts';
import { entry } from './entries.ts';
import { BEGAN, sealedTrail, story } from './sealed-trail.ts';

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

const DAY_TWO = 'audit/2031-03-02/payments';
const blob = `${DAY_TWO}.0.jsonl`;
const lines = linesIn(whole.files, blob);
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
