import { describe, expect, test } from 'vitest';
import {
  AT,
  DISKS,
  examples,
  GRANT,
  HANGING,
  HOLD,
  ID,
  IN_AN_HOUR,
  KEY,
  MALLORY,
  MEMBER,
  MOVED_BACK,
  NOTHING,
  notFollowed,
  OF_SET,
  OF_VERSION,
  OTHER,
  ROTATE,
  SET_HANGS,
  SHOW_SET,
  UNKNOWN,
  VAULT,
  VERSION,
  WANTED,
} from '../../../../local/example-incidents.ts';
import { firstLine } from '../../../../shared/alerts/text.ts';
import type { Incident } from '../../../../shared/domain/incident.ts';
import { GUARDIAN, keyOf, vaultSubject } from '../../../../shared/domain/subject.ts';
import type { IncidentDraft } from '../../../../shared/incidents/draft.ts';
import { accessCut } from '../../../../shared/incidents/kinds/access-cut.ts';
import { approvedActByOther } from '../../../../shared/incidents/kinds/approved-act-by-other.ts';
import { guardianBlind } from '../../../../shared/incidents/kinds/guardian-blind.ts';
import { holdSet } from '../../../../shared/incidents/kinds/hold-set.ts';
import { keyFlapping } from '../../../../shared/incidents/kinds/key-flapping.ts';
import { keyUnguarded } from '../../../../shared/incidents/kinds/key-unguarded.ts';
import { isOf } from '../../../../shared/incidents/kinds/kind.ts';
import { ownActUnexplained } from '../../../../shared/incidents/kinds/own-act-unexplained.ts';
import { kinds } from '../../../../shared/incidents/kinds/registry.ts';
import { rotationPolicyWeaker } from '../../../../shared/incidents/kinds/rotation-policy-weaker.ts';
import { vaultDeleted } from '../../../../shared/incidents/kinds/vault-deleted.ts';
import { vaultFound } from '../../../../shared/incidents/kinds/vault-found.ts';
import { wave } from '../../../../shared/incidents/kinds/wave.ts';
import { UNPLAIN } from '../../../unplain.ts';

/** Who did it, as the subject of an incident. */
const OF_MALLORY = { kind: 'actor', id: MALLORY.oid } as const;
const onCall = (severity: Incident['severity'], ends: Incident['ends'] = 'by-a-person') =>
  ({ severity, ends, audience: 'on-call' }) as const;
const operators = (severity: Incident['severity'], ends: Incident['ends'] = 'with-its-state') =>
  ({ severity, ends, audience: 'operators' }) as const;

/** What an incident says, and what it never says: `undefined` for a member that it must not have. */
type Says = Partial<IncidentDraft> & Pick<IncidentDraft, 'severity' | 'audience' | 'ends' | 'subject' | 'summary'>;

/** What people read, word for word: the manual of the kinds. */
const rows: readonly (readonly [what: string, draft: IncidentDraft, says: Says])[] = [
  [
    'access-cut, vault',
    examples['access-cut, vault'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
      who: MALLORY,
      deadline: IN_AN_HOUR,
      hangs: SET_HANGS,
      summary: 'des-a: Its identity 0a0b may not unwrapKey in the vault prod-disks: its disks fail.',
      commands: [GRANT],
    },
  ],
  [
    'access-cut, role-lost, where a group may still let the set in: a person says whether it does',
    examples['access-cut, role-lost'],
    {
      ...onCall('critical', 'by-a-person'),
      subject: VAULT,
      who: MALLORY,
      deadline: IN_AN_HOUR,
      hangs: SET_HANGS,
      commands: [expect.stringMatching(/^az role assignment create/)],
      summary: expect.stringMatching(/unless the identity is in a group that holds the right there/),
    },
  ],
  [
    'access-cut, identity, where many causes are told and what hangs on it is not known',
    accessCut.draft('identity', {
      ...{ subject: OF_SET, since: AT, by: undefined, causes: Array.from({ length: 12 }, () => 'It has no identity.') },
      commands: Array.from({ length: 9 }, (_, at) => `az ${at}`),
      hangs: { kind: 'unknown', says: 'what hangs on it is not known' },
    }),
    {
      ...onCall('critical', 'with-its-state'),
      subject: OF_SET,
      deadline: IN_AN_HOUR,
      summary: `${'It has no identity. '.repeat(10)}And 2 more.`,
      commands: ['az 0', 'az 1', 'az 2', 'az 3', 'az 4'],
    },
  ],
  [
    'vault-changed',
    examples['vault-changed'],
    {
      ...operators('warning', 'by-a-person'),
      subject: VAULT,
      who: MALLORY,
      summary: 'Settings of the vault prod-disks have changed: purge protection is on.',
    },
  ],
  [
    'vault-deleted',
    examples['vault-deleted'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
      who: MALLORY,
      deadline: IN_AN_HOUR,
      hangs: SET_HANGS,
      commands: ['az keyvault recover --name prod-disks --subscription s', GRANT],
      summary:
        'The vault prod-disks was deleted: none of its keys can be used. It can be recovered until 2026-03-01 13:00:00 UTC; nobody can purge it before. Recovering brings back its keys and its access policies, but neither its role assignments nor its event subscriptions.',
    },
  ],
  [
    'vault-deleted, and purged, where nothing hangs on it',
    vaultDeleted.draft({
      ...{
        vault: 'prod-disks',
        since: AT,
        by: undefined,
        hangs: NOTHING,
        commands: [],
        recovery: { kind: 'not-listed' },
      },
    }),
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
      deadline: undefined,
      summary:
        'The vault prod-disks was deleted: none of its keys can be used. It is not among the deleted vaults: it was purged, or moved, and `az keyvault recover` no longer helps. What hangs on its keys is lost with them unless a backup of them is restored.',
    },
  ],
  [
    'vault-deleted, where a SQL server needs a key of it: its databases fail before any disk',
    vaultDeleted.draft({
      ...{ vault: 'prod-disks', since: AT, by: undefined, commands: [], recovery: { kind: 'not-listed' } },
      hangs: { kind: 'disks', says: '3 disks, 1 SQL server', databases: true },
    }),
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
      deadline: new Date('2026-03-01T12:30:00.000Z'),
      summary: expect.stringMatching(/^The vault prod-disks was deleted/),
    },
  ],
  [
    'access-refused',
    examples['access-refused'],
    {
      commands: ['az role assignment list --all --assignee 0f0e0d0c-0000-4000-8000-000000000002 --output table'],
      ...onCall('error'),
      subject: KEY,
      who: MALLORY,
      summary:
        'KeyUnwrap of prod-disks/disk-a was refused with 403 although the key is usable: an identity has lost its access.',
      judgement: 'left to people',
    },
  ],
  [
    'approved-act-by-other, on the key as a whole',
    examples['approved-act-by-other'],
    {
      ...onCall('critical'),
      subject: KEY,
      who: MALLORY,
      deadline: IN_AN_HOUR,
      summary: 'Approval a7 allows KeyDelete of prod-disks/disk-a, but not by the person who did it.',
      judgement: 'not restored: two people approved the state, for somebody else',
      commands: ['key-guardian restore prod-disks/disk-a'],
    },
  ],
  [
    'approved-act-by-other, on a version, that stops no disks',
    approvedActByOther.draft({ ...OTHER, operation: 'KeyUpdate', version: VERSION, stopsDisks: false }),
    {
      ...onCall('critical'),
      subject: OF_VERSION,
      who: MALLORY,
      deadline: undefined,
      summary: 'Approval a7 allows KeyUpdate of prod-disks/disk-a/a1b2, but not by the person who did it.',
      commands: ['key-guardian restore prod-disks/disk-a'],
    },
  ],
  [
    'baseline-waiting',
    examples['baseline-waiting'],
    {
      ...operators('error'),
      subject: VAULT,
      summary:
        'The baseline of prod-disks has waited for a person since 2026-03-01 12:00:00 UTC: until it is accepted, a disabled or deleted key there is alerted, not restored.',
      judgement: 'left to people',
      commands: ['key-guardian baseline show prod-disks'],
    },
  ],
  [
    'channel-test',
    examples['channel-test'],
    {
      ...operators('info'),
      subject: GUARDIAN,
      who: MALLORY,
      summary: 'This is a test of the alert channel teams. Nothing is wrong.',
      judgement: 'nothing is to be done',
    },
  ],
  [
    'guardian-blind, no-token',
    examples['guardian-blind, no-token'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: GUARDIAN,
      summary:
        'The guardian gets no token for its identity watcher (KEY_GUARDIAN_WATCHER_CLIENT_ID): vaults are not swept, and deletions and disablements there go unnoticed.',
    },
  ],
  [
    'guardian-blind, vault-unreadable',
    examples['guardian-blind, vault-unreadable'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
      summary:
        'Vault prod-disks has not been swept since 2026-03-01 12:00:00 UTC: the vault is throttled. Deletions and disablements there go unnoticed.',
      judgement: 'trying again; a person has to see why',
      commands: [
        'key-guardian status',
        'az keyvault show --name prod-disks --query "properties.{firewall:networkAcls.defaultAction,public:publicNetworkAccess}"',
      ],
    },
  ],
  [
    'guardian-blind, key-unreadable',
    examples['guardian-blind, key-unreadable'],
    {
      ...onCall('error', 'with-an-inspection'),
      subject: KEY,
      summary:
        'Key prod-disks/disk-a cannot be read: the firewall of the vault refuses the guardian. This does not mean that it is gone.',
      judgement: 'trying again; a person has to see why',
      commands: ['az keyvault key show --vault-name prod-disks --name disk-a --query attributes'],
    },
  ],
  [
    'guardian-blind, register-unreadable',
    examples['guardian-blind, register-unreadable'],
    {
      ...onCall('critical', 'with-an-inspection'),
      subject: KEY,
      summary: 'What the register holds of key prod-disks/disk-a cannot be read: the key is not guarded until it can.',
      judgement: 'left to people',
      commands: ['key-guardian status'],
    },
  ],
  [
    'guardian-blind, not-inspected',
    examples['guardian-blind, not-inspected'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
      summary:
        'Nobody has inspected prod-disks/disk-a since 2026-03-01 12:00:00 UTC, though it is not as approved: nothing is undone in prod-disks. See whether the function inspect runs.',
      judgement: 'left to people',
      commands: ['key-guardian restore prod-disks/disk-a'],
    },
  ],
  [
    'guardian-blind, policy-invalid',
    examples['guardian-blind, policy-invalid'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: GUARDIAN,
      summary:
        'The policy cannot be used, so that no vault is watched and nothing is written: vaults[0].name: not the name of a key vault.',
      judgement: 'left to people',
      commands: ['npm run build'],
    },
  ],
  [
    'guardian-unwell, channel-failing',
    examples['guardian-unwell, channel-failing'],
    {
      ...operators('error'),
      subject: GUARDIAN,
      summary:
        'Alerts do not get through by teams since 2026-03-01 12:00:00 UTC (status 404). They are sent there again and again, and by the next channel meanwhile, where there is one.',
      judgement: 'trying again',
    },
  ],
  [
    'guardian-unwell, channel-misconfigured',
    examples['guardian-unwell, channel-misconfigured'],
    {
      ...operators('error'),
      subject: GUARDIAN,
      summary: 'The alert channel webhook cannot be used: it has no secret.',
      judgement: 'left to people',
    },
  ],
  [
    'guardian-unwell, setting-misconfigured',
    examples['guardian-unwell, setting-misconfigured'],
    {
      ...operators('error'),
      subject: GUARDIAN,
      summary: 'The app does without settings that cannot be used: KEY_GUARDIAN_SWEEP_SECONDS: not a number.',
      judgement: 'left to people',
    },
  ],
  [
    'guardian-unwell, dead-letters-left',
    examples['guardian-unwell, dead-letters-left'],
    {
      ...operators('warning'),
      subject: GUARDIAN,
      summary:
        'Messages lie in sweeps-poison, alerts-poison, and no function can take them: read them in the storage account of the register, then remove them.',
      judgement: 'left to people',
    },
  ],
  [
    'guardian-unwell, not-wired',
    examples['guardian-unwell, not-wired'],
    {
      ...operators('error'),
      subject: VAULT,
      summary:
        'The vault prod-disks is not wired to the guardian: no diagnostic setting sends AuditEvent to the guardian, which learns from it who changes a key. "npm run connect" sets up what is missing.',
      judgement: 'left to people',
      commands: [expect.stringMatching(/^az monitor diagnostic-settings create --name key-guardian --resource '/)],
    },
  ],
  [
    'guardian-unwell, quarantined',
    examples['guardian-unwell, quarantined'],
    {
      ...operators('warning', 'by-a-person'),
      subject: GUARDIAN,
      summary: 'Something could not be read and was quarantined whole as x.txt: not JSON.',
      judgement: 'left to people',
    },
  ],
  [
    'guardian-unwell, register-lost',
    examples['guardian-unwell, register-lost'],
    {
      ...operators('critical', 'by-a-person'),
      subject: VAULT,
      summary:
        'The register of prod-disks was empty although its baseline was accepted; keys rebuilt from the trail: 3.',
      judgement: 'rebuilt from the trail',
    },
  ],
  [
    'guardian-unwell, sentry-silent',
    examples['guardian-unwell, sentry-silent'],
    {
      subject: GUARDIAN,
      ...operators('warning'),
      summary:
        'The timer of the sentry has not fired since 2026-03-01 13:00:00 UTC. Sweeps and alerts go on without it: restart the function app.',
      judgement: 'left to people',
    },
  ],
  [
    'guardian-unwell, signatures-unverified',
    examples['guardian-unwell, signatures-unverified'],
    {
      ...operators('error'),
      subject: VAULT,
      summary:
        "The signatures of approvals or holds for prod-disks cannot be verified, 2 in number: the guardian's own key cannot be read, or none is set up. Until then such approvals count for nothing, and such holds count.",
      judgement: 'left to people',
    },
  ],
  [
    'guardian-unwell, trail-spooled',
    examples['guardian-unwell, trail-spooled'],
    {
      ...operators('error'),
      subject: VAULT,
      summary:
        "The trail of prod-disks cannot be appended: its records are spooled in the register's storage and are replayed later.",
      judgement: 'trying again',
    },
  ],
  [
    'guardian-unwell, trail-unsealed',
    examples['guardian-unwell, trail-unsealed'],
    {
      ...operators('warning'),
      subject: GUARDIAN,
      summary:
        'The trail should have been sealed at 2026-03-01 12:00:00 UTC: it cannot sign. Until it is, nothing shows that a record was removed.',
      judgement: 'trying again',
    },
  ],
  [
    'guardian-unwell, trail-not-shipped',
    examples['guardian-unwell, trail-not-shipped'],
    {
      ...operators('warning'),
      subject: GUARDIAN,
      summary:
        'No record of the trail has reached the workspace since 2026-03-01 12:00:00 UTC: it answered 403. The trail itself has them all, and they are sent later.',
      judgement: 'trying again',
    },
  ],
  [
    'guardian-unwell, records-missing',
    examples['guardian-unwell, records-missing'],
    {
      ...operators('warning'),
      subject: GUARDIAN,
      summary:
        'No audit events of prod-disks arrive in a workspace that the guardian reads: who changes a key there is not known. Each vault needs a diagnostic setting that sends AuditEvent to the workspace (npm run connect).',
      judgement: 'left to people',
    },
  ],
  [
    'guardian-unwell, workspace-unread',
    examples['guardian-unwell, workspace-unread'],
    {
      ...operators('warning'),
      subject: GUARDIAN,
      summary:
        'A workspace could not be queried since 2026-03-01 12:00:00 UTC: it answered 403. Until it can, nobody knows from there who changed a key; sweeps and restores go on.',
      judgement: 'trying again',
    },
  ],
  [
    'hold-ending',
    examples['hold-ending'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: KEY,
      who: MALLORY,
      summary:
        'The hold on prod-disks/disk-a ends on 2026-03-01 13:00:00 UTC: from then on the guardian restores again what is changed. Another person than mallory@contoso.example can extend it.',
      judgement: 'it ends by itself',
      commands: [
        'key-guardian hold extend h1 --hours 1  # where somebody still works on it',
        'key-guardian hold release h1  # where nobody does',
      ],
    },
  ],
  [
    'hold-set, on a key',
    examples['hold-set'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: KEY,
      who: MALLORY,
      summary:
        'A hold stops every write to prod-disks/disk-a until 2026-03-01 13:00:00 UTC, so that the guardian restores nothing there: we investigate',
      judgement: 'set by a person',
      commands: ['key-guardian hold release h1'],
    },
  ],
  [
    'hold-set, on a vault',
    holdSet.draft({ ...HOLD, vault: 'prod-disks' }),
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
      summary:
        'A hold stops every write to prod-disks until 2026-03-01 13:00:00 UTC, so that the guardian restores nothing there: we investigate',
    },
  ],
  [
    'hold-set, on everything',
    holdSet.draft(HOLD),
    {
      ...onCall('critical', 'with-its-state'),
      subject: GUARDIAN,
      summary:
        'A hold stops every write to everything until 2026-03-01 13:00:00 UTC, so that the guardian restores nothing there: we investigate',
    },
  ],
  [
    'key-flapping, by somebody',
    examples['key-flapping'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: KEY,
      who: MALLORY,
      deadline: IN_AN_HOUR,
      undoing: true,
      summary:
        "Does a responder do this? Then stop the guardian first: by a hold, or by taking the keeper's role on the vault away. Key prod-disks/disk-a was made unusable three times within an hour and restored each time.",
      judgement: 'not holding: restored each time, and inspected every 10 s',
      commands: [
        'key-guardian hold set prod-disks/disk-a --why "…"  # only where your own team does this: then nothing is restored',
        `az role assignment list --scope "$(az keyvault show --name prod-disks --query id --output tsv)" --include-inherited --assignee ${MALLORY.oid} --output table`,
      ],
    },
  ],
  ...[undefined, UNKNOWN].map((by): (typeof rows)[number] => [
    `key-flapping, by ${by?.oid ?? 'nobody known yet'}`,
    keyFlapping.draft(ID, AT, by),
    {
      ...onCall('critical', 'with-its-state'),
      subject: KEY,
      who: by,
      summary: expect.stringMatching(/^Does a responder do this\? Then stop the guardian first: /),
      commands: [
        'key-guardian hold set prod-disks/disk-a --why "…"  # only where your own team does this: then nothing is restored',
        'az role assignment list --scope "$(az keyvault show --name prod-disks --query id --output tsv)" --include-inherited --output table',
      ],
    },
  ]),
  [
    'key-unguarded, not-guarded: one key of a vault that the policy does not name',
    examples['key-unguarded, not-guarded'],
    {
      ...operators('warning', 'with-its-state'),
      subject: { kind: 'vault', vault: 'prod-other' },
      summary:
        'A key is in use and not guarded: prod-other/disk-b (1 disk encryption set (4 disks), 2 machines, 1 running). Name the vault in the policy, or its subscription.',
    },
  ],
  [
    'key-unguarded, not-guarded: keys that a pattern leaves out',
    keyUnguarded.draft('not-guarded', {
      of: { vault: 'prod-disks', keys: Array.from({ length: 11 }, () => HANGING), isNamed: true, isFound: true },
      since: AT,
    }),
    {
      ...operators('warning', 'with-its-state'),
      subject: VAULT,
      summary: expect.stringMatching(/^11 keys are in use .*; and 1 more\. A pattern of the policy leaves it out\.$/),
    },
  ],
  [
    'key-unguarded, not-guarded: in a vault that no survey finds',
    keyUnguarded.draft('not-guarded', {
      of: { vault: 'gone', keys: [HANGING], isNamed: false, isFound: false },
      since: AT,
    }),
    {
      ...operators('warning', 'with-its-state'),
      subject: vaultSubject('gone'),
      summary: expect.stringMatching(/ No survey finds the vault: it is gone, or lies in a subscription that /),
    },
  ],
  [
    'key-unguarded, managed-hsm',
    examples['key-unguarded, managed-hsm'],
    {
      ...operators('warning', 'by-a-person'),
      subject: GUARDIAN,
      summary:
        'Keys of Managed HSMs are in use, and the guardian cannot guard them: prod-hsm, test-hsm. Watch them by their own logs.',
    },
  ],
  [
    'vault-found',
    examples['vault-found'],
    {
      ...operators('info', 'by-a-person'),
      subject: GUARDIAN,
      summary:
        'Keys of a vault that the policy does not name are in use, and are guarded in alert from now on: prod-other. Name a vault in the policy to have its keys restored.',
      judgement: 'guarded in alert',
    },
  ],
  [
    'vault-found: many at once',
    vaultFound.draft(
      Array.from({ length: 21 }, (_, at) => `vault-${at}`),
      AT,
    ),
    {
      ...operators('info', 'by-a-person'),
      subject: GUARDIAN,
      summary: expect.stringMatching(/^Keys of 21 vaults .* vault-19, and 1 more\. Name /),
    },
  ],
  [
    'wave, with one that is open',
    examples.wave,
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
      summary:
        'More than five keys of prod-disks had incidents within five minutes. The first five have alerts of their own; this is the one alert of all others: 2 key-deleted, 1 of them good again, 1 not: prod-disks/disk-a.',
      judgement: 'some are undone and some are for a person: incident list shows each',
      deadline: IN_AN_HOUR,
      hangs: { kind: 'disks', says: 'on prod-disks/disk-a alone 3 disks' },
      who: MALLORY,
      commands: [
        'key-guardian incident list',
        'key-guardian restore prod-disks',
        'key-guardian hold set prod-disks --why "…"  # only where your own team does this: then nothing is restored',
      ],
    },
  ],
  [
    'wave: many at once, by two people',
    wave.draft(
      { kind: 'vault', vault: 'prod-disks' },
      AT,
      Array.from({ length: 12 }, (_, at) => ({
        ...MEMBER,
        subject: keyOf({ vault: 'prod-disks', key: `k${at}` }),
        who: at === 0 ? MALLORY : UNKNOWN,
      })),
    ),
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
      summary: expect.stringMatching(/: 12 key-deleted, 0 of them good again, 12 not: .*prod-disks\/k9, and 2 more\.$/),
    },
  ],
  [
    'wave: many at once in several vaults, by one person',
    wave.draft(
      OF_MALLORY,
      AT,
      ['a', 'b', 'c', 'd'].map((vault) => ({ ...MEMBER, subject: keyOf({ vault, key: 'disk' }) })),
    ),
    {
      ...onCall('critical', 'with-its-state'),
      subject: OF_MALLORY,
      summary: expect.stringMatching(
        /^More than five keys of several vaults that identity 0f0e0d0c-\S+ changed had incidents within five minutes\. .*: 4 key-deleted, 0 of them good again, 4 not: a\/disk, b\/disk, c\/disk, d\/disk\.$/,
      ),
      who: MALLORY,
      commands: [
        'key-guardian incident list',
        `az role assignment list --all --assignee ${MALLORY.oid} --output table`,
        ...['a', 'b', 'c'].map((vault) => `key-guardian restore ${vault}`),
      ],
    },
  ],
  [
    'guardian-unwell, survey-missed',
    examples['guardian-unwell, survey-missed'],
    {
      ...operators('warning', 'with-its-state'),
      subject: GUARDIAN,
      summary:
        'What hangs on the keys is not kept up to date: subscription one cannot be read. What was known stays as it was. See docs/rights.md for what the identity surveyor needs.',
      judgement: 'trying again',
    },
  ],
  [
    'own-act-unexplained, on a version',
    examples['own-act-unexplained'],
    {
      commands: ['az role assignment list --all --assignee 0f0e0d0c-0000-4000-8000-000000000002 --output table'],
      ...onCall('critical'),
      subject: OF_VERSION,
      who: MALLORY,
      summary:
        "KeyUpdate of prod-disks/disk-a/a1b2 under the guardian's own identity is not in its trail: somebody else uses that identity. Take its rights away.",
      judgement: 'left to people',
    },
  ],
  [
    'own-act-unexplained, on the key as a whole',
    ownActUnexplained.draft({ ...ID, version: undefined }, 'KeyRecover', MALLORY, AT),
    {
      ...onCall('critical'),
      subject: KEY,
      summary:
        "KeyRecover of prod-disks/disk-a under the guardian's own identity is not in its trail: somebody else uses that identity. Take its rights away.",
    },
  ],
  [
    'policy-loosened',
    examples['policy-loosened'],
    {
      commands: ['key-guardian status'],
      ...onCall('error'),
      subject: GUARDIAN,
      summary: 'The policy guards less than before: prod-disks: block to alert; channel webhook left out.',
      judgement: 'left to people',
    },
  ],
  [
    'purge-attempted',
    examples['purge-attempted'],
    {
      commands: [
        'az keyvault show --name prod-disks --query properties.enablePurgeProtection',
        'az role assignment list --all --assignee 0f0e0d0c-0000-4000-8000-000000000002 --output table',
      ],
      ...onCall('critical'),
      subject: KEY,
      who: MALLORY,
      summary: 'Somebody tried to purge prod-disks/disk-a and was refused with 403.',
      judgement: 'left to people',
    },
  ],
  [
    'rotation-held-back',
    examples['rotation-held-back'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: KEY,
      summary:
        'The newest version of prod-disks/disk-a expires on 2026-03-08 12:00:00 UTC; it is to be rotated every P90D. It is not rotated: a hold stops every write.',
      commands: ROTATE,
    },
  ],
  [
    'rotation-overdue',
    examples['rotation-overdue'],
    {
      ...operators('warning'),
      subject: KEY,
      summary:
        'The newest version of prod-disks/disk-a was made on 2025-11-01 12:00:00 UTC; it is to be rotated every P90D, so by 2026-01-30 12:00:00 UTC.',
      commands: ROTATE,
    },
  ],
  [
    'rotation-policy-weaker, off-schedule',
    examples['rotation-policy-weaker, off-schedule'],
    {
      ...operators('warning'),
      subject: KEY,
      summary:
        'Rotation policy of prod-disks/disk-a: No rotation policy makes a new version; it is to make one every P90D.',
      commands: [
        `az keyvault key rotation-policy update --vault-name prod-disks --name disk-a --value '{"lifetimeActions":[{"trigger":{"timeAfterCreate":"P90D"},"action":{"type":"Rotate"}},{"trigger":{"timeBeforeExpiry":"P30D"},"action":{"type":"Notify"}}],"attributes":{"expiryTime":"P120D"}}'`,
      ],
    },
  ],
  [
    'rotation-policy-weaker, managed-elsewhere',
    examples['rotation-policy-weaker, managed-elsewhere'],
    {
      ...operators('warning'),
      subject: KEY,
      who: MALLORY,
      summary:
        'Rotation policy of prod-disks/disk-a: No rotation policy makes a new version; it is to make one every P90D. The guardian set it once, and somebody set it back: the key is managed elsewhere, and it is not set again.',
      commands: [
        '# Terraform: rotation_policy { automatic { time_after_creation = "P90D" } }',
        "# Bicep: rotationPolicy: { lifetimeActions: [{ action: { type: 'rotate' } trigger: { timeAfterCreate: 'P90D' } }] }",
        expect.stringContaining('az keyvault key rotation-policy update'),
      ],
    },
  ],
  [
    'rotation-policy-weaker, managed-elsewhere, with an expiry',
    rotationPolicyWeaker.draft('managed-elsewhere', ID, {
      since: AT,
      says: 'No rotation policy makes a new version; it is to make one every P90D.',
      wanted: WANTED,
    }),
    {
      ...operators('warning'),
      subject: KEY,
      summary:
        'Rotation policy of prod-disks/disk-a: No rotation policy makes a new version; it is to make one every P90D. The guardian set it once, and somebody set it back: the key is managed elsewhere, and it is not set again.',
      commands: [
        '# Terraform: rotation_policy { automatic { time_after_creation = "P90D" } expire_after = "P120D" notify_before_expiry = "P30D" }',
        "# Bicep: rotationPolicy: { lifetimeActions: [{ action: { type: 'rotate' } trigger: { timeAfterCreate: 'P90D' } }] attributes: { expiryTime: 'P120D' } }",
        expect.stringContaining('az keyvault key rotation-policy update'),
      ],
    },
  ],
  [
    'rotation-policy-weaker, unreadable',
    examples['rotation-policy-weaker, unreadable'],
    {
      ...operators('warning'),
      subject: KEY,
      summary: 'Rotation policy of prod-disks/disk-a: It cannot be read: the permission to read there is missing.',
      commands: [],
    },
  ],
  [
    'row-forged',
    examples['row-forged'],
    {
      ...onCall('critical'),
      subject: GUARDIAN,
      summary:
        'The row approvals/prod-disks/a7 is not as the guardian signed it, so it counts for nothing: find out who can write to the storage of the register, then remove the row.',
    },
  ],
  [
    'set-moved',
    examples['set-moved'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: OF_SET,
      since: AT,
      who: MALLORY,
      hangs: DISKS,
      commands: [MOVED_BACK],
      summary:
        'The disk encryption set des-a has the key evil/disk-a, which nothing guards, in place of prod-disks/disk-a. Where nobody meant it, point it back before its disks are wrapped with that key.',
    },
  ],
  [
    'set-not-followed, late',
    examples['set-not-followed, late'],
    {
      ...operators('error'),
      subject: OF_SET,
      since: AT,
      who: undefined,
      deadline: undefined,
      hangs: DISKS,
      commands: [SHOW_SET],
      summary:
        'The disk encryption set des-a did not follow version a1b2 of prod-disks/disk-a within an hour: its active version is 0011. It has no identity. Its disks work as long as the older versions do: leave those enabled.',
    },
  ],
  [
    'set-not-followed, stuck',
    examples['set-not-followed, stuck'],
    {
      ...operators('error'),
      subject: OF_SET,
      summary:
        'Azure no longer rotates the disk encryption set des-a, so that it does not follow version a1b2 of prod-disks/disk-a: ManagedServiceIdentityNotFound: Auto-key rotation was disabled. Its disks work as long as the older versions do: leave those enabled.',
    },
  ],
  [
    'set-not-followed, not-rotating',
    examples['set-not-followed, not-rotating'],
    {
      ...operators('warning'),
      subject: OF_SET,
      summary:
        'The disk encryption set des-a takes no new version by itself and does not follow version a1b2 of prod-disks/disk-a. Its disks work as long as the older versions do: leave those enabled.',
    },
  ],
  [
    'set-not-followed, not-rotating, for confidential machines',
    notFollowed({ kind: 'not-rotating', isConfidential: true }),
    {
      ...operators('warning'),
      subject: OF_SET,
      summary:
        'The disk encryption set des-a is for confidential machines and does not follow version a1b2 of prod-disks/disk-a: Azure rotates none of them. Stop all of its machines, point it at the version, and start them: https://learn.microsoft.com/azure/confidential-computing/key-rotation-offline Its disks work as long as the older versions do: leave those enabled.',
    },
  ],
  [
    'set-not-followed, reverted',
    examples['set-not-followed, reverted'],
    {
      ...operators('error'),
      subject: OF_SET,
      who: MALLORY,
      summary:
        'The disk encryption set des-a was pointed at the older version 0011 after version a1b2 of prod-disks/disk-a was made. A template that names a version does so each time it is deployed. Its disks work as long as the older versions do: leave those enabled.',
    },
  ],
  [
    'set-not-followed, unreachable',
    examples['set-not-followed, unreachable'],
    {
      ...operators('warning'),
      subject: OF_SET,
      summary:
        'Whether the disk encryption set des-a follows version a1b2 of prod-disks/disk-a is not known: the permission to read there is missing. Its disks work as long as the older versions do: leave those enabled.',
    },
  ],
  [
    'trail-anchored',
    examples['trail-anchored'],
    {
      ...operators('info'),
      subject: GUARDIAN,
      summary:
        'Seal 7 of 2026-03-01 12:00:00 UTC has the root a1b2. It names 41 records of 3 streams and is signed by the key k1. With this root, verify --anchor shows whether the trail up to then is still the same.',
      judgement: 'keep this root outside Azure',
    },
  ],
  [
    'glass-broken',
    examples['glass-broken'],
    {
      ...onCall('critical'),
      subject: OF_VERSION,
      who: MALLORY,
      summary:
        'mallory@contoso.example may disable prod-disks/disk-a/a1b2 until 2026-03-01 13:00:00 UTC on their own word: it leaked',
      judgement: 'allowed by break-glass',
      commands: ['key-guardian approve withdraw prod-disks a7'],
    },
  ],
  [
    'undo-refused',
    examples['undo-refused'],
    {
      ...onCall('critical', 'with-an-inspection'),
      subject: KEY,
      summary: 'Key prod-disks/disk-a cannot be restored: the vault refuses: forbidden-by-permission',
      judgement: 'refused again and again: a person has to restore it',
      commands: ['key-guardian restore prod-disks/disk-a'],
    },
  ],
  [
    'unexpected-use, backed-up',
    examples['unexpected-use, backed-up'],
    {
      commands: [
        'az keyvault key rotate --vault-name prod-disks --name disk-a  # if nobody meant it',
        'az role assignment list --all --assignee 0f0e0d0c-0000-4000-8000-000000000002 --output table',
      ],
      ...onCall('warning'),
      subject: KEY,
      who: MALLORY,
      summary: 'Key prod-disks/disk-a was backed up: a copy can be restored elsewhere and never be revoked.',
      judgement: 'left to people',
    },
  ],
  [
    'unexpected-use, unknown-user',
    examples['unexpected-use, unknown-user'],
    {
      commands: ['az role assignment list --all --assignee 0f0e0d0c-0000-4000-8000-000000000002 --output table'],
      ...onCall('error'),
      subject: KEY,
      who: MALLORY,
      summary: 'KeyUnwrap of prod-disks/disk-a by somebody who is not a known user of it.',
      judgement: 'left to people',
    },
  ],
];

const nameOf = ({ kind, reason }: Pick<IncidentDraft, 'kind' | 'reason'>): string =>
  reason === undefined ? kind : `${kind}, ${reason}`;

describe('an incident says', () => {
  test.each(rows)('%s', (what, draft, says) => {
    expect(what.startsWith(nameOf(draft))).toBe(true);
    const said = Object.fromEntries(Object.entries(draft).filter(([member]) => member in says));
    expect({ ...said, since: draft.since }).toEqual({ since: AT, ...says });
  });

  test('what its kind and reason say of all of them; each has a row above', () => {
    const ofKinds = kinds.flatMap(({ id, audience, reasons }) =>
      Object.entries(reasons).map(([reason, { severity, ends }]) => ({
        name: reason === id ? id : `${id}, ${reason}`,
        audience,
        severity,
        ends,
      })),
    );
    const ofRows = new Map(
      rows.map(([, draft]) => {
        const { audience, severity, ends } = draft;
        return [nameOf(draft), { name: nameOf(draft), audience, severity, ends }];
      }),
    );
    expect([...ofRows.values()].toSorted(byName)).toEqual(ofKinds.toSorted(byName));
  });
});

test('a flapping key that holds again is one that reads well: what was found, and no command that its reader lacks', () => {
  const { summary, ...others } = keyFlapping.draft(ID, AT, MALLORY);
  const incident = { ...others, summary, commands: [], id: 'i1', detectedAt: AT, restoredAt: IN_AN_HOUR, revision: 4 };
  const alert = { event: 'resolved', incident: { ...incident, state: 'resolved' } } as const;
  expect(firstLine(alert, IN_AN_HOUR)).toBe(
    "resolved: prod-disks/disk-a: restored after 1 h: what was found: Does a responder do this? Then stop the guardian first: by a hold, or by taking the keeper's role on the vault away. Key prod-disks/disk-a was made unusable three times within an hour and restored each time.",
  );
  expect(summary).not.toMatch(/\b(above|below)\b/);
});

type Named = { readonly name: string };
const byName = (one: Named, other: Named): number => (one.name < other.name ? -1 : 1);

const LEFT_OVER =
  /\bundefined\b|\bnull\b|\bNaN\b|\[object|Invalid Date|\(\s*\)|\([\w-]*\d[\w-]*\)|[<{[]|[\]}>]|\$|\s{2}/;

describe('no sentence', () => {
  const ofKinds = kinds.flatMap(({ id, tells, reasons }) => [
    [`${id}: what it tells`, tells] as const,
    ...Object.entries(reasons).map(
      ([reason, { endsWhen }]) => [`${id}, ${reason}: what resolves it`, endsWhen] as const,
    ),
  ]);
  // What was given stands in a summary as it came: the path of a fault, and the name that Azure gives a queue.
  const ofIncidents = rows
    .filter(([, { reason }]) => reason !== 'policy-invalid' && reason !== 'dead-letters-left')
    .flatMap(([what, { summary, judgement }]) => [
      [`${what}: its summary`, summary] as const,
      [`${what}: its judgement`, judgement] as const,
    ]);

  test.each([...ofKinds, ...ofIncidents])('has to be decoded: %s', (_, sentence) => {
    expect(sentence).not.toMatch(UNPLAIN);
    expect(sentence).not.toMatch(LEFT_OVER);
    expect(sentence.trim()).not.toBe('');
  });

  test.each(kinds)('is missing where $id says what it tells', ({ tells }) => {
    expect(tells).toMatch(/^[A-Z].+\.$/);
  });
});

test.each<[what: string, of: Pick<Incident, 'kind' | 'reason'>, reason: string | undefined, is: boolean]>([
  ['one of its reasons, where none is named', { kind: 'guardian-blind', reason: 'key-unreadable' }, undefined, true],
  ['the reason that is named', { kind: 'guardian-blind', reason: 'key-unreadable' }, 'key-unreadable', true],
  ['another reason', { kind: 'guardian-blind', reason: 'key-unreadable' }, 'vault-unreadable', false],
  ['another kind', { kind: 'guardian-unwell', reason: 'key-unreadable' }, 'key-unreadable', false],
])('an incident of %s is of a kind or not', (_, incident, reason, is) => {
  expect(isOf(guardianBlind, reason)(incident)).toBe(is);
});

test('a key that cannot be read because the guardian has no token is not told as a silent vault', () => {
  expect(guardianBlind.draft('key-unreadable', KEY, AT, 'no-token').summary).toBe(
    'Key prod-disks/disk-a cannot be read: the guardian gets no token for its identity watcher (KEY_GUARDIAN_WATCHER_CLIENT_ID), and nothing is known of the vault. This does not mean that it is gone.',
  );
});
