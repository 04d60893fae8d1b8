import { join } from 'node:path';
import type { WatchedSet } from '../../shared/domain/propagation.ts';
import { rowOfSet } from '../../shared/propagation/sets.ts';
import type { OperationName } from '../azure/types.ts';
import { stopClock, turnClock } from '../clock.ts';
import { startLocalGuardian } from '../guardian.ts';
import { localFolder } from '../guardian-folder.ts';
import { findLocalAzure, outsideClient } from '../outside-client.ts';
import { diskId, setId } from '../resources.ts';
import { ELSEWHERE_URL, keyUrlOf, placesOn, ROTATION_KEYS, rotationEstate, SCHEDULED_KEYS } from './estate.ts';
import { lastAct, lastActor, type StepResult } from './scene.ts';
import { startSink } from './sink.ts';
import { NOTHING } from './steps.ts';

const MINUTE_MS = 60_000;
/** Audit events have to arrive without a gap of five minutes, and sets are read at minutes of their own. */
const STEP_MS = 2 * MINUTE_MS;
/** A set follows after ten minutes and is done after five more; the late one begins after its hour. */
const FOLLOWS_AFTER_MS = 10 * MINUTE_MS;
const REWRAP_MS = 5 * MINUTE_MS;
const LATE_AFTER_MS = 62 * MINUTE_MS;
/** The end: the records of an hour have arrived, and were read. */
const UNTIL_MINUTE = 124;

type Name = keyof typeof ROTATION_KEYS;
/** What each step came to. */
type Played = Readonly<Record<Name, Omit<StepResult, 'name'>>>;

/**
 * Five keys are rotated at the same moment, each with one set: one follows and is proven, one is late, one cannot use its
 * key, one is set back by a template, one is moved to a key that nothing guards. Two others have a schedule: one is rotated
 * by it, of the other the rotation policy is set, and set back by a pipeline. On the turned clock, so that two hours take
 * seconds: so it needs a process of its own.
 */
export async function playRotations(guarded: boolean): Promise<readonly StepResult[]> {
  stopClock();
  const folder = join(localFolder(), `demo-rotations-${process.pid}`);
  const sink = await startSink();
  const running = await startLocalGuardian({
    ...{ estate: rotationEstate(), folder, guarded, sweepSeconds: 60, workspace: true },
    behaviours: { setFollowsAfterMs: { least: FOLLOWS_AFTER_MS, longest: FOLLOWS_AFTER_MS }, rewrapMs: REWRAP_MS },
    webhook: { url: sink.url, secret: sink.secret },
    log: (line) => process.stderr.write(`${line}\n`),
    write: () => {},
  });
  const { azure, host, guardian } = running;
  const pass = async (ms: number, stepMs: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await (host === undefined ? turnClock(stepMs) : host.advance(stepMs, stepMs));
      azure.deliverDue();
      await azure.disks.unwrapDue();
    }
  };
  const idOf = (name: Name): string => setId(placesOn(ROTATION_KEYS[name][1]).set);
  const patch = (name: Name, properties: object) =>
    azure.handle({
      method: 'PATCH',
      url: `https://management.azure.com${idOf(name)}?api-version=2024-03-02`,
      headers: { authorization: `Bearer ${azure.token('pipeline', { audience: 'https://management.azure.com' })}` },
      body: JSON.stringify({ properties }),
    });
  /** What the guardian says of a set; nothing where it says nothing, as where it does not run. */
  const verdictOf = async (name: Name): Promise<WatchedSet['verdict']['kind'] | 'no verdict'> =>
    (await guardian.ports.tables.sets.get(...rowOfSet(idOf(name))))?.value.verdict.kind ?? 'no verdict';
  const told = (name: Name) => sink.toldOfSet(idOf(name));

  try {
    await pass(4 * MINUTE_MS, STEP_MS);
    const oid = azure.identities.get('des-disk-stuck')?.oid ?? '';
    for (const { id } of azure.resourceManager.world.directory.assignmentsOf({ oid, groups: [] }))
      azure.resourceManager.resources.remove(id);
    azure.resourceManager.paceSet(idOf('rotation-late-then-followed'), { followsAfterMs: LATE_AFTER_MS });
    const address = await findLocalAzure(folder);
    const newest = new Map<Name, string>();
    for (const name of names) {
      const [vault, key] = ROTATION_KEYS[name];
      newest.set(name, (await (await outsideClient(address, vault, 'owner')).rotateKey(key)).id ?? '');
    }
    await patch('set-moved-told', { activeKey: { keyUrl: ELSEWHERE_URL } });
    await pass(18 * MINUTE_MS, STEP_MS);
    const [vault, key] = ROTATION_KEYS['rotation-reverted-told'];
    await patch('rotation-reverted-told', {
      ...{ activeKey: { keyUrl: keyUrlOf([vault, key]) }, rotationToLatestKeyVersionEnabled: false },
    });
    await pass(42 * MINUTE_MS, STEP_MS);
    const late = await verdictOf('rotation-late-then-followed');
    const [planned, pipelined] = SCHEDULED_KEYS['policy-set-once'];
    const wasSet = writesTo('policy-set-once', 'put-rotation-policy');
    const owner = await outsideClient(address, planned, 'owner');
    await owner.updateKeyRotationPolicy(pipelined, { lifetimeActions: [{ action: 'Rotate', timeAfterCreate: 'P1Y' }] });
    await pass((UNTIL_MINUTE - 60) * MINUTE_MS, STEP_MS);

    const followed = 'rotation-followed-and-proven';
    const disk = azure.disks.disk(diskId(placesOn(ROTATION_KEYS[followed][1]).disk));
    const isOnNewest = disk.kind === 'working' && disk.keyUrl === newest.get(followed);
    const proven = await verdictOf(followed);
    const lateNow = await verdictOf('rotation-late-then-followed');
    const stuck = told('rotation-stuck-cause-named').at(-1);
    const reverted = told('rotation-reverted-told').at(-1);
    const moved = told('set-moved-told').at(-1);
    const played: Played = {
      [followed]: {
        ...acted(followed, 'rotated'),
        ok: proven === 'proven' && isOnNewest && told(followed).length === 0,
        outcome: `${proven}: its disk unwraps with ${isOnNewest ? 'the new version' : 'another version'}, and nobody was alerted`,
      },
      'rotation-late-then-followed': {
        ...acted('rotation-late-then-followed', 'rotated'),
        ok: late === 'late' && lateNow === 'followed' && told('rotation-late-then-followed').length === 1,
        outcome: `${late} at the end of its hour, of which operators were alerted, and ${lateNow} later`,
      },
      'rotation-stuck-cause-named': {
        ...acted('rotation-stuck-cause-named', 'took the rights of the set away, then rotated'),
        ok: stuck?.summary.includes('is not allowed to get, wrap, unwrap') === true,
        outcome: alertText(stuck),
      },
      'rotation-reverted-told': {
        ...acted('rotation-reverted-told', 'rotated, then a pipeline set the set back on'),
        ok: reverted?.summary.includes('was pointed at the older version') === true,
        outcome: alertText(reverted),
      },
      'set-moved-told': {
        ...acted('set-moved-told', 'rotated, then a pipeline moved the set away from'),
        ok: moved?.kind === 'set-moved',
        outcome: alertText(moved),
      },
    };
    const isLeft = writesTo('policy-set-once', 'put-rotation-policy') === wasSet;
    const elsewhere = sink.told(planned, pipelined).at(-1);
    const rotated = writesTo('overdue-rotated', 'rotate');
    const scheduled: readonly StepResult[] = [
      {
        ...{ ...NOTHING, name: 'overdue-rotated', ok: rotated === 1 },
        outcome:
          rotated === 1
            ? `rotated by the guardian once it was near its expiry, and not again: ${SCHEDULED_KEYS['overdue-rotated'].join('/')}`
            : `rotated ${rotated} times`,
      },
      {
        ...{ ...NOTHING, name: 'policy-set-once', ok: wasSet === 1 && isLeft && elsewhere !== undefined },
        actor: 'owner',
        act: `set another rotation policy on ${planned}/${pipelined}`,
        outcome: `the guardian had set it ${wasSet === 1 ? 'once' : `${wasSet} times`}, and ${isLeft ? 'left it to them' : 'set it again'}`,
        alerts: elsewhere === undefined ? [] : [elsewhere],
      },
    ];
    return [...names.map((name) => ({ name, ...played[name] })), ...scheduled];
  } finally {
    await running.stop();
    await sink.close();
  }

  /** How often the guardian changed a key by one operation. */
  function writesTo(name: keyof typeof SCHEDULED_KEYS, operation: OperationName): number {
    const [vault, key] = SCHEDULED_KEYS[name];
    return azure.log.filter(
      (one) =>
        one.identity === 'keeper' &&
        one.vault === vault &&
        one.key === key &&
        one.operation === operation &&
        one.changed,
    ).length;
  }

  function acted(name: Name, did: string) {
    const [vault, key] = ROTATION_KEYS[name];
    return {
      actor: lastActor({ running }, vault, key),
      act: `${did} ${vault}/${key}`,
      alerts: told(name).slice(-1),
      actedAt: lastAct({ running }, vault, key).toISOString(),
      ...{ detectedAt: null, restoredAt: null, restoreMs: null },
    };
  }
}

const names = Object.keys(ROTATION_KEYS).filter((name): name is Name => name in ROTATION_KEYS);

const alertText = (alert: { readonly kind: string; readonly summary: string } | undefined): string =>
  alert === undefined ? 'nobody was alerted' : `"${alert.kind}: ${alert.summary}"`;
