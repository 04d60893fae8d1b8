import { guardedVaults, keyPolicy } from '../domain/policy.ts';
import type { WatchedSet } from '../domain/propagation.ts';
import type { Ports } from '../ports.ts';
import { SETS } from '../propagation/sets.ts';
import { minuteOf } from '../propagation/verdict.ts';
import { readKeys } from '../register/keys.ts';
import { endpoint, name } from './endpoint.ts';
import { refuseUnknown } from './known.ts';
import type { RotationReport } from './reports.ts';
import { scheduleOf } from './rotate.ts';

/** When keys were rotated, and which sets follow. */
export const rotationEndpoints = [
  endpoint(
    {
      method: 'GET',
      path: 'rotations',
      needs: 'read',
      says: 'Shows when each guarded key was last rotated and is due again, and whether each disk encryption set on it follows.',
    },
    () => ({ vault: name().optional() }),
    async ({ vault }, _caller, ports) => {
      if (vault !== undefined) await refuseUnknown({ vault }, ports);
      return rotationsOf(vault === undefined ? guardedVaults(ports.policy) : [vault], ports);
    },
  ),
];

async function rotationsOf(vaults: readonly string[], ports: Ports): Promise<RotationReport> {
  const { stored, unreadable } = await ports.tables.sets.list(SETS);
  const watched = new Map(stored.map(({ value }) => [value.id, value]));
  const all = await Promise.all(vaults.map((vault) => keysOf(vault, watched, ports)));
  const missing = all.flatMap((one) => one.unreadable);
  return {
    at: ports.now(),
    keys: all.flatMap(({ keys }) => keys),
    unreadable: [...unreadable.map(({ message }) => message), ...missing],
  };
}

async function keysOf(vault: string, watched: ReadonlyMap<string, WatchedSet>, { tables, policy, now }: Ports) {
  const [{ known, unreadable }, uses] = await Promise.all([readKeys(tables.keys, vault), tables.uses.list(vault)]);
  const users = new Map(uses.stored.map(({ row, value }) => [row.row, value.users]));
  const keys = [...known]
    .filter(([key]) => keyPolicy(policy, vault, key).guarded)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, { record }]): RotationReport['keys'][number] => {
      const schedule = scheduleOf(policy, vault, key, record, now());
      const named = (users.get(key) ?? []).filter(({ kind }) => kind === 'disk-encryption-set');
      // One that left the key stays here until the next rotation: where it is now is part of its verdict.
      const left = [...watched.values()].filter(
        ({ id, rotation }) => rotation.vault === vault && rotation.key === key && named.every((set) => set.id !== id),
      );
      return {
        vault,
        ...schedule,
        ...(schedule.rotatedAt === undefined ? {} : { version: record.observed.current }),
        sets: [...named, ...left].map(({ id, name: set }) => ({ id, name: set, ...verdictOf(watched.get(id)) })),
      };
    });
  const messages = [...unreadable.values(), ...uses.unreadable].map(({ message }) => message);
  return { keys, unreadable: messages };
}

/** The verdict of a set, on which version, and from which minute of its hour on it has been given; nothing of a set that was never watched. */
function verdictOf(row: WatchedSet | undefined): Pick<RotationReport['keys'][number]['sets'][number], 'watch'> {
  if (row === undefined) return {};
  const { rotation, verdict, from, since, nextReadAt } = row;
  const minute = Math.max(0, Math.round(minuteOf(from, since)));
  return { watch: { version: rotation.version, verdict, minute, ...(nextReadAt === undefined ? {} : { nextReadAt }) } };
}
