import type { AlertContent } from '../../shared/domain/incident.ts';
import { later, SECOND_MS } from '../../shared/domain/time.ts';
import { opened, undone } from '../alert-texts.ts';
import { AT, HANGS } from '../example-incidents.ts';

/** An alert as a channel shows it. */
export interface Example {
  /** The id of the channel. */
  readonly channel: string;
  /** What is to be seen, in a few words. */
  readonly shows: string;
  readonly alert: AlertContent;
  /** When it is sent. */
  readonly now: Date;
}

const afterSeconds = (seconds: number): Date => later(AT, seconds * SECOND_MS);
const disabled = opened('version-disabled');

/** A few alerts that tell most, by the names of their pictures. */
export const examples: Readonly<Record<string, Example>> = {
  'teams-version-disabled': {
    channel: 'teams',
    shows: 'a version is disabled in a vault in `alert`, and somebody has to restore it',
    alert: { event: 'opened', incident: disabled },
    now: afterSeconds(22),
  },
  'teams-restored': {
    channel: 'teams',
    shows: 'the guardian has restored it, and nobody has to do anything',
    alert: { event: 'resolved', incident: undone(disabled) },
    now: afterSeconds(32),
  },
  'slack-key-flapping': {
    channel: 'slack',
    shows: 'the same key is disabled again and again: first it has to be known whether a responder does that',
    alert: { event: 'opened', incident: { ...opened('key-flapping'), hangs: HANGS } },
    now: afterSeconds(40),
  },
  'slack-channel-failing': {
    channel: 'slack',
    shows: 'another channel refuses alerts: this is for operators',
    alert: {
      event: 'opened',
      incident: { ...opened('guardian-unwell, channel-failing'), commands: ['key-guardian alert test teams'] },
    },
    now: afterSeconds(90),
  },
  'pagerduty-key-missing': {
    channel: 'pagerduty',
    shows: 'a key was purged, which nobody can undo',
    alert: { event: 'opened', incident: opened('key-missing') },
    now: afterSeconds(60),
  },
};
