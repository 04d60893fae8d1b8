import { NO_VAULT } from '../../domain/audit-record.ts';
import { PolicyInvalid } from '../../errors.ts';
import { policyInvalid } from '../../incidents/kinds/policy-invalid.ts';
import { endIncidents, openIncident } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import { tellPolicyChange } from '../policy-changes.ts';
import { keepSweeping } from './schedule.ts';

/**
 * Plants the sweep of every vault that has none under way. A policy that cannot be used is told to everybody and thrown:
 * nothing is swept and nothing is written until it can be used again.
 */
export async function watch(ports: Ports): Promise<void> {
  try {
    await keepSweeping('sentry', ports);
  } catch (error) {
    if (!(error instanceof PolicyInvalid)) throw error;
    await openIncident(policyInvalid.draft(error, ports.now()), ports);
    throw error;
  }
  await tellPolicyChange(ports);
  await endIncidents(
    { vault: NO_VAULT },
    ({ kind }) => kind === policyInvalid.id,
    'the policy can be used again',
    ports,
  );
}
