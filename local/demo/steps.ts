import { isRestError } from '@azure/core-rest-pipeline';
import { askApproval, grantApproval } from '../../shared/approvals/approve.ts';
import { setHold } from '../../shared/approvals/hold.ts';
import { HOUR_MS } from '../../shared/domain/time.ts';
import { attack } from '../attacks.ts';
import {
  eventually,
  firstLook,
  isUsable,
  isWithheld,
  lastAct,
  lastActor,
  passesOver,
  restoredBy,
  type Scene,
  type StepResult,
  writesTo,
} from './scene.ts';
import { KINDS } from './sink.ts';

/** What a step came to, without its name. */
export type Result = Omit<StepResult, 'name'>;
type Step = (scene: Scene, vault: string, key: string) => Promise<Result>;

/** Of a step in which nobody did anything, and nothing came. */
export const NOTHING: Result = {
  ok: false,
  actor: null,
  act: null,
  outcome: 'it did not come about in time',
  alerts: [],
  actedAt: null,
  detectedAt: null,
  restoredAt: null,
  restoreMs: null,
};

/** What somebody did to a key, which it is given as `vault/key`. */
type Did = (key: string) => string;

const disabled: Did = (key) => `disabled ${key}`;
const deleted: Did = (key) => `deleted ${key}`;

/** Of a step in which somebody acted: who, what and when. */
const acted = (scene: Scene, vault: string, key: string, did: Did, actedAt: Date): Result => ({
  ...NOTHING,
  actor: lastActor(scene, vault, key),
  act: did(`${vault}/${key}`),
  actedAt: actedAt.toISOString(),
});

/** An act that has to be undone: the key is usable again by the local Azure's own state, it was the guardian who changed it, and somebody was told. */
const undone =
  (act: string, did: Did): Step =>
  async (scene, vault, key) => {
    const client = await scene.client(vault, 'attacker');
    const toldBefore = scene.sink.told(vault, key).length;
    await attack(act, client, key);
    const actedAt = lastAct(scene, vault, key);
    const result = await restored(scene, vault, key, actedAt, acted(scene, vault, key, did, actedAt));
    if (!result.ok) return result;
    const alert = await eventually(scene, () => scene.sink.told(vault, key).slice(toldBefore).at(-1));
    return { ...result, ok: alert !== undefined, alerts: alert === undefined ? [] : [alert] };
  };

async function restored(scene: Scene, vault: string, key: string, actedAt: Date, sofar: Result): Promise<Result> {
  const usable = await eventually(scene, () => (isUsable(scene, vault, key) ? true : undefined));
  const restoredAt = usable && restoredBy(scene, vault, key, actedAt);
  const detectedAt = firstLook(scene, vault, key, actedAt);
  const seen = { ...sofar, detectedAt: detectedAt?.toISOString() ?? null };
  if (restoredAt === undefined || detectedAt === undefined) return { ...seen, outcome: 'not undone' };
  const restoreMs = restoredAt.getTime() - actedAt.getTime();
  return {
    ...seen,
    ok: true,
    outcome: `undone by the guardian after ${(restoreMs / 1_000).toFixed(1)} s`,
    restoredAt: restoredAt.toISOString(),
    restoreMs,
  };
}

/** Deleted, and deleted again as soon as it is back. */
const deletedAgain: Step = async (scene, vault, key) => {
  const first = await undone('delete', deleted)(scene, vault, key);
  return first.ok
    ? undone('delete', (what) => `deleted ${what} again, as soon as it was back`)(scene, vault, key)
    : first;
};

/** So many passes have to be over without a write after one was withheld. */
const PASSES_WITHOUT_A_WRITE = 2;

/** An act after which nothing may change: looked at, withheld with its reason, and no write in two more sweeps. */
const left =
  (
    because: { readonly code: string; readonly inWords: string },
    identity: string,
    prepare: (scene: Scene, vault: string, key: string) => Promise<unknown>,
  ): Step =>
  async (scene, vault, key) => {
    await prepare(scene, vault, key);
    const client = await scene.client(vault, identity);
    await attack('disable', client, key);
    const actedAt = lastAct(scene, vault, key);
    const sofar = acted(scene, vault, key, disabled, actedAt);
    const detectedAt = await eventually(scene, () => firstLook(scene, vault, key, actedAt));
    if (detectedAt === undefined) return { ...sofar, outcome: 'nobody looked at it' };
    const seen = { ...sofar, detectedAt: detectedAt.toISOString() };
    const withheld = await eventually(scene, async () =>
      (await isWithheld(scene, vault, key, because.code)) ? new Date() : undefined,
    );
    if (withheld === undefined) return { ...seen, outcome: 'the trail does not say why it was left' };
    const swept = await eventually(scene, () =>
      passesOver(scene, vault, withheld) >= PASSES_WITHOUT_A_WRITE ? true : undefined,
    );
    const state = scene.running.azure.state(vault, key);
    const unchanged =
      state.kind === 'present' &&
      state.versions.every(({ enabled }) => !enabled) &&
      writesTo(scene, vault, key, actedAt).length === 0;
    return {
      ...seen,
      ok: swept === true && unchanged,
      outcome: leftOutcome(unchanged, swept === true, because.inWords),
      alerts: scene.sink.told(vault, key).slice(-1),
    };
  };

function leftOutcome(unchanged: boolean, swept: boolean, inWords: string): string {
  if (!unchanged) return 'changed, and it should have been left alone';
  return swept
    ? `left alone by the guardian: ${inWords}`
    : 'left alone so far, but no further sweep came in time to show it';
}

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

/** What nobody can undo: an alert of that kind has to come, and no write may change anything. */
const told = async (
  scene: Scene,
  { vault, key, kind, did }: { readonly vault: string; readonly key: string; readonly kind: string; readonly did: Did },
  actedAt: Date,
): Promise<Result> => {
  const sofar = acted(scene, vault, key, did, actedAt);
  const came = await eventually(scene, () => (scene.sink.has(kind, vault, key) ? true : undefined));
  const detectedAt = firstLook(scene, vault, key, actedAt);
  const untouched = writesTo(scene, vault, key, actedAt).every(({ changed }) => !changed);
  return {
    ...sofar,
    ok: came === true && detectedAt !== undefined && untouched,
    outcome: untouched
      ? 'nothing can undo that, and nothing was written'
      : 'something was written, and nothing should have been',
    alerts: scene.sink
      .told(vault, key)
      .filter((alert) => alert.kind === kind)
      .slice(-1),
    detectedAt: detectedAt?.toISOString() ?? null,
  };
};

const purged: Step = async (scene, vault, key) => {
  const actedAt = await destroy(scene, vault, key);
  if (actedAt === undefined) return NOTHING;
  return told(scene, { vault, key, kind: KINDS.purged, did: (what) => `deleted and purged ${what}` }, actedAt);
};

const recreated: Step = async (scene, vault, key) => {
  if ((await destroy(scene, vault, key)) === undefined) return NOTHING;
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
  if (actedAt === undefined) return NOTHING;
  return told(
    scene,
    { vault, key, kind: KINDS.recreated, did: (what) => `purged ${what} and made another key under its name` },
    actedAt,
  );
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
  disable: undone('disable', disabled),
  delete: undone('delete', deleted),
  'delete-again': deletedAgain,
  expire: undone('expire', (what) => `moved the expiry of ${what} to yesterday`),
  'not-before': undone('not-before', (what) => `moved the not-before of ${what} to tomorrow`),
  'strip-operations': undone('strip-operations', (what) => `took wrapKey and unwrapKey from ${what}`),
  'approved-disable-stays': left(
    { code: 'approved', inWords: 'owner had asked for it and approver had granted it' },
    'owner',
    approve,
  ),
  'hold-stops-writes': left({ code: 'hold', inWords: 'owner had set a hold on the key' }, 'attacker', hold),
  'alert-mode-writes-nothing': left(
    { code: 'alert-only', inWords: 'the vault is in alert' },
    'attacker',
    async () => undefined,
  ),
  'recreated-is-told': recreated,
  'purge-is-told': purged,
};
