import { hangingOn } from '../../domain/hanging.ts';
import { effectivePolicy, guardedVaults, keyPolicy, policyOf } from '../../domain/policy.ts';
import {
  MISSED_MS,
  type Surveyed,
  type SurveyedVault,
  type SurveyState,
  surveyedVaultOf,
} from '../../domain/survey.ts';
import { inTurns } from '../../in-turns.ts';
import { incidentId } from '../../incidents/draft.ts';
import { guardianUnwell } from '../../incidents/kinds/guardian-unwell.ts';
import { keyUnguarded } from '../../incidents/kinds/key-unguarded.ts';
import { vaultFound } from '../../incidents/kinds/vault-found.ts';
import { openIncident, openWhile, readIncidents } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import { askAccess } from '../activity/ask.ts';
import { endUnguarded, keysOf } from '../policy-changes.ts';
import type { KeptVault } from './keep.ts';

/** Vaults of whose incidents the rows are read at the same time. */
const AT_ONCE = 8;

/** Alerts operators of vaults that are guarded from now on, and of keys in use that nothing guards; ends what is over. */
export async function alertOfFound(kept: readonly KeptVault[], at: Date, ports: Ports): Promise<void> {
  const { file, surveyed: before, state } = ports.scope;
  const vaults = kept.flatMap(({ name, now }) => (now === undefined ? [] : [[name, now] as const]));
  const surveyed: Surveyed = { at, vaults: new Map(vaults) };
  const policy = effectivePolicy(file, surveyed);
  const was = new Set(guardedVaults(effectivePolicy(file, before)));
  const is = new Set(guardedVaults(policy));
  // A survey that was killed may have written what it found, and alerted nobody of it.
  const isNew = ({ usedSince }: SurveyedVault): boolean =>
    usedSince !== undefined && (state?.lastGoodAt === undefined || usedSince > state.lastGoodAt);
  const added = vaults.flatMap(([name, now]) =>
    is.has(name) && policyOf(file, name) === undefined && (!was.has(name) || isNew(now)) ? [name] : [],
  );
  const left = [...was].filter((vault) => !is.has(vault));
  const steps = [
    () => alertOfVaults(added, ports),
    async () => endUnguarded(await keysOf(left, ports), policy, ports),
    () => inTurns(AT_ONCE, kept, (vault) => alertUnguardedKeys(vault, surveyed, policy, ports)),
    () =>
      askAccess(
        { vaults: kept.flatMap(({ name, isOther }) => (isOther && is.has(name) ? [{ name }] : [])) },
        undefined,
        ports,
      ),
  ];
  await inTurns(1, steps, (step) => step());
}

async function alertOfVaults(vaults: readonly string[], ports: Ports): Promise<void> {
  if (vaults.length === 0) return;
  const draft = vaultFound.draft(vaults, ports.now());
  // The same where the survey is killed and made again.
  const id = incidentId({ ...draft, since: new Date(0) }, vaults.join());
  await openIncident(draft, ports, id);
}

async function alertUnguardedKeys(
  { name, before, now, uses }: KeptVault,
  surveyed: Surveyed,
  policy: Ports['policy'],
  ports: Ports,
): Promise<void> {
  // Neither has an incident of it: most vaults, whose incidents need not be read.
  if (uses.size === 0 && Object.keys(before?.keys ?? {}).length === 0) return;
  const keys = [...uses]
    .filter(([key]) => !keyPolicy(policy, name, key).guarded)
    .map(([key, use]) => ({ key, hangs: hangingOn({ vault: name, key }, use, surveyed).says }));
  const isNamed = policyOf(policy, name) !== undefined;
  const isFound = now !== undefined && surveyedVaultOf(surveyed, name) !== undefined;
  const of = { vault: name, keys, isNamed, isFound };
  const draft = keyUnguarded.draft('not-guarded', { of, since: ports.now() });
  await openWhile(keys.length > 0, draft, 'every key in use is guarded', ports);
}

/** Alerts operators of Managed HSMs whose keys are in use: once for each set of them. */
export async function alertOfHsms(hsms: readonly string[], ports: Ports): Promise<void> {
  if (hsms.length === 0) return;
  const draft = keyUnguarded.draft('managed-hsm', { of: { hsms }, since: ports.now() });
  const id = incidentId({ ...draft, since: new Date(0) }, hsms.join());
  const { stored } = await readIncidents(ports, draft.subject);
  // Where a person has closed it, they know.
  if (stored.every(({ value }) => value.id !== id)) await openIncident(draft, ports, id);
}

/** Alerts operators of subscriptions that two surveys could not read; ends the incident of missed surveys otherwise. */
export async function alertOfUnread({ subscriptions, addedAt }: SurveyState, ports: Ports): Promise<void> {
  const unread = Object.values(subscriptions).flatMap(({ readAt, unread: because }) =>
    because === undefined || ports.now().getTime() - (readAt ?? addedAt).getTime() < MISSED_MS ? [] : [because],
  );
  const draft = guardianUnwell.draft('survey-missed', ports.now(), unread.join('; '));
  await openWhile(unread.length > 0, draft, 'a survey has come to a good end', ports);
}
