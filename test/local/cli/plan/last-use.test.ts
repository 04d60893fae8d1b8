import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitStatusOf } from '../../../../local/cli/plan/report.ts';
import { planText } from '../../../../local/cli/plan/text.ts';
import { resetClock, turnClock } from '../../../../local/clock.ts';
import { DAY_MS, MINUTE_MS } from '../../../../shared/domain/time.ts';
import { clientOf } from '../../../simulation/client.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { planAzure, planned, VERSION } from './place.ts';

const WORKSPACE = '0a9d7c11-1111-4111-8111-000000000001';
const OTHER = '0a9d7c11-1111-4111-8111-000000000002';

beforeEach(() => stopAt());
afterEach(resetClock);

/** The set `des-web` unwraps with its key, ten minutes ago; the events go to a workspace. */
async function made(table: 'AZKVAuditLogs' | 'AzureDiagnostics' = 'AZKVAuditLogs') {
  const azure = planAzure();
  azure.monitor.workspace(WORKSPACE).addTable(table);
  azure.monitor.sendLogs('contoso-disks', { workspace: WORKSPACE, table });
  azure.monitor.grant('newcomer', { kind: 'query', workspace: WORKSPACE });
  turnClock(DAY_MS);
  await clientOf(azure, 'set-0').wrapAndUnwrap('contoso-disks', 'disk-web', VERSION);
  const usedAt = new Date();
  turnClock(10 * MINUTE_MS);
  return { azure, usedAt };
}
const planIn = async (azure: Parameters<typeof planned>[0], workspaces: readonly string[] = [WORKSPACE]) =>
  (await planned(azure, { workspaces })).report;

describe('the last use of a key', () => {
  test.each(['AZKVAuditLogs', 'AzureDiagnostics'] as const)('is that of each of its users, from %s', async (table) => {
    const { azure, usedAt } = await made(table);
    const report = await planIn(azure);
    const [app, web] = report.vaults[0]?.keys ?? [];
    expect(web?.users[0]?.lastUnwraps).toEqual([{ version: VERSION, at: usedAt }]);
    expect(app?.users[0]?.lastUnwraps).toBeUndefined();
    expect(report.vaults[0]?.eventsUntil).toEqual(usedAt);
  });

  test('is shown below the user, and how far events have arrived below the vault', async () => {
    const { azure } = await made();
    const text = planText(await planIn(azure), () => undefined);
    expect(text).toMatch(/des-web .*\n.* last unwrapped 10 min ago\n/);
    expect(text).toMatch(/contoso-disks .*\n├─ audit events up to .+\n/);
    expect(text.match(/last unwrapped/g)).toHaveLength(1);
  });

  test('is not said where no workspace is named', async () => {
    const { azure } = await made();
    const report = await planIn(azure, []);
    expect(planText(report, () => undefined)).not.toMatch(/unwrapped|audit events/);
    expect(azure.monitor.log).toEqual([]);
  });

  test('is not known where the workspace may not be read, which does not count as danger', async () => {
    const { azure } = await made();
    azure.monitor.workspace(OTHER);
    const report = await planIn(azure, [OTHER]);
    expect(report.unknown).toContainEqual({
      subject: 'workspaces',
      because: expect.stringMatching(/^when keys were last used could not be read: .*403/),
    });
    expect(exitStatusOf(report)).toBe(0);
  });
});
