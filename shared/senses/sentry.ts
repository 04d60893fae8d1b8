import { PolicyInvalid } from '../errors.ts';
import { openIncident, readIncidents, resolveIncident } from '../incidents/book.ts';
import { NO_VAULT } from '../incidents/set-aside.ts';
import { policyInvalidDraft } from '../incidents/vault-drafts.ts';
import type { Ports } from '../ports.ts';
import { keepSweeping } from './keep-sweeping.ts';
import { tellPolicyChange } from './policy-changes.ts';

/**
 * Plants the sweep of every vault that has none under way. A policy that cannot be used is told to everybody and thrown:
 * nothing is swept and nothing is written until it can be used again.
 */
export async function watch(ports: Ports): Promise<void> {
  try {
    await keepSweeping('sentry', ports);
  } catch (error) {
    if (!(error instanceof PolicyInvalid)) throw error;
    await openIncident(policyInvalidDraft(error, ports.now()), await readIncidents(ports, { vault: NO_VAULT }), ports);
    throw error;
  }
  await tellPolicyChange(ports);
  const booked = await readIncidents(ports, { vault: NO_VAULT });
  for (const open of booked.filter(({ incident }) => incident.kind === 'policy-invalid')) {
    await resolveIncident(open, 'the policy can be used again', false, ports);
  }
}
