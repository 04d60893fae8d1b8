import { vaultSubject } from '../../domain/subject.ts';
import { utc } from '../../domain/time.ts';
import { incidentKind, withItsState } from './kind.ts';

export const baselineWaiting = incidentKind(
  {
    id: 'baseline-waiting',
    severity: 'error',
    audience: 'operators',
    tells:
      'Nobody has accepted the baseline of a vault with keys in `block`: what is lost there is alerted and not undone.',
    ...withItsState('with the first sweep after a person accepted it'),
  },
  (vault: string, since: Date) => ({
    subject: vaultSubject(vault),
    since,
    summary: `The baseline of ${vault} has waited for a person since ${utc(since)}: until it is accepted, a disabled or deleted key there is alerted, not restored.`,
    commands: [
      `key-guardian baseline show ${vault}  # first: suspicious versions come first`,
      `key-guardian baseline accept ${vault}  # then, if each version there is right: its keys are restored from then on`,
    ],
  }),
);
