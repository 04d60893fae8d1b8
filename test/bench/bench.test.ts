import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { NOT_SURVEYED } from '../../shared/domain/survey.ts';
import { activityOf } from '../../shared/senses/activity-log.ts';
import { inspectionsFromAuditLog } from '../../shared/senses/audit-log.ts';
import { sourcesIn, textOf } from '../source.ts';
import { measureFirstAlert } from './act-to-first-alert-ms.ts';
import { activityTexts, measureActivity } from './activity-hints-over-json-parse.ts';
import { measureBlindMinutes } from './blind-minutes-with-timer-dead.ts';
import { atMost, exactly, type Figure, figure, median, noTarget, type Target } from './figure.ts';
import { auditMessages, measureHints } from './hints-over-json-parse.ts';
import { measureInspections } from './inspections-per-second.ts';
import { measureInstancesAsked } from './instances-asked-at-1000-vaults.ts';
import { measureOverBare } from './over-bare-bundle.ts';
import { measureWave } from './pages-in-a-wave.ts';
import { measurePropagation } from './propagation.ts';
import { measureQueries } from './queries-an-hour.ts';
import { measurements } from './registry.ts';
import { measureRotationShare } from './rotation-quota-share.ts';
import { measureShip } from './ship-over-bare-client.ts';
import { measureSurvey } from './survey-calls-over-formula.ts';
import { measureSweep } from './sweep-calls-over-formula.ts';
import { measureQuotaShare } from './sweep-subscription-quota-share.ts';
import { tableLine } from './table.ts';
import { measureUndoDisable } from './undo-disable-round-trips.ts';
import { measureUndoSlowed } from './undo-slowed-by-outage.ts';
import { measureVerify } from './verify-over-sha256.ts';
import { measureFight } from './writes-in-a-fight.ts';

describe('a figure', () => {
  test.each<readonly [says: string, value: number, target: Target, ok: boolean]>([
    ['at its limit is met', 4, atMost(4), true],
    ['above its limit is missed', 4.0001, atMost(4), false],
    ['that must be exact is met', 1, exactly(1), true],
    ['that must be exact is missed from below as well', 0.9999, exactly(1), false],
    ['without a target is always met', 1_000_000, noTarget, true],
    ['that could not be measured is missed', Number.NaN, noTarget, false],
  ])('%s', (_says, value, target, ok) => {
    expect(figure('a', value, 'times', target).ok).toBe(ok);
  });

  test('is judged as measured and shown with four decimals', () => {
    expect(figure('a', 1.500_01, 'times', atMost(1.5))).toEqual({
      name: 'a',
      value: 1.5,
      unit: 'times',
      target: 1.5,
      ok: false,
    });
  });

  test('without a target says null', () => {
    expect(figure('a', 1, 'times', noTarget).target).toBeNull();
  });

  test('is a line of the table, the first of a measurement with the time it took', () => {
    expect(tableLine(figure('blind', 4, 'minutes', atMost(3)))).toMatch(/^blind +4 {2}minutes +3 {2}MISSED$/);
    expect(tableLine(figure('blind', 2, 'minutes', atMost(3)), 1_449)).toMatch(/ 3 {2}ok +1\.4 s$/);
    expect(tableLine(figure('speed', 4, 'a second', noTarget))).toMatch(/^speed +4 {2}a second +- {2}ok$/);
  });
});

test('the median is the middle, the lower of two, and `NaN` of nothing', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([])]).toEqual([2, 2, Number.NaN]);
});

test('the bench has every figure once', () => {
  const names = measurements.flatMap((measurement) => measurement.names);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(
    expect.arrayContaining([
      'undo-disable-round-trips',
      'hints-over-json-parse',
      'sweep-calls-over-formula',
      'survey-calls-over-formula',
      'survey-minutes',
      'survey-live-growth-mib',
      'sweep-live-growth-mib',
      'sweep-peak-mib',
      'sweep-subscription-quota-share',
      'rotation-quota-share',
      'writes-in-a-fight',
      'inspections-per-second',
      'app-load-over-bare-bundle',
      'bundle-over-bare-bundle',
      'blind-minutes-with-timer-dead',
      'propagation-last-verdict-minutes',
      'propagation-arm-429s',
      'propagation-reads-per-set',
      'propagation-instances-asked',
      'pages',
      'incidents-lost',
      'incidents-told-twice',
      'verify-over-sha256',
      'verify-live-growth-mib',
      'ship-over-bare-client',
      'undo-slowed-by-outage',
      'queries-an-hour',
    ]),
  );
});

/** An import or export at the top of a file, or one that waits until it is needed. */
const USES = /(?:^(?:im|ex)port|^ +const) \{([^}]+)\} (?:from |= await import\()'(@azure\/[^']+)'/gm;

/** What a file imports or exports of `@azure/*`, types aside. */
const azureImports = (file: string): readonly string[] =>
  [...textOf(file).matchAll(USES)].flatMap(([, names = '', from = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => `${name} of ${from}`),
  );

describe('measured small', () => {
  const namesOf = (figures: readonly Figure[]): readonly string[] => figures.map(({ name }) => name);

  test('an undo waits for four calls one after the other', async () => {
    const [trips, over] = await measureUndoDisable(2);
    expect(trips).toEqual({ name: 'undo-disable-round-trips', value: 4, unit: 'round trips', target: 4, ok: true });
    expect(over).toMatchObject({ name: 'undo-disable-over-injected', target: null, ok: true });
    expect(over?.value).toBeGreaterThan(0.95);
  });

  test('one audit record in a hundred tells something, and each can be read', () => {
    const { messages, policy } = auditMessages(4, 100);
    const heard = inspectionsFromAuditLog(messages, {
      policy,
      surveyed: NOT_SURVEYED,
      ownObjectIds: [],
      now: new Date(),
    });
    expect(heard.unparsed).toEqual([]);
    expect(heard.inspections.flatMap(({ hints }) => hints.map(({ says }) => says.kind)).toSorted()).toEqual([
      'act',
      'act',
      'refused',
      'refused',
    ]);
  });

  test('hints cost some share of reading', () => {
    const measured = measureHints({ messages: 2, recordsInEach: 100, runs: 20 });
    expect(measured).toMatchObject({ name: 'hints-over-json-parse', unit: 'times', target: 1.5 });
    expect(measured.value).toBeGreaterThan(0.5);
  });

  test('one event of the Activity Log in a hundred tells something', () => {
    const told = activityTexts(200).map((text) => activityOf(JSON.parse(text), new Date(0)));
    expect(told.filter(({ kind }) => kind === 'activity')).toHaveLength(2);
    expect(told.filter(({ kind }) => kind === 'unparsed')).toEqual([]);
  });

  test('events of the Activity Log cost some share of reading', () => {
    const measured = measureActivity({ events: 200, runs: 20 });
    expect(measured).toMatchObject({ name: 'activity-hints-over-json-parse', unit: 'times', target: 1.5 });
    expect(measured.value).toBeGreaterThan(0.5);
  });

  test('inspections are counted', async () => {
    const measured = await measureInspections({ keys: 3, inspections: 30 });
    expect(measured).toMatchObject({ name: 'inspections-per-second', target: null, ok: true });
    expect(measured.value).toBeGreaterThan(1);
  });

  test('the app loads beside a bare one that registers the same, and its bundle is hardly larger', async () => {
    const [load, bytes] = await measureOverBare({ loads: 1 });
    expect(load).toMatchObject({ name: 'app-load-over-bare-bundle', unit: 'times', target: 1.3 });
    expect(load?.value).toBeGreaterThan(0.5);
    expect(bytes).toMatchObject({ name: 'bundle-over-bare-bundle', unit: 'times', target: 1.3, ok: true });
    expect(bytes?.value).toBeGreaterThan(0.9);
  });

  test('the bare bundle has every Azure client that the app has', () => {
    const clients = (files: readonly string[]): readonly string[] =>
      [...new Set(files.flatMap(azureImports))].toSorted();
    expect(clients(['test/bench/bare.ts'])).toEqual(clients([...sourcesIn('functions'), ...sourcesIn('shared')]));
  });

  test('a sweep in a process of its own calls what the formula says, and keeps something alive', async () => {
    const figures = await measureSweep({ vaults: 2, keysInEach: 30, sweeps: 2 });
    expect(namesOf(figures)).toEqual(['sweep-calls-over-formula', 'sweep-live-growth-mib', 'sweep-peak-mib']);
    const [calls, growth, peak] = figures;
    expect(calls).toMatchObject({ value: 1, target: 1, ok: true });
    expect(growth).toMatchObject({ unit: 'MiB', target: 64, ok: true });
    expect(growth?.value).toBeGreaterThan(1);
    expect(peak).toMatchObject({ unit: 'MiB', target: 2_048, ok: true });
    expect(peak?.value).toBeGreaterThan(40);
  });

  test('a survey asks what the formula says within the quota, and keeps something alive', async () => {
    const size = { subscriptions: 2, vaults: 20, keys: 60, sets: 40, disks: 2_100, machines: 300 };
    const [calls, minutes, growth] = await measureSurvey(size);
    expect(calls).toMatchObject({ name: 'survey-calls-over-formula', value: 1, target: 1, ok: true });
    expect(minutes).toMatchObject({ name: 'survey-minutes', unit: 'minutes', target: 15, ok: true });
    // 13 answers of a second each.
    expect(minutes?.value).toBeGreaterThan(13 / 60);
    expect(growth).toMatchObject({ name: 'survey-live-growth-mib', unit: 'MiB', target: 128, ok: true });
    expect(growth?.value).toBeGreaterThan(0.1);
  });

  test('the quota share is that of the busiest minute, scaled: two lists, one of them sent again', async () => {
    const { value, ...measured } = await measureQuotaShare({ vaults: 1, keysInEach: 2, minutes: 3 });
    expect(measured).toEqual({
      name: 'sweep-subscription-quota-share',
      unit: 'of the quota',
      target: 0.05,
      ok: true,
    });
    expect(value).toBe(Math.round((3 / 120) * 10_000) / 10_000);
  });

  test('one key of a vault is rotated in ten seconds, and four in a minute', async () => {
    expect(await measureRotationShare({ vaults: 2, keysInEach: 12, minutes: 3 })).toMatchObject([
      { name: 'rotation-quota-share', value: 0.05, target: 0.05, ok: true },
      { name: 'rotations-in-ten-minutes', value: 10 },
    ]);
  });

  test('a rotation policy that is set back again and again is written once', async () => {
    expect(await measureFight({ keys: 2, seconds: 7_260 })).toMatchObject({
      ...{ name: 'writes-in-a-fight', value: 1, target: 2, ok: true },
    });
  });

  test('a vault is swept each minute where no tick is killed, and later where many are', async () => {
    const [calm] = await measureBlindMinutes(2, 0);
    expect(calm).toMatchObject({ name: 'blind-minutes-with-timer-dead', unit: 'minutes', target: 3, ok: true });
    expect(calm?.value).toBeGreaterThanOrEqual(1);
    expect(calm?.value).toBeLessThan(1.1);
    const [killed, lost] = await measureBlindMinutes(20, 0.4);
    expect(killed?.value).toBeGreaterThan(1.4);
    expect(lost?.value).toBeGreaterThan(0);
  });

  test('verifying is measured over what hashing takes, and by what stays alive', async () => {
    const small = { vaults: 2, days: 1, recordsInEach: 200 };
    expect(await measureVerify({ timed: small, large: small, rounds: 3 })).toMatchObject([
      { name: 'verify-over-sha256', unit: 'times', target: 1.5, value: expect.any(Number) },
      { name: 'verify-live-growth-mib', unit: 'MiB', target: 50, ok: true },
    ]);
  });

  test('every set has its verdict within the hour, and where executions are killed by more reads', async () => {
    const size = { sets: 30, keys: 3, stuck: 3, late: 3, reverted: 3 };
    const [minutes, throttled, reads] = await measurePropagation(size, 0);
    expect(minutes).toMatchObject({ unit: 'minutes', target: 60, ok: true });
    expect(minutes?.value).toBe(58);
    expect(throttled).toMatchObject({ value: 0, ok: true });
    expect(reads).toMatchObject({ unit: 'reads', target: 8, ok: true });
    expect(reads?.value).toBeGreaterThan(2);
    const [late, , more] = await measurePropagation(size, 0.3);
    expect(late).toMatchObject({ ok: true });
    expect(more?.value).toBeGreaterThan((reads?.value ?? 0) + 0.5);
  });

  test('sending the trail is measured over what the bare client takes', async () => {
    const measured = await measureShip({ vaults: 2, days: 1, recordsInEach: 300 }, 3);
    expect(measured).toMatchObject({ name: 'ship-over-bare-client', unit: 'times', target: 1.5 });
    expect(measured.value).toBeGreaterThan(0.5);
  });

  test('an undo is measured while the workspace is away over one while it is there', async () => {
    const measured = await measureUndoSlowed(2);
    expect(measured).toMatchObject({ name: 'undo-slowed-by-outage', unit: 'times', target: 1.05 });
    expect(measured.value).toBeGreaterThan(0.5);
  });

  test('a workspace of a few vaults is asked about every two minutes', async () => {
    const { value, ...measured } = await measureQueries(3);
    expect(measured).toEqual({ name: 'queries-an-hour', unit: 'queries a workspace', target: 32, ok: true });
    expect(value).toBeGreaterThanOrEqual(29);
  });

  test('the instances asked for grow with the vaults', async () => {
    expect((await measureInstancesAsked(40, 2)).value).toBe(1);
    expect((await measureInstancesAsked(600, 2)).value).toBeGreaterThan(1);
  });
});

describe('npm run bench', () => {
  const bench = (...args: readonly string[]): Promise<{ status: unknown; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [fileURLToPath(new URL('./main.ts', import.meta.url)), ...args],
        (error, stdout, stderr) => resolve({ status: error?.code ?? 0, stdout, stderr }),
      );
    });

  test('with --json prints one object and nothing else, with --only that figure alone', async () => {
    const { status, stdout } = await bench('--json', '--only', 'undo-disable-round-trips');
    expect(JSON.parse(stdout)).toEqual({
      figures: [{ name: 'undo-disable-round-trips', value: 4, unit: 'round trips', target: 4, ok: true }],
    });
    expect(status).toBe(0);
  });

  test('names the figures there are where it is asked for another', async () => {
    const { status, stdout, stderr } = await bench('--only', 'speed');
    expect(stderr).toContain('sweep-peak-mib');
    expect([status, stdout]).toEqual([1, '']);
  });
});

test('of keys that are all disabled at once five have pages of their own, the others one, and none is lost', async () => {
  expect((await measureWave(12)).map(({ name, value, ok }) => [name, value, ok])).toEqual([
    ['pages', 6, true],
    ['incidents-lost', 0, true],
    ['incidents-told-twice', 0, true],
    ['alert-live-growth-mib', expect.any(Number), true],
  ]);
});

test('the first alert of an act comes through the local host, without a sweep', async () => {
  const { value, unit } = await measureFirstAlert(2);
  expect(unit).toBe('ms');
  expect(value).toBeGreaterThan(0);
});
