import { expect, it } from 'vitest';
import { runQuery } from '../../local/azure/monitor/run.ts';
import { LOCAL_WORKSPACE } from '../../local/guardian.ts';
import { logQueries } from '../../local/log-queries.ts';
import { guarded, VAULT } from './guarded.ts';

const guardian = guarded(['disk-a'], { workspace: true });
const { running, host, as, incidents, records } = guardian;
const [, once = ''] = logQueries().find(([name]) => name === 'records-once') ?? [];
const arrived = () => runQuery(once, running().azure.monitor.workspace(LOCAL_WORKSPACE).table).rows;

it('the app sends its trail to the workspace, and learns from there who did it, with no Event Hub', async () => {
  await as('attacker').disable(VAULT, 'disk-a');
  await host().advance(900_000, 30_000);
  const [found] = await incidents(VAULT);
  expect(found?.who?.oid).toBe(running().azure.identities.get('attacker')?.oid);
  const outcome = (await records(VAULT)).find(({ what }) => what === 'outcome');
  expect(arrived().find(({ RecordId }) => RecordId === outcome?.id)).toMatchObject({
    What: 'outcome',
    Sequence: outcome?.sequence,
    RecordHash: outcome?.hash,
  });
});
