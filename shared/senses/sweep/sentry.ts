import { wakeSenders } from '../../alerts/send.ts';
import { GUARDIAN } from '../../domain/subject.ts';
import { PolicyInvalid } from '../../errors.ts';
import { inTurns } from '../../in-turns.ts';
import { guardianBlind } from '../../incidents/kinds/guardian-blind.ts';
import { isOf } from '../../incidents/kinds/kind.ts';
import { quarantineRows } from '../../incidents/quarantine.ts';
import { endIncidents, openIncident } from '../../incidents/store.ts';
import type { Ports } from '../../ports.ts';
import { alertPolicyChange } from '../policy-changes.ts';
import { keepSweeping } from './schedule.ts';

/** Faults of a policy that an alert lists at most. */
const NAMED_FAULTS = 20;

/**
 * Schedules the sweep of every vault that has none scheduled. A policy that cannot be used is alerted and thrown: nothing is
 * swept and nothing is written until it can be used again.
 */
export async function watch(ports: Ports): Promise<void> {
  try {
    await keepSweeping('sentry', ports);
  } catch (error) {
    if (!(error instanceof PolicyInvalid)) throw error;
    await openIncident(guardianBlind.draft('policy-invalid', GUARDIAN, ports.now(), faultsOf(error)), ports);
    throw error;
  }
  await alertPolicyChange(ports);
  await endIncidents(GUARDIAN, isOf(guardianBlind, 'policy-invalid'), 'the policy can be used again', ports);
}

/** As `watch`, and queues the alerts that are due, also while the policy cannot be used. */
export async function wakeAndWatch(ports: Ports): Promise<void> {
  const steps = [() => wake(ports), () => watch(ports)];
  await inTurns(steps.length, steps, (step) => step());
}

const wake = async (ports: Ports): Promise<void> => quarantineRows(await wakeSenders(ports), ports);

const faultsOf = ({ faults }: PolicyInvalid): string =>
  faults.length <= NAMED_FAULTS
    ? faults.join('; ')
    : `${faults.slice(0, NAMED_FAULTS).join('; ')}; and ${faults.length - NAMED_FAULTS} more: "npm run build" lists all`;
