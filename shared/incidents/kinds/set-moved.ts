import { escaped } from '../../domain/escaped.ts';
import type { Hanging } from '../../domain/hanging.ts';
import type { WatchedSet } from '../../domain/propagation.ts';
import { incidentKind, withItsState } from './kind.ts';

/** A set that has another key now. */
export interface Moved {
  readonly set: Pick<WatchedSet, 'id' | 'name' | 'rotation' | 'from' | 'changed'>;
  /** The key, as people write it. */
  readonly to: string;
  readonly hangs: Hanging;
  /** What points it at its key again. */
  readonly commands: readonly string[];
}

export const setMoved = incidentKind(
  {
    id: 'set-moved',
    audience: 'on-call',
    severity: 'critical',
    tells:
      'A disk encryption set has a key that the guardian does not guard: whoever has that key can take its disks away.',
    ...withItsState('when the set has a guarded key, or is deleted'),
  },
  ({ set, to, hangs, commands }: Moved) => ({
    subject: { kind: 'disk-encryption-set', id: set.id },
    since: set.from,
    hangs,
    commands: commands.map((command) => `${command}  # if nobody meant it`),
    summary: `The disk encryption set ${escaped(set.name)} has the key ${to}, which nothing guards, in place of ${set.rotation.vault}/${set.rotation.key}. Where nobody meant it, point it back now: once its disks are wrapped with that key, whoever has it can take them away.`,
    ...(set.changed === undefined ? {} : { who: set.changed.by }),
  }),
);
