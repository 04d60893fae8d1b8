import { describe, expect, test } from 'vitest';
import {
  AT,
  DES_IDENTITY,
  DISKS,
  examples,
  HANGING,
  HOLD,
  ID,
  IN_AN_HOUR,
  KEEPER,
  KEY,
  MALLORY,
  MEMBER,
  NOTHING,
  notFollowed,
  OF_SET,
  OF_VERSION,
  OTHER,
  SET_HANGS,
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
type Says = Partial<IncidentDraft> & Pick<IncidentDraft, 'severity' | 'audience' | 'ends' | 'subject'>;

/** What incidents of each kind are. The words and commands of the examples are in `docs/alerts.md`, which a test holds to the kinds. */
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
      ...onCall('error'),
      subject: KEY,
      who: DES_IDENTITY,
      deadline: undefined,
      mayFail: true,
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
      commands: [
        'key-guardian restore prod-disks/disk-a  # if nobody asked them to do it, or they do not answer in time',
      ],
    },
  ],
  [
    'baseline-waiting',
    examples['baseline-waiting'],
    {
      ...operators('error'),
      subject: VAULT,
    },
  ],
  [
    'channel-test',
    examples['channel-test'],
    {
      ...operators('info'),
      subject: GUARDIAN,
      who: MALLORY,
    },
  ],
  [
    'guardian-blind, no-token',
    examples['guardian-blind, no-token'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: GUARDIAN,
    },
  ],
  [
    'guardian-blind, vault-unreadable',
    examples['guardian-blind, vault-unreadable'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
    },
  ],
  [
    'guardian-blind, key-unreadable',
    examples['guardian-blind, key-unreadable'],
    {
      ...onCall('error', 'with-an-inspection'),
      subject: KEY,
    },
  ],
  [
    'guardian-blind, register-unreadable',
    examples['guardian-blind, register-unreadable'],
    {
      ...onCall('critical', 'with-an-inspection'),
      subject: KEY,
    },
  ],
  [
    'guardian-blind, not-inspected',
    examples['guardian-blind, not-inspected'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
    },
  ],
  [
    'guardian-blind, policy-invalid',
    examples['guardian-blind, policy-invalid'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: GUARDIAN,
    },
  ],
  [
    'guardian-unwell, channel-failing',
    examples['guardian-unwell, channel-failing'],
    {
      ...operators('error'),
      subject: GUARDIAN,
    },
  ],
  [
    'guardian-unwell, channel-misconfigured',
    examples['guardian-unwell, channel-misconfigured'],
    {
      ...operators('error'),
      subject: GUARDIAN,
    },
  ],
  [
    'guardian-unwell, setting-misconfigured',
    examples['guardian-unwell, setting-misconfigured'],
    {
      ...operators('error'),
      subject: GUARDIAN,
    },
  ],
  [
    'guardian-unwell, dead-letters-left',
    examples['guardian-unwell, dead-letters-left'],
    {
      ...operators('warning'),
      subject: GUARDIAN,
    },
  ],
  [
    'guardian-unwell, not-wired',
    examples['guardian-unwell, not-wired'],
    {
      ...operators('error'),
      subject: VAULT,
    },
  ],
  [
    'guardian-unwell, quarantined',
    examples['guardian-unwell, quarantined'],
    {
      ...operators('warning', 'by-a-person'),
      subject: GUARDIAN,
    },
  ],
  [
    'guardian-unwell, register-lost',
    examples['guardian-unwell, register-lost'],
    {
      ...operators('critical', 'by-a-person'),
      subject: VAULT,
    },
  ],
  [
    'guardian-unwell, sentry-silent',
    examples['guardian-unwell, sentry-silent'],
    {
      subject: GUARDIAN,
      ...operators('warning'),
    },
  ],
  [
    'guardian-unwell, signatures-unverified',
    examples['guardian-unwell, signatures-unverified'],
    {
      ...operators('error'),
      subject: VAULT,
    },
  ],
  [
    'guardian-unwell, trail-spooled',
    examples['guardian-unwell, trail-spooled'],
    {
      ...operators('error'),
      subject: VAULT,
    },
  ],
  [
    'guardian-unwell, trail-unsealed',
    examples['guardian-unwell, trail-unsealed'],
    {
      ...operators('warning'),
      subject: GUARDIAN,
    },
  ],
  [
    'guardian-unwell, trail-not-shipped',
    examples['guardian-unwell, trail-not-shipped'],
    {
      ...operators('warning'),
      subject: GUARDIAN,
    },
  ],
  [
    'guardian-unwell, records-missing',
    examples['guardian-unwell, records-missing'],
    {
      ...operators('warning'),
      subject: GUARDIAN,
    },
  ],
  [
    'guardian-unwell, workspace-unread',
    examples['guardian-unwell, workspace-unread'],
    {
      ...operators('warning'),
      subject: GUARDIAN,
    },
  ],
  [
    'hold-ending',
    examples['hold-ending'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: KEY,
      who: MALLORY,
    },
  ],
  [
    'hold-set, on a key',
    examples['hold-set'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: KEY,
      who: MALLORY,
    },
  ],
  [
    'hold-set, on a vault',
    holdSet.draft({ ...HOLD, vault: 'prod-disks' }),
    {
      ...onCall('critical', 'with-its-state'),
      subject: VAULT,
      summary:
        'A hold stops every write to prod-disks until 2026-03-01 13:00:00 UTC, so that the guardian restores nothing there: “we investigate”',
    },
  ],
  [
    'hold-set, on everything',
    holdSet.draft(HOLD),
    {
      ...onCall('critical', 'with-its-state'),
      subject: GUARDIAN,
      summary:
        'A hold stops every write to everything until 2026-03-01 13:00:00 UTC, so that the guardian restores nothing there: “we investigate”',
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
    },
  ],
  ...[undefined, UNKNOWN].map((by): (typeof rows)[number] => [
    `key-flapping, by ${by?.oid ?? 'nobody known yet'}`,
    keyFlapping.draft(ID, AT, by),
    {
      ...onCall('critical', 'with-its-state'),
      subject: KEY,
      who: by,
      summary: expect.stringMatching(/First ask whether a responder of your own does this: if so, set a hold/),
      commands: [
        'key-guardian hold set prod-disks/disk-a --why "…"  # if a responder of your own does this: then nothing is restored',
        'az role assignment list --scope $(az keyvault show --name prod-disks --query id --output tsv) --include-inherited --output table  # if not: what lets them do it, to be taken away',
      ],
    },
  ]),
  [
    'key-unguarded, not-guarded: one key of a vault that the policy does not name',
    examples['key-unguarded, not-guarded'],
    {
      ...operators('warning', 'with-its-state'),
      subject: { kind: 'vault', vault: 'prod-other' },
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
      summary: expect.stringMatching(
        /^11 keys are in use .*; and 1 more\. A pattern of the policy leaves it out: change policy\.json, then deploy\.$/,
      ),
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
    },
  ],
  [
    'vault-found',
    examples['vault-found'],
    {
      ...operators('info', 'by-a-person'),
      subject: GUARDIAN,
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
      judgement: 'whoever is on call has to restore those that are not good again, now',
      deadline: IN_AN_HOUR,
      hangs: { kind: 'disks', says: 'on prod-disks/disk-a alone 3 disks' },
      who: MALLORY,
      commands: [
        'key-guardian incident list  # each of them',
        'key-guardian restore prod-disks  # all that is not good again',
        'key-guardian hold set prod-disks --why "…"  # if a responder of your own does this: then nothing is restored',
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
        'key-guardian incident list  # each of them',
        `az role assignment list --scope $(az keyvault show --name a --query id --output tsv) --include-inherited --include-groups --assignee ${MALLORY.oid} --output table  # what lets them: take away what is not theirs`,
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
    },
  ],
  [
    'own-act-unexplained, on a version',
    examples['own-act-unexplained'],
    {
      ...onCall('critical'),
      subject: OF_VERSION,
      who: KEEPER,
    },
  ],
  [
    'own-act-unexplained, on the key as a whole',
    ownActUnexplained.draft({ ...ID, version: undefined }, 'KeyRecover', MALLORY, AT),
    {
      ...onCall('critical'),
      subject: KEY,
      summary:
        "KeyRecover of prod-disks/disk-a under the guardian's own identity is not in its trail: somebody else uses that identity. See what is wrong with the key, then take the rights of that identity on the vault away; until they are back, nothing is restored there.",
    },
  ],
  [
    'policy-loosened',
    examples['policy-loosened'],
    {
      ...onCall('error'),
      subject: GUARDIAN,
    },
  ],
  [
    'purge-attempted',
    examples['purge-attempted'],
    {
      ...onCall('critical'),
      subject: KEY,
      who: MALLORY,
    },
  ],
  [
    'rotation-held-back',
    examples['rotation-held-back'],
    {
      ...onCall('critical', 'with-its-state'),
      subject: KEY,
    },
  ],
  [
    'rotation-overdue',
    examples['rotation-overdue'],
    {
      ...operators('warning'),
      subject: KEY,
    },
  ],
  [
    'rotation-policy-weaker, off-schedule',
    examples['rotation-policy-weaker, off-schedule'],
    {
      ...operators('warning'),
      subject: KEY,
    },
  ],
  [
    'rotation-policy-weaker, managed-elsewhere',
    examples['rotation-policy-weaker, managed-elsewhere'],
    {
      ...operators('warning'),
      subject: KEY,
      who: MALLORY,
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
        '# in the template, Terraform: in rotation_policy, automatic.time_after_creation = "P90D", expire_after = "P120D", notify_before_expiry = "P30D"',
        "# in the template, Bicep: rotationPolicy: { lifetimeActions: [{ action: { type: 'rotate' }, trigger: { timeAfterCreate: 'P90D' } }], attributes: { expiryTime: 'P120D' } }",
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
    },
  ],
  [
    'row-forged',
    examples['row-forged'],
    {
      ...onCall('critical'),
      subject: GUARDIAN,
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
    },
  ],
  [
    'set-not-followed, stuck',
    examples['set-not-followed, stuck'],
    {
      ...operators('error'),
      subject: OF_SET,
    },
  ],
  [
    'set-not-followed, not-rotating',
    examples['set-not-followed, not-rotating'],
    {
      ...operators('warning'),
      subject: OF_SET,
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
    },
  ],
  [
    'set-not-followed, unreachable',
    examples['set-not-followed, unreachable'],
    {
      ...operators('warning'),
      subject: OF_SET,
    },
  ],
  [
    'trail-anchored',
    examples['trail-anchored'],
    {
      ...operators('info'),
      subject: GUARDIAN,
    },
  ],
  [
    'glass-broken',
    examples['glass-broken'],
    {
      ...onCall('critical'),
      subject: OF_VERSION,
      who: MALLORY,
    },
  ],
  [
    'undo-refused',
    examples['undo-refused'],
    {
      ...onCall('critical', 'with-an-inspection'),
      subject: KEY,
    },
  ],
  [
    'unexpected-use, backed-up',
    examples['unexpected-use, backed-up'],
    {
      ...onCall('warning'),
      subject: KEY,
      who: MALLORY,
    },
  ],
  [
    'unexpected-use, unknown-user',
    examples['unexpected-use, unknown-user'],
    {
      ...onCall('error'),
      subject: KEY,
      who: MALLORY,
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
    'resolved: prod-disks/disk-a: restored after 1 h; see which machines have stopped: found at 12:00:00 UTC: Key prod-disks/disk-a was changed three times within an hour, and restored each time. First ask whether a responder of your own does this: if so, set a hold; if not, take the right away from whoever does.',
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
    'Key prod-disks/disk-a cannot be read: the guardian gets no token for its identity watcher (KEY_GUARDIAN_WATCHER_CLIENT_ID), and nothing is known of the vault. This does not mean that it is gone; what happens to it goes unnoticed.',
  );
});
