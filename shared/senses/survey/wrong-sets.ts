import { keyPolicy } from '../../domain/policy.ts';
import type { Rotation, WatchedSet } from '../../domain/propagation.ts';
import { subscriptionIn } from '../../domain/survey.ts';
import { DAY_MS, later } from '../../domain/time.ts';
import type { EstateSet } from '../../estate/estate.ts';
import { kept } from '../../kept.ts';
import type { Ports } from '../../ports.ts';
import { lookAt, rotationOf, SETS, watchOf } from '../../propagation/sets.ts';
import { isFollowed } from '../../propagation/verdict.ts';
import type { Read } from './keep.ts';

/**
 * Has every set read that is not as its last verdict says, as far as Resource Graph shows it: one that became wrong without a
 * rotation, one that was moved or deleted, and one that was repaired. To be called while the rows of uses are still those of the
 * survey before, by which a set is known that was moved.
 */
export async function lookAtWrongSets({ at, estate, subscriptions }: Read, ports: Ports): Promise<void> {
  const { tables } = ports;
  const [rows, uses] = await Promise.all([tables.sets.list(SETS), tables.uses.list()]);
  const known = new Map(rows.stored.map(({ value }) => [value.id, value]));
  const keyBefore = new Map(
    uses.stored.flatMap(({ row, value }) => value.users.map(({ id }) => [id, [row.partition, row.row] as const])),
  );
  const newest = kept(async (name) => {
    const [vault = '', key = ''] = name.split('/');
    return keyPolicy(ports.policy, vault, key).guarded ? (await rotationOf(vault, key, ports)).rotation : undefined;
  });
  const sets = estate.users.filter((user) => user.kind === 'disk-encryption-set');
  const found: WatchedSet[] = [];
  for (const set of sets) {
    const row = known.get(set.id);
    const [active] = set.keys;
    // What was wrong before the guardian came, the first survey leaves to `plan`: the next one has it read.
    if (active === undefined || row?.nextReadAt !== undefined || uses.stored.length === 0) continue;
    const rotation = active.at === 'vault' ? await newest(`${active.vault}/${active.name}`) : undefined;
    if (rotation !== undefined) {
      if (isNews(set, rotation, row)) found.push(row ?? beginning(set, rotation, at));
    } else if (row === undefined) {
      const before = await newest(keyBefore.get(set.id)?.join('/') ?? '');
      // A key without a version in the register is no reason: its vault was not swept yet.
      if (before !== undefined && !keyPolicy(ports.policy, active.vault, active.name).guarded)
        found.push(beginning(set, before, at));
    } else if (row.verdict.kind !== 'moved' || !keyPolicy(ports.policy, row.rotation.vault, row.rotation.key).guarded)
      found.push(row);
  }
  const here = new Set(sets.map(({ id }) => id));
  const gone = [...known.values()].filter(
    ({ id, nextReadAt }) =>
      nextReadAt === undefined && !here.has(id) && subscriptions.includes(subscriptionIn(id) ?? ''),
  );
  await lookAt([...found, ...gone], ports);
}

/** Whether what is shown of a set on a guarded key is not what its row says. */
function isNews({ keys, rotationError }: EstateSet, rotation: Rotation, row: WatchedSet | undefined): boolean {
  const [active] = keys;
  const isRight =
    (active?.version ?? rotation.version) === rotation.version && keys.length === 1 && rotationError === undefined;
  const isSaidWrong = row !== undefined && !isFollowed(row.verdict);
  const isOfThis =
    row?.rotation.version === rotation.version &&
    row.rotation.key === rotation.key &&
    row.rotation.vault === rotation.vault;
  return isOfThis ? isRight === isSaidWrong : isSaidWrong || !isRight;
}

/** The watch of a set without a row. Its hour began with the version where that is new, and begins now otherwise. */
const beginning = ({ id, name, keys }: EstateSet, rotation: Rotation, now: Date): WatchedSet => {
  const versions = keys.flatMap(({ version }) => (version === undefined ? [] : [version]));
  const isNew = rotation.created > later(now, -DAY_MS);
  return watchOf({ id, name, versions }, rotation, isNew ? rotation.created : now, now);
};
