import { type Hanging, hangingOn } from '../domain/hanging.ts';
import type { Rotation, WatchedSet } from '../domain/propagation.ts';
import type { IncidentDraft } from '../incidents/draft.ts';
import { isOf } from '../incidents/kinds/kind.ts';
import { setMoved } from '../incidents/kinds/set-moved.ts';
import { type NotFollowing, setNotFollowed } from '../incidents/kinds/set-not-followed.ts';
import { endIncidents, openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { addressed } from '../posture/addressed.ts';
import { causesOf, type Situation } from './causes.ts';
import type { ReadSet } from './read-sets.ts';
import { isOpen } from './verdict.ts';

/**
 * Opens the incident of a new verdict that people are alerted of, and ends those of earlier verdicts. While a verdict is still
 * open, what stands stays.
 *
 * @param vaultOf what is known of a vault now, asked for a cause alone
 */
export async function alertOfVerdict(
  one: ReadSet,
  vaultOf: (name: string) => Promise<Situation['vault']>,
  ports: Ports,
): Promise<void> {
  const { stored, next } = one;
  const { verdict } = next;
  const subject = { kind: 'disk-encryption-set', id: next.id } as const;
  if (isOpen(verdict)) {
    // It has its key again, whether its disks are on the newest version or not.
    if (stored.value.verdict.kind === 'moved' || stored.value.unsaid === true)
      await endIncidents(subject, isOf(setMoved), BACK, ports);
    return;
  }
  const draft = await draftOf(one, vaultOf, ports);
  const isOver = ({ kind, reason }: Pick<IncidentDraft, 'kind' | 'reason'>): boolean =>
    (kind === setNotFollowed.id || kind === setMoved.id) && (kind !== draft?.kind || reason !== draft.reason);
  await endIncidents(subject, isOver, `it is ${verdict.kind} now`, ports);
  if (draft !== undefined) await openIncident(draft, ports);
}

const BACK = 'it has its key again';

async function draftOf(
  one: ReadSet,
  vaultOf: (name: string) => Promise<Situation['vault']>,
  ports: Ports,
): Promise<IncidentDraft | undefined> {
  const { next: set } = one;
  const { verdict } = set;
  const hangs = hangingOnSet(one, ports);
  switch (verdict.kind) {
    case 'late':
    case 'stuck':
      return notFollowed(verdict, hangs, one, await causes(one, vaultOf, ports));
    case 'not-rotating':
    case 'reverted':
    case 'unreachable':
      return notFollowed(verdict, hangs, one);
    case 'moved':
      return verdict.isGuarded ? undefined : setMoved.draft({ set, to: verdict.to, hangs });
    case 'waiting':
    case 're-wrapping':
    case 'followed':
    case 'proven':
    case 'nothing-to-re-wrap':
    case 'gone':
      return undefined;
    default:
      return verdict satisfies never;
  }
}

const NONE = { causes: [], commands: [] } satisfies Pick<
  Parameters<typeof setNotFollowed.draft>[1],
  'causes' | 'commands'
>;

const notFollowed = (
  verdict: NotFollowing,
  hangs: Hanging,
  { next: set }: ReadSet,
  { causes: said, commands }: { readonly causes: readonly string[]; readonly commands: readonly string[] } = NONE,
): IncidentDraft =>
  setNotFollowed.draft(verdict.kind, {
    ...{ set, verdict, hangs, causes: said },
    commands: [...commands, ...commandsFor(verdict, set)],
  });

/** What a person can type. It points the set at the newest version of its key, or shows it. */
function commandsFor(verdict: NotFollowing, { id, rotation }: WatchedSet): readonly string[] {
  const shows = `az disk-encryption-set show ${addressed(id)}`;
  const update = `az disk-encryption-set update ${addressed(id)} --key-url ${keyUrlOf(rotation)}`;
  switch (verdict.kind) {
    case 'not-rotating':
      return [verdict.isConfidential ? update : `${update} --enable-auto-key-rotation true`];
    case 'reverted':
      return [`${update} --enable-auto-key-rotation true`];
    case 'late':
    case 'stuck':
    case 'unreachable':
      return [shows];
    default:
      return verdict satisfies never;
  }
}

const keyUrlOf = ({ vault, key, version }: Rotation): string =>
  `https://${vault}.vault.azure.net/keys/${key}/${version}`;

async function causes(
  { next: { rotation }, read, record }: ReadSet,
  vaultOf: (name: string) => Promise<Situation['vault']>,
  { now }: Ports,
) {
  if (read.answer.kind !== 'ok') return NONE;
  const vault = await vaultOf(rotation.vault);
  const { found, unknown, commands } = causesOf({ set: read.answer.value, rotation, record, vault, now: now() });
  const none = found.length === 0 ? ['No cause was found in its identity, its rights, or the state of its key.'] : [];
  return {
    causes: [...found, ...none, ...unknown.map((because) => `Not known: ${because}.`)],
    commands,
  };
}

/** What hangs on a set, as the last survey counted it. */
function hangingOnSet({ next: { rotation }, user }: ReadSet, { scope }: Ports): Hanging {
  if (user === undefined)
    return { kind: 'unknown', says: 'what hangs on it is not known: no survey has found it on this key' };
  const use = { surveyedAt: scope.surveyed.at ?? rotation.created, users: [user] };
  const alone = { ...use, machines: [], machineCount: 0, runningCount: 0, unknown: [] };
  return hangingOn({ vault: rotation.vault, key: rotation.key }, alone, scope.surveyed);
}
