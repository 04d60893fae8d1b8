/**
 * Writes `docs/trail-vectors` anew, with a new key whose private part is kept nowhere: `node test/shared/trail/write-vectors.ts`,
 * and then `npm run format`. The vectors only have to be written anew where the form of records or seals changes.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { GUARDIAN } from '../../../shared/domain/subject.ts';
import { HOUR_MS } from '../../../shared/domain/time.ts';
import { chainStart, link, readLine, toLine } from '../../../shared/trail/chain.ts';
import { verifyTrail } from '../../../shared/trail/verify.ts';
import { newSigningKey } from '../../fakes/signing-key.ts';
import { copyOf, sourceOf, type TrailFiles } from '../../fakes/trail-files.ts';
import { stopAt } from '../../simulation/clock.ts';
import { entry, of } from './entries.ts';
import { sealedTrail } from './sealed-trail.ts';

const folder = fileURLToPath(new URL('../../../docs/trail-vectors/', import.meta.url));

stopAt('2031-03-03T09:10:00.000Z');
const key = newSigningKey();
const { streams, trail, seal } = sealedTrail(key);
const says = { text: 'an é, a ✓ and a "quote"', number: 1e21, none: null, list: [1.5, true] };
for (let hour = 0; hour < 2; hour += 1) {
  for (let nth = 1; nth <= 3; nth += 1)
    await trail.append([
      entry(`payments-${hour}-${nth}`, { time: new Date(), detail: says }),
      entry(`guardian-${hour}-${nth}`, { time: new Date(), subject: GUARDIAN, what: 'alert' }),
    ]);
  await trail.appendRegister([entry(`register-${hour}`, { time: new Date(), what: 'register', ...of('payments') })]);
  await seal();
  turnClock(HOUR_MS);
}
const anchor = await seal('also-current');
const whole = await copyOf(streams);
const withoutKnowledge = await verifyTrail(sourceOf(whole));

const payments = 'audit/2031-03-03/payments.0.jsonl';
const seals = 'seals/guardian.0.jsonl';
const linesIn = (name: string): readonly string[] => (whole.get(name) ?? '').split('\n').slice(0, -1);
const withLines = (name: string, lines: readonly string[]): Readonly<Record<string, string>> => ({
  [name]: lines.map((line) => `${line}\n`).join(''),
});
const lines = linesIn(payments);
const last = readLine(lines.at(-1) ?? '');
const head = typeof last === 'string' ? chainStart('') : last;
const another = toLine(link(entry('of another writer', { time: new Date('2031-03-03T09:20:00.000Z') }), head));

/** Each case: the files that are different from the whole trail, as they then are; `null`: gone. */
const cases: readonly (readonly [name: string, files: Readonly<Record<string, string | null>>, root?: string])[] = [
  ['whole and anchored', {}, anchor.root],
  ['whole and unanchored', {}],
  [
    'a record edited',
    withLines(payments, lines.with(1, (lines[1] ?? '').replace('disk-key', 'risk-key'))),
    anchor.root,
  ],
  ['a record not canonical', withLines(payments, lines.with(1, (lines[1] ?? '').replace(',', ', '))), anchor.root],
  ['a record removed', withLines(payments, lines.toSpliced(2, 1)), anchor.root],
  ['two records reordered', withLines(payments, lines.with(1, lines[2] ?? '').with(2, lines[1] ?? '')), anchor.root],
  ['a stream truncated', withLines(payments, lines.slice(0, 4)), anchor.root],
  ['a stream gone', { [payments]: null }, anchor.root],
  ['a record appended by another writer', withLines(payments, [...lines, another]), anchor.root],
  ['the newest seal gone, no anchor', withLines(seals, linesIn(seals).slice(0, -1))],
  ['the newest seal gone', withLines(seals, linesIn(seals).slice(0, -1)), anchor.root],
  ['an anchor of another trail', {}, '0'.repeat(64)],
];

const expected = [];
for (const [name, files, root] of cases) {
  const changed: TrailFiles = new Map(
    [...whole, ...Object.entries(files)].flatMap(([blob, text]) => {
      const now = blob in files ? files[blob] : text;
      return typeof now === 'string' ? [[blob, now] as const] : [];
    }),
  );
  const { verdict, faults } = await verifyTrail(sourceOf(changed), { root });
  expected.push({ name, ...(root === undefined ? {} : { root }), files, verdict, faults });
}

await rm(folder, { recursive: true, force: true });
for (const [name, text] of whole) {
  await mkdir(dirname(join(folder, 'trail', name)), { recursive: true });
  await writeFile(join(folder, 'trail', name), text);
}
await writeFile(join(folder, 'key.json'), JSON.stringify({ thumbprint: anchor.key, jwk: key.publicJwk }, null, 2));
await writeFile(join(folder, 'cases.json'), JSON.stringify(expected, null, 2));
process.stdout.write(
  `${withoutKnowledge.records} records, ${withoutKnowledge.seals} seals, ${expected.length} cases\n`,
);
resetClock();
