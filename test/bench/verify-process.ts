/**
 * Verifies a large trail in a process by itself, started by verify-over-sha256.ts with --expose-gc, and writes to standard
 * output by how much more was alive at most, meanwhile, than before.
 */
import { verifyTrail } from '../../shared/trail/verify.ts';
import { newSigningKey } from '../fakes/signing-key.ts';
import { liveBytes } from './live-bytes.ts';
import { madeTrail } from './made-trail.ts';

const [, , vaults, days, recordsInEach] = process.argv.map(Number);
const size = { vaults: vaults ?? 0, days: days ?? 0, recordsInEach: recordsInEach ?? 0 };
const { source, root } = await madeTrail(size, newSigningKey());
const before = liveBytes();
let most = before;
const said = await verifyTrail(source, {
  root,
  onProgress: () => {
    most = Math.max(most, liveBytes());
  },
});
most = Math.max(most, liveBytes());
if (said.verdict !== 'anchored' || said.records !== size.vaults * size.days * size.recordsInEach)
  throw new Error(`The trail is ${said.verdict}, with ${said.records} records: what was measured is not the work.`);
process.stdout.write(JSON.stringify({ liveGrowthBytes: most - before }));
