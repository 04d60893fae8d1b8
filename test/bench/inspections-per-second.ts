import { inspection } from '../../shared/domain/hint.ts';
import { keyOf } from '../../shared/domain/subject.ts';
import { inspect } from '../../shared/guard/inspect.ts';
import { inTurns } from '../../shared/in-turns.ts';
import { received } from '../../shared/senses/received.ts';
import { composition } from './composition.ts';
import { acceptAlike, alikeVaults, numbered } from './estate.ts';
import { type Figure, figure, type Measurement, noTarget } from './figure.ts';

/** As many messages as the Functions host hands to one instance at once: host.json's batchSize, and half of it again. */
const AT_ONCE = 24;

/**
 * How many inspections one process does in a second where vault and storage answer at once: keys of two versions that are
 * as approved, each woken by one hint, which is what a flood of hints leads to. The local Azure works in the same
 * process, on the same time, and so does storage in memory: the guardian alone is faster.
 */
export const inspectionsPerSecond: Measurement = {
  names: ['inspections-per-second'],
  measure: async () => [await measureInspections({ keys: 100, inspections: 3_000 })],
};

/** @param size a tenth of the inspections is done before any is measured */
export async function measureInspections(size: {
  readonly keys: number;
  readonly inspections: number;
}): Promise<Figure> {
  const { azure, ports, policy } = composition({
    vaults: alikeVaults(4, size.keys),
    policy: { vaults: numbered('bench', 4).map((name) => ({ name, mode: 'block' })) },
  });
  // A flood from one process is more than a vault allows; what is measured is the guardian.
  azure.behaviours.throttling = false;
  const vaults = policy.vaults.map(({ name }) => name);
  await acceptAlike(vaults, ports);
  const names = numbered('disk', size.keys);
  const messages = (count: number): readonly unknown[] =>
    Array.from({ length: count }, (_, at) => ({
      subject: keyOf({
        vault: vaults[at % vaults.length] ?? '',
        key: names[Math.floor(at / vaults.length) % names.length] ?? '',
      }),
      hints: [{ id: `hint-${at}`, sense: 'audit-log', sensedAt: new Date(), says: { kind: 'differs' } }],
    }));
  const run = (count: number): Promise<void> =>
    inTurns(AT_ONCE, messages(count), (message) => received('inspect', inspection, message, ports, inspect));
  await run(Math.ceil(size.inspections / 10));
  azure.clearLog();
  const from = performance.now();
  await run(size.inspections);
  const seconds = (performance.now() - from) / 1_000;
  if (azure.log.some(({ changed }) => changed)) throw new Error('An inspection wrote to a vault that is as approved.');
  return figure('inspections-per-second', size.inspections / seconds, 'a second', noTarget);
}
