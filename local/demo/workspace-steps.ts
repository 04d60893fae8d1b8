import { isRestError } from '@azure/core-rest-pipeline';
import { duration } from '../../shared/alerts/text.ts';
import type { AuditRecord } from '../../shared/domain/audit-record.ts';
import { utc } from '../../shared/domain/time.ts';
import { attack } from '../attacks.ts';
import { runQuery } from '../azure/monitor/run.ts';
import { turnClock } from '../clock.ts';
import { LOCAL_WORKSPACE } from '../guardian.ts';
import { logQueries } from '../log-queries.ts';
import { TURNED_KEYS } from './estate.ts';
import { firstLook, isUsable, lastAct, lastActor, restoredBy } from './scene.ts';
import { acted, NOTHING, type Result } from './steps.ts';
import type { Turned } from './turned.ts';

const MINUTE_MS = 60_000;
const STEP_MS = 10_000;
/** How long a record takes at most until a query gives it: two minutes until it is sent, by the steps of the clock here, and five until it shows. */
const ARRIVES_WITHIN_MS = 8 * MINUTE_MS;
/** The same for an audit event, with the two minutes between two queries. */
const NAMED_WITHIN_MS = 12 * MINUTE_MS;
const UNDONE_WITHIN_MS = 5 * MINUTE_MS;

const [, once = ''] = logQueries().find(([name]) => name === 'records-once') ?? [];

/** The records that the saved function gives now, by their ids. */
const arrived = ({ running }: Turned): ReadonlyMap<string, Readonly<Record<string, unknown>>> =>
  new Map(
    runQuery(once, running.azure.monitor.workspace(LOCAL_WORKSPACE).table).rows.map((row) => [
      String(row.RecordId),
      row,
    ]),
  );

/** How many records there are, and how many of them have arrived as they are: with their own time, their place in their stream and their hash. The trail may have a record twice, and the saved function gives one of them. */
function compared(records: readonly AuditRecord[], turned: Turned): { readonly all: number; readonly there: number } {
  const rows = arrived(turned);
  const isThere = ({ id, time, sequence, hash }: AuditRecord): boolean => {
    const row = rows.get(id);
    return (
      row?.RecordHash === hash && row.Sequence === sequence && Date.parse(String(row.RecordedAt)) === time.getTime()
    );
  };
  const byId = [...Map.groupBy(records, ({ id }) => id).values()];
  return { all: byId.length, there: byId.filter((same) => same.some(isThere)).length };
}

/** Nobody acts: what is in the trail is in the workspace as well, minutes later. */
async function trailReaches(turned: Turned): Promise<Result> {
  await turned.pass(ARRIVES_WITHIN_MS, 2 * MINUTE_MS);
  const until = Date.now() - ARRIVES_WITHIN_MS;
  const records = (await turned.stored.records()).filter(({ time }) => time.getTime() <= until);
  const { all, there } = compared(records, turned);
  return {
    ...NOTHING,
    ok: all > 0 && there === all,
    outcome:
      all === 0
        ? 'there is no record that could have arrived'
        : `${there} of ${all} records older than ${duration(ARRIVES_WITHIN_MS)} are in the workspace, each once and with its hash`,
  };
}

/** Whom the alerts of a kind on a key name, in the order in which they came. */
const whoIn = ({ sink }: Turned, kind: string, key: string): readonly string[] =>
  sink.lines(kind, key).flatMap((lines) => lines.filter((line) => line.startsWith('who: ')));

const NOT_KNOWN = 'who: not known yet';

/** The sweep undoes it before anybody knows who it was; the workspace names them. */
async function whoNamed(turned: Turned): Promise<Result> {
  const [vault, key] = TURNED_KEYS.named;
  const { running, pass, sink } = turned;
  await attack('disable', await turned.client(vault, 'attacker'), key);
  const actedAt = lastAct({ running }, vault, key);
  await pass(UNDONE_WITHIN_MS, STEP_MS, () => isUsable({ running }, vault, key));
  const restoredAt = restoredBy({ running }, vault, key, actedAt);
  const sofar = acted({ running }, vault, key, (what) => `disabled ${what}`, actedAt);
  const actor = lastActor({ running }, vault, key);
  const isNamed = (): boolean => whoIn(turned, 'version-disabled', key).at(-1)?.includes(actor) === true;
  const wasNamed = isNamed();
  await pass(NAMED_WITHIN_MS, MINUTE_MS, isNamed);
  if (restoredAt === undefined || !isNamed()) return { ...sofar, outcome: 'nobody undid it, and nobody was named' };
  const passed = (to: number): string => duration(to - actedAt.getTime());
  return {
    ...sofar,
    ok: !wasNamed,
    outcome: `undone after ${passed(restoredAt.getTime())}, when nobody knew who it was; after ${passed(Date.now())} the workspace named them`,
    alerts: sink.told(vault, key).slice(-1),
    detectedAt: firstLook({ running }, vault, key, actedAt)?.toISOString() ?? null,
  };
}

/** Nobody acts: the first alert of the step before said up to when audit events had arrived, and `status` says it as well. */
async function howFar(turned: Turned): Promise<Result> {
  const [vault, key] = TURNED_KEYS.named;
  const said = await turned.status();
  const [first = ''] = whoIn(turned, 'version-disabled', key);
  const alerted = /^who: not known yet: audit events of this vault had arrived up to (.+)$/.exec(first)?.[1];
  const shown = said && new RegExp(`${vault} .*audit events have arrived up to (.+? UTC)`).exec(said)?.[1];
  if (alerted === undefined || shown === undefined) return { ...NOTHING, outcome: 'nobody said how far it could see' };
  const rows = turned.running.azure.monitor.workspace(LOCAL_WORKSPACE).table('AZKVAuditLogs')?.rows ?? [];
  const times = new Set(rows.map(({ values }) => utc(new Date(String(values.TimeGenerated)))));
  const actedAt = utc(lastAct(turned, vault, key));
  return {
    ...NOTHING,
    ok: times.has(alerted) && times.has(shown) && alerted < actedAt && actedAt <= shown,
    outcome: `the first alert of it said that events had arrived up to ${alerted}, before the act at ${actedAt}; now status says up to ${shown}`,
  };
}

/** A purge that purge protection refuses changes nothing that a sweep could see. */
async function purgeFound(turned: Turned): Promise<Result> {
  const [vault, key] = TURNED_KEYS.purgeTried;
  const { running, pass, sink } = turned;
  const client = await turned.client(vault, 'attacker');
  await attack('delete', client, key);
  const actedAt = lastAct({ running }, vault, key);
  turnClock(running.azure.behaviours.settleMs);
  const refusal = await client.purgeDeletedKey(key).catch((error: unknown) => error);
  const status = isRestError(refusal) ? refusal.statusCode : undefined;
  const did = (what: string): string => `deleted ${what} and tried to purge it`;
  const sofar = acted({ running }, vault, key, did, actedAt);
  const kind = 'purge-attempted';
  await pass(NAMED_WITHIN_MS, MINUTE_MS, () => sink.lines(kind, key).length > 0);
  const [who = NOT_KNOWN] = whoIn(turned, kind, key);
  const isBack = isUsable({ running }, vault, key);
  return {
    ...sofar,
    ok: status === 403 && isBack && who.includes(lastActor({ running }, vault, key)),
    outcome: isBack
      ? `the key was recovered, and the purge was refused (${status}), which no sweep sees: the query found it after ${duration(Date.now() - actedAt.getTime())}`
      : 'the key stayed deleted, and nobody found the attempt to purge it',
    alerts: sink
      .told(vault, key)
      .filter((alert) => alert.kind === kind)
      .slice(-1),
    detectedAt: firstLook({ running }, vault, key, actedAt)?.toISOString() ?? null,
  };
}

/** The steps that a workspace answers, one after the other. */
export const workspaceSteps: Readonly<Record<string, (turned: Turned) => Promise<Result>>> = {
  'trail-reaches-workspace': trailReaches,
  'who-named-from-workspace': whoNamed,
  'how-far-it-sees-is-said': howFar,
  'purge-attempt-found-by-query': purgeFound,
};

/**
 * Nothing can be sent to the workspace while something else is played: an attack is undone all the same, operators are
 * alerted, and afterwards every record is there with its own time.
 */
export async function outageLosesNothing(turned: Turned, meanwhile: () => Promise<void>): Promise<Result> {
  const [vault, key] = TURNED_KEYS.outage;
  const { running, pass, sink } = turned;
  const from = Date.now();
  const removeFault = running.azure.monitor.fault('send', { kind: 'unreachable' });
  await attack('disable', await turned.client(vault, 'attacker'), key);
  const actedAt = lastAct({ running }, vault, key);
  await pass(UNDONE_WITHIN_MS, STEP_MS, () => isUsable({ running }, vault, key));
  const restoredAt = restoredBy({ running }, vault, key, actedAt);
  await meanwhile();
  const records = (await turned.stored.records()).filter(({ time }) => time.getTime() >= from);
  const before = compared(records, turned).there;
  removeFault();
  await pass(2 * ARRIVES_WITHIN_MS, 2 * MINUTE_MS, () => {
    const { all, there } = compared(records, turned);
    return there === all;
  });
  const isAlerted = sink
    .lines('guardian-unwell', undefined)
    .some(([what = '']) => what.startsWith('what: guardian-unwell (trail-not-shipped)'));
  const sofar = acted({ running }, vault, key, (what) => `disabled ${what} while nothing could be sent`, actedAt);
  if (restoredAt === undefined) return { ...sofar, outcome: 'not undone, and no record says so' };
  const { all, there } = compared(records, turned);
  return {
    ...sofar,
    ok: isAlerted && before === 0 && all > 0 && there === all,
    outcome: `undone after ${duration(restoredAt.getTime() - actedAt.getTime())}; ${isAlerted ? 'operators were alerted' : 'nobody was alerted'}, and after the outage ${there} of ${all} records arrived, each with its own time`,
    alerts: sink.told(vault, key).slice(-1),
    detectedAt: firstLook({ running }, vault, key, actedAt)?.toISOString() ?? null,
  };
}
