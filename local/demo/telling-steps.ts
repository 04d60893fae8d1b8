import { duration } from '../../shared/alerts/text.ts';
import { attack } from '../attacks.ts';
import { TURNED_KEYS } from './estate.ts';
import { firstLook, lastAct } from './scene.ts';
import type { FullAlert, ReceivedAlert } from './sink.ts';
import { acted, NOTHING, type Result } from './steps.ts';
import type { Turned } from './turned.ts';

const MINUTE_MS = 60_000;
const STEP_MS = 10_000;
const [vault, key] = TURNED_KEYS.unanswered;
const KIND = 'version-disabled';
/** How long an alert may take after its sender was killed: until the row of the outbox is due again, and is found. */
const TOLD_WITHIN_MS = 5 * MINUTE_MS;

const short = ({ kind, audience, title, summary }: FullAlert): ReceivedAlert => ({ kind, audience, title, summary });
const alertsOf = ({ sink }: Turned): readonly FullAlert[] => sink.alerts(KIND, key);

/** The function that sends the alert is killed before any channel has it: the alert is sent all the same. */
export async function senderKilled(turned: Turned): Promise<Result> {
  const { running, client, pass } = turned;
  running.host?.interrupt('alert', { kind: 'killed', atStep: 1 }, key);
  await attack('disable', await client(vault, 'attacker'), key);
  const actedAt = lastAct({ running }, vault, key);
  await pass(TOLD_WITHIN_MS, STEP_MS, () => alertsOf(turned).length > 0);
  const sofar = acted({ running }, vault, key, (what) => `disabled ${what}`, actedAt);
  const killed = running.host?.interrupted.filter(({ functionName }) => functionName === 'alert') ?? [];
  const [first] = alertsOf(turned);
  if (first === undefined) return { ...sofar, outcome: 'nobody was told' };
  return {
    ...sofar,
    ok: killed.length === 1,
    outcome: `the function that sends the alert was killed, and the alert came after ${duration(Date.now() - actedAt.getTime())}`,
    alerts: [short(first)],
    detectedAt: firstLook({ running }, vault, key, actedAt)?.toISOString() ?? null,
  };
}

/** Nobody acknowledges the alert of the step before for a quarter of an hour: all channels are alerted again. Then a person enables the key. */
export async function escalatedThenResolved(turned: Turned): Promise<Result> {
  const { running, client, pass } = turned;
  const actedAt = lastAct({ running }, vault, key);
  const sofar = acted(
    { running },
    vault,
    key,
    (what) => `disabled ${what}, and nobody acknowledged the alert`,
    actedAt,
  );
  const escalated = (): FullAlert | undefined =>
    alertsOf(turned).find(({ title }) => title.startsWith('nobody has acknowledged this: critical: '));
  await pass(20 * MINUTE_MS, MINUTE_MS, () => escalated() !== undefined);
  const again = escalated();
  const owner = await client(vault, 'owner');
  await owner.updateKeyProperties(key, { enabled: true });
  const isOver = (): boolean => alertsOf(turned).some(({ event }) => event === 'resolved');
  await pass(TOLD_WITHIN_MS, MINUTE_MS, isOver);
  if (again === undefined) return { ...sofar, outcome: 'nobody was told again' };
  const page = turned.pages.alerts.filter(({ summary }) => summary.includes(`${vault}/${key}`));
  const closed = page.every(({ state }) => state === 'resolved');
  return {
    ...sofar,
    ok: isOver() && page.length === 1 && closed,
    outcome:
      'after a quarter of the time to the deadline every channel was alerted again; once owner had enabled the key, the page was closed',
    alerts: [short(again)],
    detectedAt: firstLook({ running }, vault, key, actedAt)?.toISOString() ?? null,
  };
}

/** Nobody acts: who disabled the key of an earlier step came later than its alert, as an update of the same incident and page. */
export async function actorUpdates({ running, sink, pages }: Turned): Promise<Result> {
  const [of, named] = TURNED_KEYS.named;
  const alerts = sink.alerts(KIND, named);
  const isNamed = ({ lines }: FullAlert): boolean => lines.some((line) => line.startsWith('who: mallory@'));
  const page = pages.alerts.filter(({ summary }) => summary.includes(`${of}/${named}`));
  const incidents = new Set(alerts.map(({ id }) => id));
  const isLater = alerts.findIndex(isNamed) > 0;
  return {
    ...NOTHING,
    ok: running.host !== undefined && isLater && incidents.size === 1 && page.length === 1,
    outcome: isLater
      ? `the alert that names mallory updates the first one: ${incidents.size} incident, ${page.length} page`
      : 'no alert came that names who did it',
  };
}

/** The sense that asks the workspace is blind while something else is played: operators are alerted, until it sees again. */
export async function blindSense(turned: Turned, meanwhile: () => Promise<void>): Promise<Result> {
  const isOf = ({ lines: [what = ''] }: FullAlert): boolean =>
    what.startsWith('what: guardian-unwell (workspace-unread)');
  const told = (): readonly FullAlert[] => turned.sink.alerts('guardian-unwell').filter(isOf);
  const removeFault = turned.running.azure.monitor.fault('query', { kind: 'unreachable' });
  await meanwhile();
  const blind = told();
  removeFault();
  await turned.pass(TOLD_WITHIN_MS, MINUTE_MS, () => told().at(-1)?.event === 'resolved');
  const [first] = blind;
  const isOver = told().at(-1)?.event === 'resolved';
  return {
    ...NOTHING,
    ok: first !== undefined && isOver,
    outcome:
      first === undefined
        ? 'nobody was told that the workspace cannot be asked'
        : `operators were alerted: "${first.title}"; ${isOver ? 'and once it answered again, that it was over' : 'and not that it was over'}`,
  };
}
