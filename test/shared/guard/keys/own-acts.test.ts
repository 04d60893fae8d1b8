import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock, turnClock } from '../../../../local/clock.ts';
import { keyOf, partitionOf } from '../../../../shared/domain/subject.ts';
import { readIncidents } from '../../../../shared/incidents/store.ts';
import { clientOf } from '../../../simulation/client.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { createWorld, type World } from '../../../simulation/world.ts';

const vault = 'prod-disks';

beforeEach(() => stopAt());
afterEach(resetClock);

describe.each([true, false])(
  'where an audit record carries the request’s own id: %s',
  (correlationIdIsClientRequestId) => {
    const guarded = (): Promise<World> =>
      createWorld({
        vaults: [{ name: vault, keys: [{ name: 'disk-a', versions: [{}, {}] }] }],
        policy: { vaults: [{ name: vault, mode: 'block' }] },
        behaviours: { correlationIdIsClientRequestId },
      });
    /** Somebody who has got hold of the guardian's own identity. */
    const thief = (world: World) => clientOf(world.azure, 'keeper');
    const unexplained = async (world: World) =>
      (await world.incidents(vault, 'disk-a')).filter(({ kind }) => kind === 'own-act-unexplained');
    /** What the Event Hub is given, so that it can be given again. */
    const messagesOf = (world: World): readonly unknown[] => {
      const messages: unknown[] = [];
      world.azure.onAuditRecords((_, body) => messages.push(body));
      return messages;
    };

    test.each(['disable', 'delete'] as const)(
      'undoing a %s wakes the guardian with the records of its own acts, and leads to nothing',
      async (act) => {
        const world = await guarded();
        await world.as('attacker')[act](vault, 'disk-a');
        await world.sentry();
        expect(world.changes()).toBe(1);
        const calls = world.azure.log.length;

        await world.audit();
        await world.pass(5);

        expect(world.azure.log.length).toBeGreaterThan(calls);
        expect(world.changes()).toBe(1);
        expect(await unexplained(world)).toEqual([]);
        expect(await world.incidents(vault, 'disk-a')).toMatchObject([
          { state: 'resolved', judgement: 'undone', who: { oid: world.azure.identities.get('attacker')?.oid } },
        ]);
        const decisions = (await world.trail()).filter(({ what }) => what === 'decision').length;
        await world.audit();
        await world.pass(130);
        expect(world.changes()).toBe(1);
        expect((await world.trail()).filter(({ what }) => what === 'decision')).toHaveLength(decisions);
      },
    );

    test('a record of an own act that comes twice is explained twice', async () => {
      const world = await guarded();
      const messages = messagesOf(world);
      await world.as('attacker').disable(vault, 'disk-a');
      await world.sentry();
      await world.audit();
      await world.auditMessages(messages);
      await world.auditMessages(messages);
      expect(await unexplained(world)).toEqual([]);
      expect(world.changes()).toBe(1);
    });

    test('an intent is kept for as long as an event hub may give its record', async () => {
      const world = await guarded();
      const undone = async (): Promise<number> => {
        await world.as('attacker').disable(vault, 'disk-a');
        await world.wake(vault, 'disk-a');
        await world.audit();
        await world.pass(10);
        return (await world.ports.tables.intents.list()).stored.length;
      };
      expect(await undone()).toBe(1);
      turnClock(90 * 86_400_000 - 20_000);
      expect(await undone()).toBe(2);
      turnClock(20_000);
      expect(await undone()).toBe(2);
      expect(await unexplained(world)).toEqual([]);
    });

    test.each([
      ['read-only', true],
      ['throttled', false],
    ] as const)('an intent whose write was answered with %s is kept: %s', async (kind, isKept) => {
      const world = await guarded();
      world.azure.fault({ match: { operation: 'update', identity: 'keeper' }, answer: { kind } });
      await world.as('attacker').disable(vault, 'disk-a');
      await world.wake(vault, 'disk-a');
      expect(world.changes()).toBe(0);
      expect((await world.ports.tables.intents.list()).stored.length > 0).toBe(isKept);
    });

    test('several undone acts have each their own intent', async () => {
      const world = await guarded();
      const attacker = world.as('attacker');
      for (let time = 0; time < 2; time += 1) {
        await attacker.disable(vault, 'disk-a');
        await world.wake(vault, 'disk-a');
        await world.pass(2);
      }
      await attacker.delete(vault, 'disk-a');
      await world.wake(vault, 'disk-a');
      await world.audit();
      expect(world.changes()).toBe(3);
      expect(await unexplained(world)).toEqual([]);
    });

    test('an act under the guardian’s identity that no intent explains is an incident, alerted once, and undone', async () => {
      const world = await guarded();
      const messages = messagesOf(world);
      await world.pass(10);
      await thief(world).disable(vault, 'disk-a');
      await world.audit();
      await world.auditMessages(messages);
      await world.pass(5);
      expect(await unexplained(world)).toMatchObject([
        {
          severity: 'critical',
          state: 'open',
          judgement: 'left to people',
          // The thief's path names no version, and so neither does the record.
          subject: { kind: 'key', vault, key: 'disk-a' },
          who: { oid: world.azure.identities.get('keeper')?.oid },
        },
      ]);
      expect(world.alerts.filter(({ incident }) => incident.kind === 'own-act-unexplained')).toHaveLength(1);
      const state = world.azure.state(vault, 'disk-a');
      expect(state.kind === 'present' && state.versions.every(({ enabled }) => enabled)).toBe(true);
    });

    test('a thief whose act is undone by the guardian at once is not covered by the guardian’s intent', async () => {
      const world = await guarded();
      const messages = messagesOf(world);
      const theft = Date.now();
      await thief(world).disable(vault, 'disk-a');
      await world.pass(20);
      await world.wake(vault, 'disk-a');
      await world.audit();
      await world.auditMessages(messages);
      const found = await unexplained(world);
      expect(found).toHaveLength(1);
      expect((found[0]?.since.getTime() ?? 0) - theft).toBeLessThan(2_000);
    });

    test.each([1, 2])(
      'the record of a theft that comes before the guardian’s own is an incident, delivered %i times',
      async (times) => {
        const world = await guarded();
        const messages = messagesOf(world);
        await world.as('attacker').disable(vault, 'disk-a');
        await world.sentry();
        world.azure.flushAudit();
        const own = [...messages];
        await world.pass(10);
        const theft = Date.now();
        await thief(world).enable(vault, 'disk-a');
        world.azure.flushAudit();
        await world.auditMessages(messages.slice(own.length));
        for (let time = 0; time < times; time += 1) await world.auditMessages(own);
        const found = await unexplained(world);
        expect(found).toHaveLength(1);
        // Where records carry the request's id, the one that names the intent has it, and the other is the theft.
        if (correlationIdIsClientRequestId)
          expect(Math.abs((found[0]?.since.getTime() ?? 0) - theft)).toBeLessThan(2_000);
      },
    );

    test('one intent explains one act: a second one like it is an incident', async () => {
      const world = await guarded();
      await world.as('attacker').disable(vault, 'disk-a');
      await world.sentry();
      await thief(world).enable(vault, 'disk-a');
      await world.audit();
      expect(await unexplained(world)).toHaveLength(1);
    });

    test('a write that was refused explains no act: the same by somebody else is an incident', async () => {
      const world = await guarded();
      world.azure.fault({
        match: { operation: 'update', identity: 'keeper' },
        answer: { kind: 'throttled' },
        times: 1,
      });
      await world.as('attacker').disable(vault, 'disk-a');
      await world.sentry();
      await world.pass(30);
      expect(world.changes()).toBe(1);
      await thief(world).disable(vault, 'disk-a');
      await world.audit();
      expect(await unexplained(world)).toHaveLength(1);
    });

    test('an act of another kind than was intended is not explained by the intent', async () => {
      const world = await guarded();
      await world.sentry();
      // What was sent and never arrived leaves an intent that no record of the guardian's own takes.
      world.azure.fault({
        match: { identity: 'keeper', operation: 'update' },
        answer: { kind: 'unreachable' },
        times: 1,
      });
      await world.as('attacker').disable(vault, 'disk-a');
      await world.wake(vault, 'disk-a');
      await world.as('owner').enable(vault, 'disk-a');
      await world.as('attacker').delete(vault, 'disk-a');
      await thief(world).recover(vault, 'disk-a');
      await world.audit();
      expect(world.changes()).toBe(1);
      expect((await unexplained(world)).map(({ summary }) => summary)).toEqual([expect.stringContaining('KeyRecover')]);
    });

    test('an intent that cannot be read explains nothing, is an incident of its own and costs no other', async () => {
      const world = await guarded();
      await world.tables.intents.put(partitionOf(keyOf({ vault, key: 'disk-a' })), 'torn', { id: 'torn' });
      await world.as('attacker').disable(vault, 'disk-a');
      await world.sentry();
      await world.audit();
      expect(await unexplained(world)).toEqual([]);
      await thief(world).enable(vault, 'disk-a');
      await world.audit();
      expect(await unexplained(world)).toHaveLength(1);
      const { stored } = await readIncidents(world.ports);
      expect(stored.map(({ value }) => value)).toContainEqual(
        expect.objectContaining({ kind: 'guardian-unwell', reason: 'quarantined', state: 'open' }),
      );
    });

    test('an act long after the intent is not explained by it', async () => {
      const world = await guarded();
      world.azure.fault({
        match: { identity: 'keeper', operation: 'update' },
        answer: { kind: 'unreachable' },
        times: 1,
      });
      await world.as('attacker').disable(vault, 'disk-a');
      await world.wake(vault, 'disk-a');
      await world.as('owner').enable(vault, 'disk-a');
      await world.pass(300);
      await world.audit();
      await thief(world).disable(vault, 'disk-a');
      await world.audit();
      expect(await unexplained(world)).toHaveLength(1);
    });
  },
);
