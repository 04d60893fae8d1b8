import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../local/clock.ts';
import { firstLine } from '../../../shared/alerts/text.ts';
import type { Decision } from '../../../shared/domain/decision.ts';
import type { Finding } from '../../../shared/domain/finding.ts';
import { placeOf, type Subject, spellSubject, streamOf, vaultSubject } from '../../../shared/domain/subject.ts';
import { claim, releaseClaim } from '../../../shared/guard/claim.ts';
import type { Guarded, GuardOf, SubjectGuard } from '../../../shared/guard/guarded.ts';
import { inspect } from '../../../shared/guard/inspect.ts';
import { hintEntry, type RecordedDecision } from '../../../shared/guard/records.ts';
import { endIncidents, openIncident } from '../../../shared/incidents/store.ts';
import type { Ports } from '../../../shared/ports.ts';
import { stopAt } from '../../simulation/clock.ts';
import { createWorld, type World } from '../../simulation/world.ts';

/** The engine knows of no keys: a disk encryption set is inspected, claimed, told of and recorded by a guard of its own. */

type SetSubject = Extract<Subject, { kind: 'disk-encryption-set' }>;

const setOf = (name: string): SetSubject => ({
  kind: 'disk-encryption-set',
  id: `/subscriptions/0f0e0d0c-0000-4000-8000-000000000001/resourcegroups/disks/providers/microsoft.compute/diskencryptionsets/${name}`,
});
const WEB = setOf('des-web');
const APP = setOf('des-app');

/** When the set of these tests stopped following its key. */
const SINCE = new Date('2031-03-03T09:00:00Z');

/** What Azure shows of a set, and what was decided of it last. */
interface SetState {
  readonly autoRotates: boolean;
  readonly lastDecision?: RecordedDecision;
}

/** A rule of this test alone: a set follows its key by itself. */
const ruleOf = ({ autoRotates }: SetState, subject: SetSubject): readonly Finding[] =>
  autoRotates
    ? []
    : [
        {
          rule: 'set-follows-its-key',
          severity: 'warning',
          version: undefined,
          act: undefined,
          since: SINCE,
          firstObservedAt: SINCE,
          stopsDisks: false,
          summary: `${spellSubject(subject)} does not follow new versions of its key.`,
          commands: [],
        },
      ];

const setGuard =
  (sets: Map<string, SetState>): GuardOf =>
  (subject) =>
    subject.kind === 'disk-encryption-set' ? guardOfSet(subject, sets) : undefined;

const guardOfSet = (subject: SetSubject, sets: Map<string, SetState>): SubjectGuard => ({
  isGuarded: () => true,
  begin: async (message, ports) => ({
    kind: 'observed',
    guarded: guardedSet(subject, sets.get(subject.id) ?? { autoRotates: true }, sets, ports),
    before: message.hints.map((hint) => hintEntry(subject, hint, ports)),
  }),
  unreadable: async () => {},
});

function guardedSet(subject: SetSubject, state: SetState, sets: Map<string, SetState>, ports: Ports): Guarded {
  return {
    subject,
    vault: 'prod-disks',
    lastDecision: state.lastDecision,
    decide() {
      const judgements = ruleOf(state, subject).map((finding) => ({
        finding,
        verdict: { kind: 'left-to-people' } as const,
      }));
      const decision: Decision = { judgements, actions: [], inspectAgainInSeconds: undefined };
      return {
        decision,
        async takeNote(lastDecision) {
          const next = { ...state, lastDecision };
          sets.set(subject.id, next);
          return guardedSet(subject, next, sets, ports);
        },
      };
    },
    isShown: () => false,
    mayWrite: async () => ({ kind: 'yes' }),
    keep: async () => {},
    withWords: async () => guardedSet(subject, state, sets, ports),
    readBack: async () => ({ kind: 'unread', because: 'nothing was written' }),
    withEnded: async () => guardedSet(subject, state, sets, ports),
    async conclude({ decision }) {
      for (const { finding } of decision.judgements)
        await openIncident(
          {
            kind: finding.rule,
            severity: finding.severity,
            audience: 'on-call',
            ends: 'with-an-inspection',
            subject,
            since: finding.since,
            summary: finding.summary,
            judgement: 'left to people',
          },
          ports,
        );
      if (decision.judgements.length === 0) await endIncidents(subject, () => true, 'good again', ports);
    },
  };
}

const message = (subject: Subject, world: World) => ({
  subject,
  hints: [
    {
      id: world.ports.newId(),
      sense: 'follow-up' as const,
      sensedAt: new Date(),
      says: { kind: 'inspect-again' as const, why: 'a test' },
    },
  ],
  attempt: 0,
});

beforeEach(() => stopAt());
afterEach(resetClock);

const guarded = (): Promise<World> =>
  createWorld({
    vaults: [{ name: 'prod-disks', keys: [{ name: 'disk-a' }] }],
    policy: { vaults: [{ name: 'prod-disks' }] },
  });

describe('a disk encryption set, under a guard of its own', () => {
  test('is told of under its own name, once however often it is inspected, and recorded in a stream of its own', async () => {
    const world = await guarded();
    const guards = setGuard(new Map([[WEB.id, { autoRotates: false }]]));
    for (let time = 0; time < 3; time += 1) {
      await inspect(message(WEB, world), world.ports, guards);
      turnClock(1_000);
    }
    await world.settle();
    expect(world.alerts.map((alert) => [alert.event, alert.incident.kind, alert.incident.subject])).toEqual([
      ['opened', 'set-follows-its-key', WEB],
    ]);
    expect(world.alerts.map((alert) => firstLine(alert, new Date()))).toEqual([expect.stringContaining('des-web')]);
    const records = await world.ports.trail.read(WEB, new Date());
    expect(new Set(records.map(({ subject }) => spellSubject(subject)))).toEqual(new Set([WEB.id]));
    expect(records.filter(({ what }) => what === 'decision').length).toBe(1);
    expect(streamOf(WEB)).not.toBe(streamOf(APP));
  });

  test('is one incident, and another on the same key is another', async () => {
    const world = await guarded();
    const guards = setGuard(new Map([WEB, APP].map(({ id }) => [id, { autoRotates: false }])));
    for (const subject of [WEB, APP]) await inspect(message(subject, world), world.ports, guards);
    await world.settle();
    expect(world.alerts.map(({ incident }) => spellSubject(incident.subject))).toEqual([WEB.id, APP.id]);
    expect(new Set(world.alerts.map(({ incident }) => incident.id)).size).toBe(2);
  });

  test('is claimed by one worker: another sends the message back, and the claim of a set keeps nobody from another', async () => {
    const world = await guarded();
    const guards = setGuard(new Map([WEB, APP].map(({ id }) => [id, { autoRotates: false }])));
    const mine = await claim(WEB, world.ports);
    await inspect(message(WEB, world), world.ports, guards);
    await inspect(message(APP, world), world.ports, guards);
    await world.settle();
    expect(world.alerts.map(({ incident }) => spellSubject(incident.subject))).toEqual([APP.id]);
    if (mine !== undefined) await releaseClaim(mine, world.ports);
    const { partition } = placeOf(WEB);
    expect((await world.ports.tables.claims.list(partition)).stored).toEqual([]);
  });

  test('is resolved once it is good again', async () => {
    const world = await guarded();
    const sets = new Map<string, SetState>([[WEB.id, { autoRotates: false }]]);
    await inspect(message(WEB, world), world.ports, setGuard(sets));
    sets.set(WEB.id, { autoRotates: true });
    await inspect(message(WEB, world), world.ports, setGuard(sets));
    await world.settle();
    expect(world.alerts.map(({ event }) => event)).toEqual(['resolved']);
  });

  test('is quarantined where no guard takes its kind, as a vault is', async () => {
    const world = await guarded();
    await inspect(message(vaultSubject('prod-disks'), world), world.ports);
    await world.settle();
    expect(world.alerts.map(({ incident }) => [incident.kind, incident.reason, incident.summary])).toEqual([
      ['guardian-unwell', 'quarantined', expect.stringContaining('nothing here guards a vault')],
    ]);
  });
});
