import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { LocalAzure } from '../../local/azure/azure.ts';
import { listenOnTls } from '../../local/azure/tls.ts';
import { bundle } from '../../local/build.ts';
import { startStorage } from '../../local/storage.ts';
import type { Outside } from '../../shared/azure/outside.ts';
import { portsOf } from '../../shared/compose.ts';
import { readSettings } from '../../shared/config.ts';
import { policy as policySchema } from '../../shared/domain/policy.ts';
import { benchAzure } from './composition.ts';
import { acceptAlike, alikeVaults } from './estate.ts';
import { atMost, exactly, type Figure, figure, type Measurement } from './figure.ts';
import { type SweepReport, type SweepTask, sweepReport } from './sweep-task.ts';

const VERSIONS_IN_EACH = 2;
const PAGE = 25;
const MIB = 1024 * 1024;

/**
 * What an instance has for all of its processes.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#instance-memory
 */
const INSTANCE_MIB = 2_048;

/**
 * What a sweep costs: the vault calls of sweeps of vaults whose baseline is accepted and where nothing has changed, over
 * those of the formula, by how much more is alive in the sweeping process afterwards (heap and external memory, once all
 * garbage is collected), and the largest it became beside what an instance has. 100 vaults, 100 keys in each, two enabled versions a
 * key. The sweeping process is one by itself, bundled as the app is, that reaches the local Azure over its TLS port and
 * storage (Azurite) over HTTP, both in this process. Calls are counted in the local Azure's log; 401s, with which a client
 * learns where to get a token, are left out. Each vault is swept twice, so that what the first sweep leaves in memory counts.
 */
export const sweepCallsOverFormula: Measurement = {
  names: ['sweep-calls-over-formula', 'sweep-live-growth-mib', 'sweep-peak-mib'],
  measure: () => measureSweep({ vaults: 100, keysInEach: 100, sweeps: 2 }),
};

/** @param size `sweeps` is how often each vault is swept */
export async function measureSweep(size: {
  readonly vaults: number;
  readonly keysInEach: number;
  readonly sweeps: number;
}): Promise<readonly Figure[]> {
  const seeds = alikeVaults(size.vaults, size.keysInEach);
  const policy = policySchema.parse({ vaults: seeds.map(({ name }) => ({ name, mode: 'block' })) });
  const azure = benchAzure(seeds, policy);
  const folder = await mkdtemp(join(tmpdir(), 'key-guardian-bench-'));
  const [register, trail, listener] = await Promise.all([startStorage(), startStorage(), listenOnTls(azure)]);
  try {
    const policyFile = join(folder, 'policy.json');
    await writeFile(policyFile, JSON.stringify(policy));
    const settings = {
      RegisterStorage: register.connectionString,
      TrailStorage: trail.connectionString,
      KEY_GUARDIAN_POLICY: policyFile,
      // The longest there is: the sweeps that these schedule are not to come due while the bench still runs its own.
      KEY_GUARDIAN_SWEEP_SECONDS: '300',
    };
    await acceptAll(
      azure,
      settings,
      seeds.map(({ name }) => name),
    );
    azure.clearLog();
    const { liveGrowthBytes, peakRssBytes } = await sweepElsewhere(folder, {
      settings,
      port: listener.port,
      ca: listener.caCertificatePem,
      token: azure.identities.get('watcher')?.token ?? '',
      vaults: size.vaults,
      sweeps: size.sweeps,
    });
    const calls = azure.log.filter(({ status }) => status !== 401).length;
    const formula = size.sweeps * size.vaults * callsOfOneSweep(size.keysInEach);
    return [
      figure('sweep-calls-over-formula', calls / formula, 'times', exactly(1)),
      figure('sweep-live-growth-mib', liveGrowthBytes / MIB, 'MiB', atMost(64)),
      figure('sweep-peak-mib', peakRssBytes / MIB, 'MiB', atMost(INSTANCE_MIB)),
    ];
  } finally {
    await listener.close();
    await Promise.all([register.stop(), trail.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}

/** The formula of the design, where no key is deleted and nothing is new: the two lists by pages, and each key's versions. */
function callsOfOneSweep(keys: number): number {
  const deleted = 0;
  const pages = (items: number): number => Math.ceil(items / PAGE);
  return Math.max(1, pages(keys)) + Math.max(1, pages(deleted)) + keys * pages(VERSIONS_IN_EACH);
}

async function acceptAll(
  azure: LocalAzure,
  settings: Readonly<Record<string, string>>,
  vaults: readonly string[],
): Promise<void> {
  const outside: Outside = {
    vaultHttpClient: azure.httpClient,
    credential: (identity) => azure.credential(identity === 'keeper' ? 'keeper' : 'watcher'),
    now: () => new Date(),
    fetch,
  };
  await acceptAlike(vaults, portsOf(readSettings(settings), outside, []));
}

/** Throws where the sweeping process does not come to its end. */
async function sweepElsewhere(folder: string, task: SweepTask): Promise<SweepReport> {
  const sweeping = join(folder, 'sweep-process.cjs');
  await bundle('test/bench/sweep-process.ts', sweeping);
  const child = spawn(process.execPath, ['--expose-gc', sweeping], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(task));
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [told, status] = await Promise.all([text(child.stdout), ended]);
  if (status !== 0) throw new Error(`The sweeping process ended with status ${status}.`);
  return sweepReport.parse(JSON.parse(told));
}
