import { seededRandom } from '../../local/azure/random.ts';
import { turnClock } from '../../local/clock.ts';
import { type ScheduledMessage, scheduledMessage } from '../../shared/domain/schedule.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/domain/time.ts';
import type { Ports } from '../../shared/ports.ts';
import { takeScheduled } from '../../shared/senses/sweep/take-scheduled.ts';
import { type Composition, composition } from './composition.ts';
import { acceptAlike, alikeVaults } from './estate.ts';

/** How long the platform hides a message whose execution was killed, in seconds. */
const HIDDEN_AFTER_KILL_SECONDS = 600;
/** How late the host sees a message that is visible, at most, in ms. */
const LATEST_MS = 1_500;

/** A guardian of empty vaults whose queue `sweeps` is turned by hand, and of whose executions some are killed. */
export interface Scheduled extends Composition {
  /** Turns the clock to the next message and lets the guardian take all that are visible then. Returns whether an execution was killed. */
  next(): Promise<boolean>;
}

/**
 * @param vaults how many; nothing is read from them, so that only the schedule is measured
 * @param killed the share of executions that end before, between or after two calls of storage, drawn evenly
 * @param isKillable which messages' executions can be killed
 * @param more further ports. Default: none
 */
export async function scheduled(
  vaults: number,
  killed: number,
  isKillable: (message: ScheduledMessage) => boolean,
  more: (running: Composition) => Partial<Ports> = () => ({}),
): Promise<Scheduled> {
  toFullMinute();
  const random = seededRandom(1);
  let callsLeft = Number.POSITIVE_INFINITY;
  const seeds = alikeVaults(vaults, 0);
  const running = composition({
    vaults: seeds,
    policy: { vaults: seeds.map(({ name }) => ({ name, mode: 'block' })) },
    async beforeStorage() {
      callsLeft -= 1;
      if (callsLeft < 0) throw new Error('the process is gone');
    },
  });
  await acceptAlike(
    seeds.map(({ name }) => name),
    running.ports,
  );
  const ports: Ports = {
    ...running.ports,
    ...more(running),
    reads: (vault) => ({
      ...running.ports.reads(vault),
      listKeys: async () => ({ kind: 'ok', value: { keys: [], unclear: [] } }),
      listDeletedKeys: async () => ({ kind: 'ok', value: [] }),
    }),
  };
  /** How many calls of storage the last message of each kind took. */
  const calls = { tick: 20, sweep: 20 };

  async function take(message: ScheduledMessage): Promise<boolean> {
    const isKilled = isKillable(message) && random.next() < killed;
    const given = isKilled ? Math.floor(random.next() * (calls[message.kind] + 1)) : Number.MAX_SAFE_INTEGER;
    callsLeft = given;
    try {
      await takeScheduled(message, ports);
    } catch (error) {
      if (!isKilled) throw error;
    }
    if (!isKilled) calls[message.kind] = given - callsLeft;
    callsLeft = Number.POSITIVE_INFINITY;
    if (isKilled) await running.queues.sweeps.send(message, HIDDEN_AFTER_KILL_SECONDS);
    return isKilled;
  }

  return {
    ...running,
    ports,
    async next() {
      const { messages } = running.queues.sweeps;
      const [first] = messages.toSorted((one, other) => one.visibleAt.getTime() - other.visibleAt.getTime());
      if (first === undefined) throw new Error('No message is left: nothing would be swept any more.');
      const lateMs = Math.floor(random.next() * LATEST_MS);
      turnClock(Math.max(0, first.visibleAt.getTime() + lateMs - Date.now()));
      let isKilled = false;
      for (const message of running.queues.sweeps.take())
        isKilled = (await take(scheduledMessage.parse(message))) || isKilled;
      return isKilled;
    },
  };
}

/** Turns the clock to the next full minute, with which the ticks of the first chain come. */
export const toFullMinute = (): void => turnClock(MINUTE_MS - (Date.now() % MINUTE_MS));

/** Whether a tick comes within the next `seconds`. */
export const isTickComing = ({ queues }: Composition, seconds: number): boolean =>
  queues.sweeps.messages.some(
    ({ message, visibleAt }) =>
      scheduledMessage.parse(message).kind === 'tick' && visibleAt.getTime() <= Date.now() + seconds * SECOND_MS,
  );
