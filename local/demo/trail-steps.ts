import { chainStart, checkChain } from '../../shared/trail/chain.ts';
import type { TrailSource } from '../../shared/trail/source.ts';
import { SEALS } from '../../shared/trail/stream-name.ts';
import { verifyTrail } from '../../shared/trail/verify.ts';
import { eventually, type Scene } from './scene.ts';
import { NOTHING, type Result } from './steps.ts';

/** At least so many records have to be recomputed. */
const LEAST_RECORDS = 100;

/** Recomputes every audit stream, and finds the one record that it changes in a copy. */
async function chainHolds(scene: Scene): Promise<Result> {
  let records = 0;
  let found = true;
  for (const [stream, lines] of await scene.streams()) {
    const check = checkChain(lines, chainStart(stream));
    if (check.kind !== 'holds') return { ...NOTHING, outcome: `the chain of ${stream} does not hold` };
    records += lines.length;
    const middle = Math.floor(lines.length / 2);
    const forged = lines.map((line, at) => (at === middle ? line.replace(/"time":"\d{4}/, '"time":"1999') : line));
    if (checkChain(forged, chainStart(stream)).kind !== 'broken') found = false;
  }
  const enough = records >= LEAST_RECORDS;
  const changed = found ? 'was found' : 'was not found';
  return {
    ...NOTHING,
    ok: found && enough,
    outcome: enough
      ? `the chain holds over all ${records} records of the trail, and one that the demo changed in a copy ${changed}`
      : `the trail has ${records} records, too few to show that its chain holds`,
  };
}

/** Verifies the whole trail by the root that the webhook was sent. */
async function verifyAnchored(scene: Scene): Promise<Result> {
  // On a slow machine the time of the play is over here, and the root came long ago.
  const root = scene.sink.anchor() ?? (await eventually(scene, () => scene.sink.anchor()));
  if (root === undefined) return { ...NOTHING, outcome: 'no root of a seal came' };
  await sealNow(scene);
  const { verdict, records, sealed, anchored, seals, anchor } = await verifyTrail(scene.trail, { root });
  const counted = `${records} records, ${seals} seals`;
  return {
    ...NOTHING,
    ok: verdict === 'anchored' && sealed >= LEAST_RECORDS,
    outcome: `the trail is ${verdict}: ${counted}; seal ${anchor?.seal ?? 'none'}, whose root came by the webhook, stands for ${anchored}`,
  };
}

/** Has the guardian seal what it has recorded so far, and gives the root; `undefined` where it seals nothing. */
async function sealNow({ running }: Scene): Promise<string | undefined> {
  // Unguarded, nothing seals.
  if (running.host === undefined) return undefined;
  return (await running.guardian.ports.trail.seal?.('changed'))?.anchor.root;
}

/** What somebody may do to the lines of a stream. */
const TAMPERINGS: Readonly<Record<string, (lines: readonly string[], at: number) => readonly string[]>> = {
  edited: (lines, at) => lines.with(at, (lines[at] ?? '').replace(/"time":"\d{4}/, '"time":"1999')),
  removed: (lines, at) => lines.toSpliced(at, 1),
  reordered: (lines, at) => lines.with(at, lines[at + 1] ?? '').with(at + 1, lines[at] ?? ''),
  repeated: (lines, at) => lines.toSpliced(at, 0, lines[at] ?? ''),
  'cut off': (lines, at) => lines.slice(0, at),
  added: (lines) => [...lines, '{"by":"another writer"}'],
};

/** Changes a copy of the longest stream in each way, and cuts the last seal off: each has to be found. */
async function tamperFound(scene: Scene): Promise<Result> {
  const root = await sealNow(scene);
  const copy = await copyOf(scene.trail);
  const [longest = '', lines = []] =
    [...copy]
      .filter(([name]) => !name.startsWith(SEALS))
      .toSorted(([, one], [, other]) => other.length - one.length)[0] ?? [];
  const seals = `${SEALS}.0.jsonl`;
  const changed: readonly (readonly [string, ReadonlyMap<string, readonly string[]>])[] = [
    ...Object.entries(TAMPERINGS).map(
      ([kind, tampered]) => [kind, new Map(copy).set(longest, tampered(lines, Math.floor(lines.length / 2)))] as const,
    ),
    ['the last seal cut off', new Map(copy).set(seals, (copy.get(seals) ?? []).slice(0, -1))],
  ];
  const untouched = (await verifyTrail(sourceOf(copy), { root })).verdict;
  const missed: string[] = [];
  for (const [kind, files] of changed)
    if ((await verifyTrail(sourceOf(files), { root })).verdict !== 'broken') missed.push(kind);
  return {
    ...NOTHING,
    ok: root !== undefined && untouched === 'anchored' && missed.length === 0,
    outcome:
      root === undefined
        ? 'nothing was sealed'
        : missed.length === 0
          ? `each of ${changed.length} changes in a copy was found: ${changed.map(([kind]) => kind).join(', ')}`
          : `not found: ${missed.join(', ')}`,
  };
}

async function copyOf(source: TrailSource): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = await source.list('');
  // Seals first: the copy then has what they name.
  const inOrder = names.toSorted((one, other) => Number(other.startsWith(SEALS)) - Number(one.startsWith(SEALS)));
  const copy = new Map<string, readonly string[]>();
  for (const name of inOrder) {
    const bytes = Buffer.concat(await Array.fromAsync(source.read(name)));
    copy.set(name, bytes.toString('utf8').split('\n').slice(0, -1));
  }
  return copy;
}

const sourceOf = (files: ReadonlyMap<string, readonly string[]>): TrailSource => ({
  list: async (prefix) => [...files.keys()].filter((name) => name.startsWith(prefix)),
  async *read(name) {
    yield Buffer.from((files.get(name) ?? []).map((line) => `${line}\n`).join(''));
  },
});

/** The steps that are played on the trail of all the others, one after the other. */
export const TRAIL_STEPS: Readonly<Record<string, (scene: Scene) => Promise<Result>>> = {
  'chain-holds': chainHolds,
  'verify-anchored': verifyAnchored,
  'tamper-found': tamperFound,
};
