import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import { AUDIT_TABLE } from '../../../local/azure/monitor/tables.ts';
import type { Behaviours } from '../../../local/azure/types.ts';
import { heldIn } from '../../../local/cli/held-trail.ts';
import { resetClock } from '../../../local/clock.ts';
import { workspaceOf } from '../../../shared/azure/log-analytics.ts';
import { later, MINUTE_MS } from '../../../shared/domain/time.ts';
import { stopAt } from '../../simulation/clock.ts';

const WORKSPACE = '0a9d7c11-1111-4111-8111-000000000001';
const NOW = new Date('2031-03-01T12:00:00.000Z');
const STREAM = 'audit/2031-03-01/payments';

beforeEach(() => stopAt(NOW.toISOString()));
afterEach(resetClock);

/** A workspace with a record for each given minute before now, the first one numbered 1. */
function made(minutesAgo: readonly number[], behaviours: Partial<Behaviours> = {}) {
  const azure = createLocalAzure({
    vaults: [],
    identities: [{ name: 'auditor', kind: 'user', grants: [] }],
    behaviours: { logsShowAfterMs: { least: 0, longest: 0 }, ...behaviours },
    seed: 1,
  });
  const rows = minutesAgo.map((minutes, at) => {
    const time = later(NOW, -minutes * MINUTE_MS)
      .toISOString()
      .replace('Z', '0000Z');
    return { TimeGenerated: time, RecordedAt: time, Stream: STREAM, Sequence: at + 1, RecordHash: 'ab'.repeat(32) };
  });
  const workspace = azure.monitor.workspace(WORKSPACE);
  workspace.addTable(AUDIT_TABLE);
  workspace.add(AUDIT_TABLE, rows);
  azure.monitor.grant('auditor', { kind: 'query', workspace: WORKSPACE });
  const connection = { credential: azure.credential('auditor'), httpClient: azure.httpClient };
  const held = (options: Partial<Parameters<typeof heldIn>[1]> = {}) =>
    heldIn(workspaceOf(WORKSPACE, connection), { since: undefined, until: undefined, now: () => NOW, ...options });
  return { azure, held };
}
const numbersIn = async (held: ReturnType<typeof made>['held'], options = {}) =>
  [...(await held(options)).hashesOf(STREAM).keys()].toSorted((one, other) => one - other);

describe('what a workspace holds of the trail', () => {
  test.each([1, 2, 3, 7, 100])('is read whole in pages of rows: %i', async (extra) => {
    // Three records of each moment, so that pages end within a moment.
    const minutes = Array.from({ length: 21 }, (_, at) => 60 - Math.floor(at / 3));
    const { azure, held } = made(minutes);
    expect(await numbersIn(held, { mostRows: 3 + extra })).toEqual(minutes.map((_, at) => at + 1));
    expect(azure.monitor.log.every(({ rows }) => rows <= 3 + extra)).toBe(true);
  });

  test('is read from years ago on, and the time of the oldest record is noted', async () => {
    const { held } = made([3 * 365 * 24 * 60, 5]);
    expect((await held()).since).toEqual(later(NOW, -3 * 365 * 24 * 60 * MINUTE_MS));
  });

  test('is read since a moment, and until another', async () => {
    const { held } = made([30, 20, 10, 5]);
    const options = { since: later(NOW, -20 * MINUTE_MS), until: later(NOW, -5 * MINUTE_MS) };
    expect(await numbersIn(held, options)).toEqual([2, 3]);
    expect(await held(options)).toMatchObject({ askedAt: NOW, ...options });
  });

  test('is not taken for whole where more records are of one moment than a page has', async () => {
    const { held } = made([5, 5, 5]);
    await expect(held({ mostRows: 3 })).rejects.toThrow('The workspace has more than 3 records of one moment');
  });

  test('is not taken for whole where the service gives only a part of a page', async () => {
    const { held } = made([7, 6, 5], { mostLogRows: 2 });
    await expect(held()).rejects.toMatchObject({
      name: 'WorkspaceUnreachable',
      message: expect.stringContaining('PartialError'),
    });
    expect(await numbersIn(held, { mostRows: 2 })).toEqual([1, 2, 3]);
  });
});
