import { describe, expect, it } from 'vitest';
import { runCommand } from '../../local/cli/program.ts';
import { startEstate } from '../../local/estate.ts';
import { storageClients } from '../../shared/azure/storage-clients.ts';
import { trailBlobs } from '../../shared/azure/trail-blobs.ts';
import { auditRecord } from '../../shared/domain/audit-record.ts';
import { HOUR_MS, MINUTE_MS } from '../../shared/domain/time.ts';
import { linesOf } from '../../shared/trail/source.ts';
import { SEALS, streamOfBlob } from '../../shared/trail/stream-name.ts';
import { commandLine } from './cli/command-line.ts';

// Nobody listens there: each channel refuses, and the refusal is recorded.
const WEBHOOK = 'http://127.0.0.1:9/hooks/made-up-webhook-path';
const TEAMS = 'http://127.0.0.1:9/workflows/made-up-teams-path?sig=made-up-teams-signature';
const SLACK = 'http://127.0.0.1:9/services/made-up-slack-path';
const WEBHOOK_SECRET = 'made-up-webhook-secret';
const ROUTING_KEY = 'made0up0routing0key0made0up0key0';
const estate = startEstate();
const { folder, host, running, as, done, swept } = commandLine({
  estate: {
    ...estate,
    policy: { ...Object(estate.policy), channels: ['webhook', 'teams', 'slack', 'pagerduty', 'console'] },
  },
  webhook: { url: WEBHOOK, secret: WEBHOOK_SECRET },
  alertSettings: {
    KEY_GUARDIAN_SLACK_URL: SLACK,
    KEY_GUARDIAN_TEAMS_URL: TEAMS,
    KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: ROUTING_KEY,
    KEY_GUARDIAN_PAGERDUTY_URL: 'http://127.0.0.1:9/v2/enqueue',
  },
});

/** Every line of the trail, by its stream. */
async function lines(): Promise<readonly (readonly [stream: string, line: string])[]> {
  const value = running().guardian.settings.TrailStorage ?? '';
  const source = trailBlobs(storageClients({ kind: 'connection-string', value }).container('trail'));
  const names = await source.list('');
  const streams = [...new Set(names.flatMap((name) => streamOfBlob(name) ?? []))];
  const all: (readonly [string, string])[] = [];
  for (const stream of streams)
    for await (const some of linesOf(source, stream, names)) all.push(...some.map((line) => [stream, line] as const));
  return all;
}

describe('the records of a whole run', () => {
  it('carry no key material, token, secret or address of a channel, and fit into a row of a workspace', async () => {
    await as('attacker').disable('contoso-disks', 'disk-web');
    await as('attacker').disable('contoso-dev', 'dev-web');
    await swept();
    await done('approve', 'ask', 'contoso-disks/disk-db', '--act', 'disable', '--why', 'it is retired');
    await done('hold', 'set', 'contoso-disks/disk-app', '--why', 'we investigate');
    await runCommand(['--folder', folder(), '--as', 'attacker', 'hold', 'set', 'contoso-disks', '--why', 'I may not'], {
      out: () => {},
      err: () => {},
    });
    await host().advance(HOUR_MS + 10 * MINUTE_MS, 60_000);
    const { azure, guardian } = running();
    const all = await lines();
    const records = all.map(([, line]) => auditRecord.parse(JSON.parse(line)));
    expect([...new Set(records.map(({ what }) => what))].toSorted()).toEqual(
      expect.arrayContaining([
        'alert',
        'approval',
        'baseline',
        'decision',
        'hold',
        'incident',
        'intent',
        'outcome',
        'refused',
        'register',
        'seal',
        'withheld',
      ]),
    );

    const secrets = [
      ...[...azure.identities.values()].map(({ token }) => token),
      ...[
        WEBHOOK,
        TEAMS,
        WEBHOOK_SECRET,
        ROUTING_KEY,
        'made-up-webhook-path',
        'made-up-teams',
        'made-up-slack',
        '127.0.0.1:9',
      ],
      /AccountKey=([^;]+)/.exec(guardian.settings.TrailStorage ?? '')?.[1] ?? 'no key',
    ];
    // A JSON Web Token, a private member of a JSON Web Key, a shared access signature, an authorization header.
    const patterns = [/eyJ[\w-]{10,}\./, /"(d|p|q|dp|dq|qi|k)":"/, /[?&]sig=/i, /bearer /i, /\bhooks?\//];
    const found = all.filter(
      ([, line]) => secrets.some((one) => line.includes(one)) || patterns.some((one) => one.test(line)),
    );
    expect(found).toEqual([]);
    // Of the guardian's own key the public part, and that in seals alone.
    const material = all.filter(([stream, line]) => stream !== SEALS && /"(n|x|y)":"[\w-]{40,}"/.test(line));
    expect(material).toEqual([]);
    const fields = records.filter(({ what }) => what !== 'seal').flatMap((record) => Object.values(record));
    expect(fields.filter((field) => Buffer.byteLength(JSON.stringify(field)) > 64_000)).toEqual([]);
  });
});
