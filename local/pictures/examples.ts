import type { AlertContent, Incident } from '../../shared/domain/incident.ts';
import { keyOf, versionOf } from '../../shared/domain/subject.ts';
import { later, MINUTE_MS, SECOND_MS } from '../../shared/domain/time.ts';
import { guardianUnwell } from '../../shared/incidents/kinds/guardian-unwell.ts';
import { keyFlapping } from '../../shared/incidents/kinds/key-flapping.ts';

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

const ACT = new Date('2026-03-01T02:14:07Z');
const VAULT_ID =
  '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/disks/providers/Microsoft.KeyVault/vaults/contoso-disks';
const machine = (name: string, power: 'running' | 'stopped') => ({
  id: `${VAULT_ID.split('/resourceGroups')[0]}/resourceGroups/apps/providers/Microsoft.Compute/virtualMachines/${name}`,
  name,
  power,
});

const key = { vault: 'contoso-disks', key: 'disk-web' };
const mallory = {
  oid: '7a7a7a7a-7a7a-4a7a-8a7a-7a7a7a7a7a7a',
  name: 'mallory@contoso.example',
  address: '203.0.113.7',
};

/** The version of a key that machines use, disabled 20 seconds before it was detected. */
const disabled: Incident = {
  id: '6f0c2a41d5b84e0f9d3c7e1a2b4c6d8e',
  kind: 'version-disabled',
  severity: 'critical',
  audience: 'on-call',
  ends: 'with-an-inspection',
  subject: versionOf(key, '0a1b2c3d4e5f60718293a4b5c6d7e8f9'),
  since: ACT,
  detectedAt: later(ACT, 20 * SECOND_MS),
  deadline: later(ACT, 60 * MINUTE_MS),
  hangs: {
    kind: 'disks',
    says: '1 disk encryption set (6 disks), 3 machines, 2 running',
    machines: [machine('web-1', 'running'), machine('web-2', 'running'), machine('web-3', 'stopped')],
    vaultId: VAULT_ID,
  },
  state: 'open',
  summary: 'Version 0a1b2c3d4e5f60718293a4b5c6d7e8f9 of contoso-disks/disk-web is disabled.',
  judgement: 'withheld: alert-only',
  who: mallory,
  commands: ['key-guardian restore contoso-disks/disk-web'],
  revision: 1,
};

const standing = (
  draft: Omit<Incident, 'id' | 'detectedAt' | 'state' | 'commands' | 'revision'> & Partial<Incident>,
) => ({
  commands: [],
  ...draft,
  id: '9c1d3e5f7a9b4c2d8e0f1a3b5c7d9e0f',
  detectedAt: draft.since,
  state: 'open' as const,
  revision: 1,
});

/** A few alerts that tell most, by the names of their pictures. */
export const examples: Readonly<Record<string, Example>> = {
  'teams-version-disabled': {
    channel: 'teams',
    shows: 'a version is disabled in a vault in `alert`, and somebody has to restore it',
    alert: { event: 'opened', incident: disabled },
    now: later(ACT, 22 * SECOND_MS),
  },
  'teams-restored': {
    channel: 'teams',
    shows: 'the guardian has restored it, and nobody has to do anything',
    alert: {
      event: 'resolved',
      incident: {
        ...disabled,
        state: 'resolved',
        judgement: 'undone',
        restoredAt: later(ACT, 31 * SECOND_MS),
        endedAt: later(ACT, 31 * SECOND_MS),
        revision: 2,
      },
    },
    now: later(ACT, 32 * SECOND_MS),
  },
  'slack-key-flapping': {
    channel: 'slack',
    shows: 'the same key is disabled again and again: first it has to be known whether a responder does that',
    alert: { event: 'opened', incident: { ...standing(keyFlapping.draft(key, ACT, mallory)), hangs: disabled.hangs } },
    now: later(ACT, 40 * SECOND_MS),
  },
  'slack-channel-failing': {
    channel: 'slack',
    shows: 'another channel refuses alerts: this is for operators',
    alert: {
      event: 'opened',
      incident: {
        ...standing(guardianUnwell.draft('channel-failing', ACT, 'teams since 2026-03-01 02:14:07 UTC (status 404)')),
        commands: ['key-guardian alert test teams'],
      },
    },
    now: later(ACT, 90 * SECOND_MS),
  },
  'pagerduty-key-missing': {
    channel: 'pagerduty',
    shows: 'a key was purged, which nobody can undo',
    alert: {
      event: 'opened',
      incident: {
        ...disabled,
        id: '3b5c7d9e0f1a4b3c8d5e6f7a8b9c0d1e',
        kind: 'key-missing',
        subject: keyOf(key),
        judgement: 'left to people',
        summary:
          'Key contoso-disks/disk-web was purged on 2026-03-01 02:14:07 UTC: its material is lost, and with it what it encrypted, unless there is a backup.',
        commands: ['az keyvault key restore --vault-name contoso-disks --file "…"  # a backup of the key'],
        abandons: 'key',
      },
    },
    now: later(ACT, 60 * SECOND_MS),
  },
};
