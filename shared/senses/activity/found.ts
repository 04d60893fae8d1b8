import { type Hanging, hangingOn } from '../../domain/hanging.ts';
import type { Incident } from '../../domain/incident.ts';
import type { KeyUse } from '../../domain/key-use.ts';
import type { ManagementAnswer } from '../../domain/resource-manager.ts';
import type { Subject } from '../../domain/subject.ts';
import { isOf, type KindFacts } from '../../incidents/kinds/kind.ts';
import { readIncidents } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';

/** What hangs on the keys of a vault, as the last survey found it. */
export type Uses = readonly { readonly key: string; readonly use: KeyUse }[];

/** The rows of a vault's keys. */
export const usesOf = async (vault: string, { tables }: Ports): Promise<Uses> =>
  (await tables.uses.list(vault)).stored.map(({ row, value }) => ({ key: row.row, use: value }));

/** What hangs on all keys of a vault, or on some of their users. */
export function hangsOn(vault: string, uses: Uses, { scope }: Ports, meant?: ReadonlySet<string>): Hanging {
  const users = uses.flatMap(({ use }) => use.users.filter(({ id }) => meant === undefined || meant.has(id)));
  const machines = [...new Map(uses.flatMap(({ use }) => use.machines).map((one) => [one.id, one])).values()];
  const isAll = meant === undefined;
  const use: KeyUse = {
    surveyedAt: scope.surveyed.at ?? new Date(0),
    users: [...new Map(users.map((user) => [user.id, user])).values()],
    machines,
    // Keys can share machines: only those that are named are known to be different.
    machineCount: isAll ? Math.max(machines.length, ...uses.map((one) => one.use.machineCount)) : 0,
    runningCount: isAll ? machines.filter(({ power }) => power === 'running').length : 0,
    unknown: uses.flatMap((one) => one.use.unknown),
  };
  return hangingOn({ vault, key: '' }, users.length === 0 ? undefined : use, scope.surveyed);
}

/** Whether an incident is an open one of a kind. */
export const openOf =
  (kind: Pick<KindFacts, 'id'>) =>
  (incident: Incident): boolean =>
    incident.state === 'open' && isOf(kind)(incident);

/** Whether there is an open incident of a kind. */
export const isOpen = async (subject: Subject, kind: Pick<KindFacts, 'id'>, ports: Ports): Promise<boolean> =>
  (await readIncidents(ports, subject)).stored.some(({ value }) => openOf(kind)(value));

/** The answer of a read. Throws the refusal: what cannot be read is unknown, not gone. */
export function valueIn<T>(answer: ManagementAnswer<T>): T {
  switch (answer.kind) {
    case 'ok':
      return answer.value;
    case 'missing':
      throw new Error('Resource Manager does not show what it showed a moment ago.');
    default:
      throw answer.error;
  }
}
