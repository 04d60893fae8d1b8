import { z } from 'zod';

/** What the sweeping process is told. */
export const sweepTask = z.object({
  /** The app's settings, as its environment would have them. */
  settings: z.record(z.string(), z.string()),
  /** Where the local Azure listens, on the loopback address, and whom to trust there. */
  port: z.number().int(),
  ca: z.string(),
  /** The watcher's. */
  token: z.string(),
  vaults: z.number().int().positive(),
  /** How often each vault is swept. */
  sweeps: z.number().int().positive(),
});
export type SweepTask = z.infer<typeof sweepTask>;

/** What it tells when it is done. */
export const sweepReport = z.object({ liveGrowthBytes: z.number(), peakRssBytes: z.number().positive() });
export type SweepReport = z.infer<typeof sweepReport>;
