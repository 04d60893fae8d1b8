import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { z } from 'zod';
import { bundle } from '../../local/build.ts';
import { atMost, type Figure, figure, type Measurement, median } from './figure.ts';

/**
 * What the app adds to a cold start beside an app that does nothing: bare.ts, with the same Azure clients and the same
 * registrations. Both are bundled with the same flags, the bare one with every package whole, and loaded in turns, each
 * time in a fresh process; the medians of the time that the loading thread worked are compared. On an idle machine
 * that is the time that loading takes, and on a busy one what others do does not count.
 */
export const overBareBundle: Measurement = {
  names: ['app-load-over-bare-bundle', 'bundle-over-bare-bundle'],
  measure: () => measureOverBare({ loads: 7 }),
};

/** @param size `loads` is how often each of the two is loaded */
export async function measureOverBare(size: { readonly loads: number }): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'key-guardian-bench-'));
  try {
    const app = { path: join(folder, 'app.cjs'), tookMs: [] as number[] };
    const bare = { path: join(folder, 'bare.cjs'), tookMs: [] as number[] };
    await bundle('functions/index.ts', app.path);
    await bundle('test/bench/bare.ts', bare.path, { whole: true });
    const loading = join(folder, 'load-process.cjs');
    await bundle('test/bench/load-process.ts', loading);
    for (let load = 0; load < size.loads; load += 1) {
      const reports: unknown[] = [];
      for (const each of load % 2 === 0 ? [app, bare] : [bare, app]) {
        const { tookMs, registered } = await loaded(loading, each.path);
        each.tookMs.push(tookMs);
        reports.push(registered);
      }
      if (!isDeepStrictEqual(reports[0], reports[1]))
        throw new Error('test/bench/bare.ts does not register what functions/ registers.');
    }
    const [appBytes, bareBytes] = await Promise.all([app, bare].map(async ({ path }) => (await stat(path)).size));
    return [
      figure('app-load-over-bare-bundle', median(app.tookMs) / median(bare.tookMs), 'times', atMost(1.3)),
      figure('bundle-over-bare-bundle', (appBytes ?? Number.NaN) / (bareBytes ?? Number.NaN), 'times', atMost(1.3)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const loadReport = z.object({ tookMs: z.number().positive(), registered: z.array(z.unknown()).min(1) });

/** Loads a bundle in a process that runs `loading`. */
async function loaded(loading: string, path: string): Promise<z.infer<typeof loadReport>> {
  const env = { PATH: process.env.PATH, KEY_GUARDIAN_AUDIT_REGIONS: 'westeurope' };
  const { stdout } = await promisify(execFile)(process.execPath, [loading, path], { env });
  return loadReport.parse(JSON.parse(stdout));
}
