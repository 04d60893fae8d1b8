import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { verifyTrail } from '../../shared/trail/verify.ts';
import { newSigningKey } from '../fakes/signing-key.ts';
import { sourceOf } from '../fakes/trail-files.ts';
import { atMost, type Figure, figure, type Measurement, median } from './figure.ts';
import { madeTrail, type TrailSize } from './made-trail.ts';

const MIB = 1024 * 1024;
const PART_BYTES = MIB;

/**
 * What verifying costs: its time over that of parsing, canonicalizing and hashing the same records one by one (50,000 records
 * in memory, in turns, medians), and by how much more is alive at most while 1,000,000 records are verified, which are made as
 * they are read (1,000 streams of 1,000 records, a seal each hour).
 */
export const verifyOverSha256: Measurement = {
  names: ['verify-over-sha256', 'verify-live-growth-mib'],
  measure: () =>
    measureVerify({
      timed: { vaults: 10, days: 5, recordsInEach: 1_000 },
      large: { vaults: 100, days: 10, recordsInEach: 1_000 },
      rounds: 7,
    }),
};

/** @param size `timed` is verified `rounds` times after a first one, `large` once */
export async function measureVerify(size: {
  readonly timed: TrailSize;
  readonly large: TrailSize;
  readonly rounds: number;
}): Promise<readonly Figure[]> {
  return [
    figure('verify-over-sha256', await timesOver(size.timed, size.rounds), 'times', atMost(1.5)),
    figure('verify-live-growth-mib', (await liveGrowthBytes(size.large)) / MIB, 'MiB', atMost(50)),
  ];
}

async function timesOver(size: TrailSize, rounds: number): Promise<number> {
  const { source, root } = await madeTrail(size, newSigningKey());
  const files = new Map<string, Buffer>();
  for (const name of await source.list('')) files.set(name, Buffer.concat(await Array.fromAsync(source.read(name))));
  const lines = [...files.values()].flatMap((bytes) => bytes.toString('utf8').split('\n').slice(0, -1));
  const times = { verify: [] as number[], sha256: [] as number[] };
  const ways = {
    async verify() {
      const { verdict } = await verifyTrail(sourceOf(files, PART_BYTES), { root });
      if (verdict !== 'anchored') throw new Error(`The trail is ${verdict}: what was measured is not the work.`);
    },
    async sha256() {
      let hashed = 0;
      for (const line of lines) {
        const { hash, ...others } = JSON.parse(line);
        if (
          createHash('sha256')
            .update(canonicalize(others) ?? '')
            .digest('hex') === hash
        )
          hashed += 1;
      }
      if (hashed !== lines.length) throw new Error('Not every record has its hash.');
    },
  };
  for (let round = 0; round <= rounds; round += 1)
    for (const way of round % 2 === 0 ? (['verify', 'sha256'] as const) : (['sha256', 'verify'] as const)) {
      const from = process.cpuUsage();
      await ways[way]();
      const { user, system } = process.cpuUsage(from);
      if (round > 0) times[way].push(user + system);
    }
  return median(times.verify) / median(times.sha256);
}

const report = z.object({ liveGrowthBytes: z.number() });

async function liveGrowthBytes({ vaults, days, recordsInEach }: TrailSize): Promise<number> {
  const path = fileURLToPath(new URL('verify-process.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    path,
    ...[vaults, days, recordsInEach].map(String),
  ]);
  return report.parse(JSON.parse(stdout)).liveGrowthBytes;
}
