import { type Hanging, hangingOn } from '../domain/hanging.ts';
import type { WatchedSet } from '../domain/propagation.ts';
import { versionUrl } from '../domain/vault-object.ts';
import type { IncidentDraft } from '../incidents/draft.ts';
import { connect, idOfVault, isOf } from '../incidents/kinds/kind.ts';
import { setMoved } from '../incidents/kinds/set-moved.ts';
import { type NotFollowing, setNotFollowed } from '../incidents/kinds/set-not-followed.ts';
import { endIncidents, openIncident } from '../incidents/store.ts';
import type { Ports } from '../ports.ts';
import { addressed } from '../posture/addressed.ts';
import { causesOf, type Situation } from './causes.ts';
import type { ReadSet } from './read-sets.ts';
import { isToUpdate } from './update.ts';
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
    isOfWatch({ kind }) && (kind !== draft?.kind || reason !== draft.reason);
  await endIncidents(subject, isOver, `it is ${verdict.kind} now`, ports);
  if (draft !== undefined) await openIncident(draft, ports);
}

/** Whether an incident is of a verdict. */
export const isOfWatch = ({ kind }: Pick<IncidentDraft, 'kind'>): boolean =>
  kind === setNotFollowed.id || kind === setMoved.id;

const BACK = 'it has its key again';

/**
 * Alerts operators that a set takes no new version by itself, and was not pointed at one although the policy says so.
 *
 * @param because why it was not, a clause
 */
export async function alertNotUpdated(
  one: Pick<ReadSet, 'next' | 'user'>,
  because: string,
  ports: Ports,
): Promise<void> {
  const causes = [`The guardian did not point it at that version: ${because.replace(/\.$/, '')}.`];
  const verdict = { kind: 'not-rotating', isConfidential: false } as const;
  await openIncident(notFollowed(verdict, hangingOnSet(one, ports), one, { causes, commands: [] }), ports);
}

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
      // Whoever is to point it at the version alerts of it where that fails.
      return isToUpdate(set, ports.policy) ? undefined : notFollowed(verdict, hangs, one);
    case 'reverted':
      return notFollowed(verdict, hangs, { next: withoutOwnAct(set, ports) });
    case 'unreachable':
      return notFollowed(verdict, hangs, one);
    case 'moved':
      if (verdict.isGuarded) return undefined;
      return setMoved.draft({
        set: withoutOwnAct(set, ports),
        to: verdict.to,
        hangs,
        commands: [`${pointed(set)} --source-vault ${idOfVault(set.rotation.vault)}`],
      });
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

/** The guardian sets nothing back, and moves nothing: where it is named, no event has come of who did. */
function withoutOwnAct(set: WatchedSet, { settings }: Ports): WatchedSet {
  const { changed, ...rest } = set;
  return changed !== undefined && settings.ownObjectIds.includes(changed.by.oid.toLowerCase()) ? rest : set;
}

const NONE = { causes: [], commands: [] } satisfies Pick<
  Parameters<typeof setNotFollowed.draft>[1],
  'causes' | 'commands'
>;

const notFollowed = (
  verdict: NotFollowing,
  hangs: Hanging,
  { next: set }: Pick<ReadSet, 'next'>,
  { causes: said, commands }: { readonly causes: readonly string[]; readonly commands: readonly string[] } = NONE,
): IncidentDraft =>
  setNotFollowed.draft(verdict.kind, {
    ...{ set, verdict, hangs, causes: said },
    // Its causes have a command where it may not use its key.
    isCut: commands.length > 0,
    commands: [...commands.map((command) => `${command}  # first: lets it use its key`), ...commandsFor(verdict, set)],
  });

/** What a person can type. It points the set at the newest version of its key, or shows it. */
function commandsFor(verdict: NotFollowing, set: WatchedSet): readonly string[] {
  const shows = `az disk-encryption-set show ${addressed(set.id)}`;
  const update = pointed(set);
  switch (verdict.kind) {
    case 'not-rotating':
      return [verdict.isConfidential ? update : `${update} --enable-auto-key-rotation true`];
    case 'reverted':
      return [`${update} --enable-auto-key-rotation true`];
    case 'late':
    case 'stuck':
      return [`${update} --enable-auto-key-rotation true  # points it there`, `${shows}  # what is wrong with it`];
    case 'unreachable':
      return [connect('if a right is missing, gives it back'), `${shows}  # which version it has`];
    default:
      return verdict satisfies never;
  }
}

/** Points the set at the version of its key that it should have. */
const pointed = ({ id, rotation }: WatchedSet): string =>
  `az disk-encryption-set update ${addressed(id)} --key-url ${versionUrl(rotation)}`;

async function causes(
  { next: { rotation }, read, record }: ReadSet,
  vaultOf: (name: string) => Promise<Situation['vault']>,
  { now }: Ports,
) {
  if (read.answer.kind !== 'ok') return NONE;
  const vault = await vaultOf(rotation.vault);
  const { found, unknown, commands } = causesOf({ set: read.answer.value, rotation, record, vault, now: now() });
  const where = unknown.length === 0 ? 'its identity, its rights, or the state of its key' : 'what could be read';
  const none = found.length === 0 ? [`No cause was found in ${where}.`] : [];
  return {
    causes: [...found, ...none, ...unknown.map((because) => `Not known: ${because}.`)],
    commands,
  };
}

/** What hangs on a set, as the last survey counted it. */
function hangingOnSet({ next: { rotation }, user }: Pick<ReadSet, 'next' | 'user'>, { scope }: Ports): Hanging {
  if (user === undefined)
    return { kind: 'unknown', says: 'what hangs on it is not known: no survey has found it on this key' };
  const use = { surveyedAt: scope.surveyed.at ?? rotation.created, users: [user] };
  const alone = { ...use, machines: [], machineCount: 0, runningCount: 0, unknown: [] };
  return hangingOn({ vault: rotation.vault, key: rotation.key }, alone, scope.surveyed);
}
