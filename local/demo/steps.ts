import { generateKeyPairSync, sign } from 'node:crypto';
import { isRestError } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import { attack } from '../attacks.ts';
import { restore } from '../cli/restore.ts';
import { managementOf, write } from '../writes.ts';
import { WAVE_KEYS } from './estate.ts';
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
  type Witness,
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
export const acted = (scene: Witness, vault: string, key: string, did: Did, actedAt: Date): Result => ({
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

/** What somebody asks of the guardian by its API; where none runs, nobody answers. */
async function ask(scene: Scene, identity: string, path: string, given: object): Promise<{ readonly id: string }> {
  if (scene.running.host === undefined) return { id: 'none' };
  const { api } = await scene.context(identity);
  const { approval, hold } = await api.post(path, given, answered);
  return { id: approval?.id ?? hold?.id ?? '' };
}

const named = z.object({ id: z.string() });
const answered = z.object({ approval: named.optional(), hold: named.optional() });

/** `owner` asks for an approval to disable a key, and `approver` grants it. @param by whom it allows to do it; anyone where left out */
const approve = async (scene: Scene, vault: string, key: string, by?: string): Promise<void> => {
  const request = { key, acts: ['disable'], why: 'the demo retires this key', ...(by === undefined ? {} : { by }) };
  const { id } = await ask(scene, 'owner', `approvals/${vault}`, request);
  await ask(scene, 'approver', `approvals/${vault}/${id}/grant`, {});
};

const hold = (scene: Scene, vault: string, key: string) =>
  ask(scene, 'owner', 'holds', { vault, key, why: 'the demo looks into this key' });

/** Somebody does what was approved for somebody else: the state stays, and on-call is told who it was. */
const byOther: Step = async (scene, vault, key) => {
  const owner = scene.running.azure.identities.get('owner')?.oid ?? '';
  const because = { code: 'approved', inWords: 'two people had approved that, but for owner, and on-call was told' };
  const result = await left(because, 'attacker', (...on) => approve(...on, owner))(scene, vault, key);
  const alert = await eventually(scene, () => scene.sink.told(vault, key).find(({ kind }) => kind === KINDS.byOther));
  return { ...result, ok: result.ok && alert !== undefined, alerts: alert === undefined ? [] : [alert] };
};

/** A token for the API that says that its bearer is an operator, signed by a key that nobody knows. */
async function forgedToken(scene: Scene): Promise<string> {
  const [head = '', payload = ''] = (await scene.token('attacker')).split('.');
  const said = z.looseObject({}).parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  const claims = Buffer.from(JSON.stringify({ ...said, roles: ['KeyGuardian.Operator'] })).toString('base64url');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return `${head}.${claims}.${sign('sha256', Buffer.from(`${head}.${claims}`), privateKey).toString('base64url')}`;
}

/** Somebody who may not asks for a hold, so that the guardian would write nothing, and then disables the key. */
const forged: Step = async (scene, vault, key) => {
  const { host } = scene.running;
  const did: Did = (what) => `forged a token to hold ${what}, and disabled it`;
  if (host === undefined) return undone('disable', did)(scene, vault, key);
  const { status } = await fetch(`${host.url}/api/people/holds`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await forgedToken(scene)}` },
    body: JSON.stringify({ vault, key, why: 'nobody is to undo this' }),
  });
  const result = await undone('disable', did)(scene, vault, key);
  const recorded = (await scene.records()).some(({ what }) => what === 'refused');
  return {
    ...result,
    ok: result.ok && status === 401 && recorded,
    outcome: `the token was refused (${status}), and it was ${result.outcome}`,
  };
};

/** In a vault in alert a person restores the key, by the API and under their own rights. */
const byPerson: Step = async (scene, vault, key) => {
  await attack('disable', await scene.client(vault, 'attacker'), key);
  const actedAt = lastAct(scene, vault, key);
  const sofar = acted(scene, vault, key, disabled, actedAt);
  const alert = await eventually(scene, () => scene.sink.told(vault, key).at(-1));
  const detectedAt = firstLook(scene, vault, key, actedAt);
  if (alert === undefined || detectedAt === undefined)
    return { ...sofar, outcome: 'nobody was told, so nobody restored it' };
  await restore({ vault, key, version: undefined, dryRun: false, alsoApproved: false }, await scene.context('owner'));
  const isOwners =
    lastActor(scene, vault, key).startsWith('owner@') && writesTo(scene, vault, key, actedAt).length === 0;
  const recorded = (await scene.records()).filter(
    ({ what, who, subject }) =>
      (what === 'intent' || what === 'outcome') &&
      'key' in subject &&
      subject.key === key &&
      who?.name?.startsWith('owner@') === true,
  );
  return {
    ...sofar,
    ok: isUsable(scene, vault, key) && isOwners && recorded.length === 2,
    outcome: 'restored by owner under their own rights, as the guardian planned, recorded and read back',
    alerts: [alert],
    detectedAt: detectedAt.toISOString(),
  };
};

/** What is undone is also posted to Teams, as one card. */
const onTeams: Step = async (scene, vault, key) => {
  const result = await undone('disable', disabled)(scene, vault, key);
  if (!result.ok) return result;
  const cards = (): readonly (readonly string[])[] =>
    scene.teams.posted.filter((texts) => texts.some((text) => text.includes(`${vault}/${key}`)));
  const card = await eventually(scene, () => cards()[0]);
  // Who did it may come as an update.
  const isOne = cards().every(([first = '']) => /^(update: )?resolved: /.test(first));
  const came = card === undefined ? 'no card came to Teams' : `a card of ${card.length} lines came to Teams`;
  return {
    ...result,
    ok: card !== undefined && isOne,
    outcome: `${result.outcome}; ${came}, ${isOne ? 'and none before it was undone' : 'and one before it was undone'}`,
  };
};

/** Teams refuses the alert of one key: after three refusals the channel that stands by is used. */
const nextChannel: Step = async (scene, vault, key) => {
  scene.teams.workflow = { kind: 'throttled', about: `${vault}/${key}` };
  await attack('disable', await scene.client(vault, 'attacker'), key);
  const actedAt = lastAct(scene, vault, key);
  const sofar = acted(scene, vault, key, disabled, actedAt);
  const standby = await eventually(scene, () => scene.logged.find((text) => text.includes(`${vault}/${key}`)));
  const [alert] = scene.sink.told(vault, key);
  if (standby === undefined || alert === undefined) return { ...sofar, outcome: 'no channel got it in time' };
  return {
    ...sofar,
    ok: true,
    outcome: 'Teams refused the alert three times, and the channel that stood by, the log of the app, has it',
    alerts: [alert],
    detectedAt: firstLook(scene, vault, key, actedAt)?.toISOString() ?? null,
  };
};

/** The first line says until when the disk works, and the lines below what hangs on the key and which machine must go on running. */
const namesWhatDies: Step = async (scene, vault, key) => {
  await attack('disable', await scene.client(vault, 'attacker'), key);
  const actedAt = lastAct(scene, vault, key);
  const sofar = acted(scene, vault, key, disabled, actedAt);
  const alert = await eventually(scene, () =>
    scene.sink
      .alerts('version-disabled', key)
      .find(({ lines }) => lines.includes('hangs on it: 1 disk encryption set (1 disk), 1 machine, 1 running')),
  );
  if (alert === undefined) return { ...sofar, outcome: 'no alert said what hangs on it' };
  const { kind, audience, title, summary, lines } = alert;
  const machine = lines.find((line) => line.startsWith('machines: '));
  const keeps = lines.some((line) => line.startsWith('Do not stop, restart or redeploy'));
  return {
    ...sofar,
    ok:
      /: disks fail in 5\d min, at \d\d:\d\d:\d\d UTC; /.test(title) &&
      machine === `machines: vm-${key} (running)` &&
      keeps,
    outcome: `the alert has the deadline in its first line, and below it what hangs on the key and ${machine}`,
    alerts: [{ kind, audience, title, summary }],
    detectedAt: firstLook(scene, vault, key, actedAt)?.toISOString() ?? null,
  };
};

/** All keys of a vault are disabled at once: five have alerts of their own, and all others one. */
const isOneWave: Step = async (scene, vault, key) => {
  const client = await scene.client(vault, 'attacker');
  await Promise.all(WAVE_KEYS.map((each) => attack('disable', client, each)));
  const actedAt = lastAct(scene, vault, key);
  const sofar = acted(
    scene,
    vault,
    key,
    (what) => `disabled ${what} and ${WAVE_KEYS.length - 1} more keys of the vault`,
    actedAt,
  );
  const wave = await eventually(scene, () =>
    scene.sink.alerts(KINDS.wave).find(({ summary }) => summary.includes(vault)),
  );
  const detectedAt = firstLook(scene, vault, key, actedAt);
  if (wave === undefined || detectedAt === undefined) return { ...sofar, outcome: 'nobody was told of a wave' };
  const { kind, audience, title, summary } = wave;
  const from = new Date();
  const swept = await eventually(scene, () =>
    passesOver(scene, vault, from) >= PASSES_WITHOUT_A_WRITE ? true : undefined,
  );
  const own = WAVE_KEYS.filter((each) => scene.sink.told(vault, each).length > 0);
  const waves = new Set(scene.sink.alerts(KINDS.wave).map(({ id }) => id));
  return {
    ...sofar,
    ok: swept === true && own.length === 5 && waves.size === 1,
    outcome: `${own.length} of the keys have alerts of their own, and ${waves.size} wave has the others`,
    alerts: [{ kind, audience, title, summary }],
    detectedAt: detectedAt.toISOString(),
  };
};
/** Somebody takes a vault from its disks through Resource Manager: no key has changed, and on-call is alerted by the Activity Log. */
const taken =
  (act: string, did: Did, kind: string): Step =>
  async (scene, vault, key) => {
    const { azure, guardian, host } = scene.running;
    // What hangs on the key is known by a survey.
    if (host !== undefined) await eventually(scene, () => guardian.ports.scope.surveyed.vaults.get(vault)?.id);
    const actedAt = new Date();
    await write(act, managementOf(azure.httpClient, azure.credential('attacker')), vault, key);
    const sofar = {
      ...{ ...NOTHING, actor: azure.identities.get('attacker')?.upn ?? null, act: did(`${vault}/${key}`) },
      actedAt: actedAt.toISOString(),
    };
    const alert = await eventually(scene, () => scene.sink.told(vault).find((one) => one.kind === kind));
    const detectedAt = azure.resourceManager.log.find(
      ({ identity, url, at }) => identity === 'surveyor' && url.includes(`/vaults/${vault}`) && at >= actedAt,
    )?.at;
    if (alert === undefined || detectedAt === undefined) return { ...sofar, outcome: 'nobody was alerted of it' };
    return {
      ...sofar,
      ok: true,
      outcome: `on-call was alerted after ${((Date.now() - actedAt.getTime()) / 1_000).toFixed(1)} s: "${alert.kind}: ${alert.summary}"`,
      alerts: [alert],
      detectedAt: detectedAt.toISOString(),
    };
  };

/** Nobody acts: a survey has to find the key that a disk needs and nothing guards, and operators have to be alerted of what hangs on it. */
const unguardedFound: Step = async (scene, vault, key) => {
  const alert = await eventually(scene, () => scene.sink.told(vault).find(({ kind }) => kind === KINDS.unguarded));
  if (alert === undefined) return { ...NOTHING, outcome: `nobody was alerted that nothing guards ${vault}/${key}` };
  return {
    ...NOTHING,
    ok: alert.summary.includes(`${vault}/${key} (1 disk encryption set (1 disk), 1 machine, 1 running)`),
    outcome: `operators were alerted: "${alert.kind}: ${alert.summary}"`,
    alerts: [alert],
  };
};

/** Nobody acts: a person asks what hangs on what, and the key is named with its disk and its machine. */
const planNames: Step = async (scene, vault, key) => {
  const { vaults } = await scene.plan();
  const found = vaults.find(({ name }) => name === vault)?.keys.find(({ name }) => name === key);
  return {
    ...NOTHING,
    ok: found?.disks === 1 && found.machines === 1 && found.users.length === 1,
    outcome:
      found === undefined
        ? `the plan does not name ${vault}/${key}`
        : `the plan names what hangs on ${vault}/${key}: ${found.disks} disk, ${found.machines} machine`,
  };
};

/** Nobody acts: whoever asks for a plan sends nothing that writes. */
const planWritesNothing: Step = async (scene, vault, key) => {
  await scene.plan();
  const { log, resourceManager } = scene.running.azure;
  const sent = [...log, ...resourceManager.log].filter(({ identity }) => identity === 'planner');
  // A query to Resource Graph is sent by POST, and only reads.
  const writes = sent.filter(
    ({ method, url }) => method !== 'GET' && !url.includes('/providers/Microsoft.ResourceGraph/resources?'),
  );
  const hasRead = log.some((one) => one.identity === 'planner' && one.vault === vault && one.key === key);
  return {
    ...NOTHING,
    ok: hasRead && writes.length === 0,
    outcome: `the plan sent ${sent.length} requests, and ${writes.length === 0 ? 'none' : writes.length} of them wrote`,
  };
};

/** A step that throws has failed, and says why; the others go on. */
export async function tried(name: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    const outcome = `it broke off: ${error instanceof Error ? error.message : String(error)}`;
    process.stderr.write(`${name}: ${outcome}\n`);
    return { ...NOTHING, outcome };
  }
}

/** The steps that play on a key of their own, side by side. */
export const steps: Readonly<Record<string, Step>> = {
  disable: undone('disable', disabled),
  delete: undone('delete', deleted),
  'delete-again': deletedAgain,
  expire: undone('expire', (what) => `moved the expiry of ${what} to yesterday`),
  'not-before': undone('not-before', (what) => `moved the not-before of ${what} to tomorrow`),
  'strip-operations': undone('strip-operations', (what) => `took wrapKey and unwrapKey from ${what}`),
  'approval-lets-a-disable-stand': left(
    { code: 'approved', inWords: 'owner had asked for it and approver had granted it, by the API' },
    'owner',
    approve,
  ),
  'other-person-is-told': byOther,
  'hold-by-api': left({ code: 'hold', inWords: 'owner had set a hold on the key, by the API' }, 'attacker', hold),
  'forged-token-refused': forged,
  'alert-mode-writes-nothing': left(
    { code: 'alert-only', inWords: 'the vault is in alert' },
    'attacker',
    async () => undefined,
  ),
  'restore-by-a-person': byPerson,
  'teams-card-received': onTeams,
  'channel-down-next-used': nextChannel,
  'recreated-is-told': recreated,
  'purge-is-told': purged,
  'access-cut-named': taken('cut-access', (what) => `took its role from the set on ${what}`, KINDS.cut),
  'vault-deleted-told': taken('delete-vault', (what) => `deleted the vault of ${what}`, KINDS.gone),
  'plan-names-what-hangs-on-a-key': planNames,
  'plan-writes-nothing': planWritesNothing,
  'unguarded-key-found': unguardedFound,
  'alert-names-what-dies-and-when': namesWhatDies,
  'wave-is-one-page': isOneWave,
};
