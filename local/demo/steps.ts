import { isRestError } from '@azure/core-rest-pipeline';
import { askApproval, grantApproval } from '../../shared/approvals/approve.ts';
import { setHold } from '../../shared/approvals/hold.ts';
import { HOUR_MS } from '../../shared/domain/time.ts';
import { chainStart, checkChain } from '../../shared/trail/chain.ts';
import { attack } from '../attacks.ts';
import {
  eventually,
  firstLook,
  isUsable,
  isWithheld,
  lastAct,
  passesOver,
  restoredBy,
  type Scene,
  type StepResult,
  writesTo,
} from './scene.ts';

type Step = (scene: Scene, vault: string, key: string) => Promise<Omit<StepResult, 'name'>>;

const failed = (actedAt: Date | undefined): Omit<StepResult, 'name'> => ({
  ok: false,
  actedAt: actedAt?.toISOString() ?? null,
  detectedAt: null,
  restoredAt: null,
  restoreMs: null,
});

/** An act that has to be undone: the key is usable again by the local Azure's own state, and it was the guardian who changed it. */
const undone =
  (act: string): Step =>
  async (scene, vault, key) => {
    const client = await scene.client(vault, 'attacker');
    await attack(act, client, key);
    const actedAt = lastAct(scene, vault, key);
    return restored(scene, vault, key, actedAt);
  };

async function restored(scene: Scene, vault: string, key: string, actedAt: Date): Promise<Omit<StepResult, 'name'>> {
  const usable = await eventually(scene, () => (isUsable(scene, vault, key) ? true : undefined));
  const restoredAt = usable && restoredBy(scene, vault, key, actedAt);
  const detectedAt = firstLook(scene, vault, key, actedAt);
  if (restoredAt === undefined || detectedAt === undefined)
    return { ...failed(actedAt), detectedAt: detectedAt?.toISOString() ?? null };
  return {
    ok: true,
    actedAt: actedAt.toISOString(),
    detectedAt: detectedAt.toISOString(),
    restoredAt: restoredAt.toISOString(),
    restoreMs: restoredAt.getTime() - actedAt.getTime(),
  };
}

/** Deleted, and deleted again as soon as it is back. */
const deletedAgain: Step = async (scene, vault, key) => {
  const first = await undone('delete')(scene, vault, key);
  return first.ok ? undone('delete')(scene, vault, key) : first;
};

/** So many passes have to be over without a write after one was withheld. */
const PASSES_WITHOUT_A_WRITE = 2;

/** An act after which nothing may change: looked at, withheld with its reason, and no write in two more sweeps. */
const left =
  (because: string, identity: string, prepare: (scene: Scene, vault: string, key: string) => Promise<unknown>): Step =>
  async (scene, vault, key) => {
    await prepare(scene, vault, key);
    const client = await scene.client(vault, identity);
    await attack('disable', client, key);
    const actedAt = lastAct(scene, vault, key);
    const detectedAt = await eventually(scene, () => firstLook(scene, vault, key, actedAt));
    if (detectedAt === undefined) return failed(actedAt);
    const withheld = await eventually(scene, async () =>
      (await isWithheld(scene, vault, key, because)) ? new Date() : undefined,
    );
    if (withheld === undefined) return { ...failed(actedAt), detectedAt: detectedAt.toISOString() };
    const swept = await eventually(scene, () =>
      passesOver(scene, vault, withheld) >= PASSES_WITHOUT_A_WRITE ? true : undefined,
    );
    const state = scene.running.azure.state(vault, key);
    const unchanged =
      state.kind === 'present' &&
      state.versions.every(({ enabled }) => !enabled) &&
      writesTo(scene, vault, key, actedAt).length === 0;
    return {
      ok: swept === true && unchanged,
      actedAt: actedAt.toISOString(),
      detectedAt: detectedAt.toISOString(),
      restoredAt: null,
      restoreMs: null,
    };
  };

/** Destroys a key for good, again as often as the guardian is faster. Returns the moment of the purge. */
async function destroy(scene: Scene, vault: string, key: string): Promise<Date | undefined> {
  const client = await scene.client(vault, 'attacker');
  return eventually(scene, async () => {
    try {
      const state = scene.running.azure.state(vault, key);
      if (state.kind === 'present' && state.settled) await client.beginDeleteKey(key);
      // Whoever tries before a deletion has settled is refused, and heard.
      if (state.kind !== 'deleted' || !state.settled) return undefined;
      await client.purgeDeletedKey(key);
      return lastAct(scene, vault, key);
    } catch (error) {
      // Still being deleted, or taken back meanwhile: try again.
      if (isRestError(error) && (error.statusCode === 404 || error.statusCode === 409)) return undefined;
      throw error;
    }
  });
}

const told = async (
  scene: Scene,
  vault: string,
  key: string,
  kind: string,
  actedAt: Date,
): Promise<Omit<StepResult, 'name'>> => {
  const came = await eventually(scene, () => (scene.sink.has(kind, vault, key) ? true : undefined));
  const detectedAt = firstLook(scene, vault, key, actedAt);
  const result = {
    actedAt: actedAt.toISOString(),
    detectedAt: detectedAt?.toISOString() ?? null,
    restoredAt: null,
    restoreMs: null,
  };
  return {
    ok:
      came === true &&
      detectedAt !== undefined &&
      writesTo(scene, vault, key, actedAt).every(({ changed }) => !changed),
    ...result,
  };
};

const purged: Step = async (scene, vault, key) => {
  const actedAt = await destroy(scene, vault, key);
  return actedAt === undefined ? failed(undefined) : told(scene, vault, key, 'key-purged', actedAt);
};

const recreated: Step = async (scene, vault, key) => {
  if ((await destroy(scene, vault, key)) === undefined) return failed(undefined);
  const client = await scene.client(vault, 'attacker');
  const actedAt = await eventually(
    scene,
    async () => {
      try {
        await client.createKey(key, 'RSA', { keyOps: ['wrapKey', 'unwrapKey'] });
        return lastAct(scene, vault, key);
      } catch (error) {
        // The name of a purged key stays taken for some seconds.
        if (isRestError(error) && (error.statusCode === 409 || error.statusCode === 429)) return undefined;
        throw error;
      }
    },
    { everyMs: 1_000 },
  );
  return actedAt === undefined ? failed(undefined) : told(scene, vault, key, 'key-recreated', actedAt);
};

const who = ({ running }: Scene, name: string) => ({ oid: running.azure.identities.get(name)?.oid ?? name, name });

const approve = async (scene: Scene, vault: string, key: string): Promise<void> => {
  const { ports } = scene.running.guardian;
  const now = Date.now();
  const asked = await askApproval(
    {
      vault,
      key,
      version: '*',
      acts: ['disable'],
      by: who(scene, 'owner').oid,
      from: new Date(now - 60_000),
      until: new Date(now + HOUR_MS),
      why: 'the demo retires this key',
    },
    who(scene, 'owner'),
    ports,
  );
  await grantApproval(vault, asked.id, who(scene, 'approver'), ports);
};

const hold = (scene: Scene, vault: string, key: string) =>
  setHold({ vault, key }, 'the demo looks into this key', who(scene, 'owner'), scene.running.guardian.ports);

/** The steps that play on a key of their own, side by side. */
export const steps: Readonly<Record<string, Step>> = {
  disable: undone('disable'),
  delete: undone('delete'),
  'delete-again': deletedAgain,
  expire: undone('expire'),
  'not-before': undone('not-before'),
  'strip-operations': undone('strip-ops'),
  'approved-disable-stays': left('approved', 'owner', approve),
  'hold-stops-writes': left('hold', 'attacker', hold),
  'alert-mode-writes-nothing': left('alert-only', 'attacker', async () => undefined),
  'recreated-is-told': recreated,
  'purge-is-told': purged,
};

/** At least so many records have to be recomputed. */
const LEAST_RECORDS = 20;

/** Recomputes every audit stream, and finds the one record that it changes in a copy. */
export async function chainHolds(scene: Scene): Promise<Omit<StepResult, 'name'>> {
  let records = 0;
  let found = true;
  for (const [stream, lines] of await scene.streams()) {
    const check = checkChain(lines, chainStart(stream));
    if (check.kind !== 'holds') return failed(undefined);
    records += lines.length;
    const middle = Math.floor(lines.length / 2);
    const forged = lines.map((line, at) => (at === middle ? line.replace(/"time":"\d{4}/, '"time":"1999') : line));
    if (checkChain(forged, chainStart(stream)).kind !== 'broken') found = false;
  }
  return { ok: found && records >= LEAST_RECORDS, actedAt: null, detectedAt: null, restoredAt: null, restoreMs: null };
}
