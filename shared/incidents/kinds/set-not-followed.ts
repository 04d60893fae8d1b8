import { escaped } from '../../domain/escaped.ts';
import type { Hanging } from '../../domain/hanging.ts';
import type { Verdict, WatchedSet } from '../../domain/propagation.ts';
import { kindOfReasons, type ReasonFacts, withItsState } from './kind.ts';

const FOLLOWS = withItsState('when the set follows, has another key, or is deleted');

const reasons = {
  late: { severity: 'error', ...FOLLOWS },
  stuck: { severity: 'error', ...FOLLOWS },
  'not-rotating': { severity: 'warning', ...FOLLOWS },
  reverted: { severity: 'error', ...FOLLOWS },
  unreachable: { severity: 'warning', ...withItsState('when the set can be read') },
} as const satisfies Readonly<Record<string, ReasonFacts>>;
type Reason = keyof typeof reasons;

/** A verdict that people are alerted of, by the kind's reasons. */
export type NotFollowing = Extract<Verdict, { readonly kind: Reason }>;

/** A set that does not follow, with what was found of the cause. */
export interface NotFollowed {
  readonly set: Pick<WatchedSet, 'id' | 'name' | 'rotation' | 'from' | 'changed'>;
  readonly verdict: NotFollowing;
  readonly hangs: Hanging;
  /** In sentences. */
  readonly causes: readonly string[];
  readonly commands: readonly string[];
  /** Whether it is not allowed to use its key at all: then its disks fail for that, as another alert says. */
  readonly isCut: boolean;
}

export const setNotFollowed = kindOfReasons(
  {
    id: 'set-not-followed',
    audience: 'operators',
    tells:
      'A disk encryption set does not follow a new version of its key. Its disks work as long as the older version does.',
    reasons,
  },
  (_reason: Reason, { set, verdict, hangs, causes, commands, isCut }: NotFollowed) => ({
    subject: { kind: 'disk-encryption-set', id: set.id },
    since: set.from,
    hangs,
    commands: [...commands],
    summary: [
      saysOf(set, verdict),
      ...causes,
      isCut
        ? 'When its disks fail for that, the alert access-cut says; if there is none, do the first command now.'
        : 'Its disks work as long as the older versions do: leave those enabled.',
    ].join(' '),
    ...(isCut ? { mayFail: true } : {}),
    ...(verdict.kind === 'reverted' && set.changed !== undefined ? { who: set.changed.by } : {}),
  }),
);

/** A message of the service, without its full stop. It repeats names that people chose; what separates its words stays. */
const sentence = (message: string): string =>
  message
    .replace(/\.$/, '')
    .split(/([,;:] )/)
    .map((part, at) => (at % 2 === 0 ? escaped(part) : part))
    .join('');

function saysOf({ name, rotation }: NotFollowed['set'], verdict: NotFollowing): string {
  const set = `The disk encryption set ${escaped(name)}`;
  const to = `version ${rotation.version} of ${rotation.vault}/${rotation.key}`;
  switch (verdict.kind) {
    case 'late':
      return `${set} did not follow ${to} within an hour: ${verdict.shows}.`;
    case 'stuck':
      return `Azure no longer rotates ${set.replace('The', 'the')}, so that it does not follow ${to}: ${escaped(verdict.code)}: ${sentence(verdict.message)}.`;
    case 'not-rotating':
      return verdict.isConfidential
        ? `${set} is for confidential machines and does not follow ${to}: Azure rotates none of them. Stop all of its machines, point it at the version, and start them: https://learn.microsoft.com/azure/confidential-computing/key-rotation-offline`
        : `${set} takes no new version by itself and does not follow ${to}.`;
    case 'reverted':
      return `${set} was pointed at the older version ${verdict.to} after ${to} was made. A template that names a version does so each time it is deployed.`;
    case 'unreachable':
      return `Whether ${set.replace('The', 'the')} follows ${to} is not known: ${verdict.because}.`;
    default:
      return verdict satisfies never;
  }
}
