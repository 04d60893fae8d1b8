/** A trail of two days with its seals, for the tests of seals and of the verifier. */
import { seededRandom } from '../../../local/azure/random.ts';
import { resetClock } from '../../../local/clock.ts';
import type { Anchor } from '../../../shared/domain/seal.ts';
import type { SigningKey } from '../../../shared/domain/signer.ts';
import { GUARDIAN } from '../../../shared/domain/subject.ts';
import { HOUR_MS, later } from '../../../shared/domain/time.ts';
import { createTrail, type Trail } from '../../../shared/trail/trail.ts';
import { fakeStreams, fakeTable } from '../../fakes/storage.ts';
import { copyOf } from '../../fakes/trail-files.ts';
import { stopAt } from '../../simulation/clock.ts';
import { entry, of } from './entries.ts';

/** A trail in storage of its own that is sealed with a key. Its clock is the process's. */
export function sealedTrail(key: SigningKey, seed = 1) {
  const streams = fakeStreams();
  const now = (): Date => new Date();
  const newId = seededRandom(seed).uuid;
  const trail = createTrail({
    streams,
    spool: fakeTable(),
    now,
    newId,
    signingKey: async () => key,
    timeoutMs: 60_000,
  });
  return { streams, trail, newId, seal: sealing(trail) };
}

const sealing =
  ({ seal }: Trail) =>
  async (more: 'changed' | 'also-current' = 'changed'): Promise<Anchor> => {
    if (seal === undefined) throw new Error('The trail has no key that seals it.');
    return (await seal(more)).anchor;
  };

/** The first moment of the trail that `story` makes. */
export const BEGAN = new Date('2031-03-01T20:00:00.000Z');

/** A trail of eight hours over midnight, sealed each hour and once at its end. */
export async function story(key: SigningKey) {
  const { streams, trail, newId, seal } = sealedTrail(key);
  const anchors: Anchor[] = [];
  for (let hour = 0; hour < 8; hour += 1) {
    for (let minute = 5; minute < 60; minute += 10) {
      const at = later(BEGAN, hour * HOUR_MS + minute * 60_000);
      stopAt(at.toISOString());
      const some = ['payments', 'ledger'].map((vault) => entry(newId(), { time: at, ...of(vault) }));
      await trail.append([...some, entry(newId(), { time: at, subject: GUARDIAN, what: 'alert' })]);
      if (minute === 25) await trail.appendRegister(some);
    }
    stopAt(later(BEGAN, (hour + 1) * HOUR_MS).toISOString());
    anchors.push(await seal(hour === 7 ? 'also-current' : 'changed'));
  }
  resetClock();
  return { files: await copyOf(streams), anchors };
}
