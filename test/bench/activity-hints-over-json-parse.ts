import { seededChance } from '../../local/azure/random.ts';
import { activityEvent } from '../../local/azure/resource-manager/activity-log.ts';
import { activityOf } from '../../shared/senses/activity-log.ts';
import { composition } from './composition.ts';
import { atMost, type Figure, figure, type Measurement, timesAsLong } from './figure.ts';

/** One event in so many says something: a subscription's writes are mostly of other things. */
const ONE_TELLS_IN = 100;
/** 2 March 2026, noon. */
const AT = Date.UTC(2026, 2, 2, 12);

/**
 * What events of the Activity Log cost beside reading them at all: `JSON.parse` and making out what each touched, over
 * `JSON.parse` alone. Events as the local Azure writes them, 99 in 100 of other operations. Both are run in turns many times;
 * the medians are compared.
 */
export const activityHintsOverJsonParse: Measurement = {
  names: ['activity-hints-over-json-parse'],
  measure: async () => [measureActivity({ events: 1_000, runs: 400 })],
};

/** @param size `runs` counts the runs of each of the two, a tenth of them before any is measured */
export function measureActivity(size: { readonly events: number; readonly runs: number }): Figure {
  const texts = activityTexts(size.events);
  const now = new Date(AT);
  let told = 0;
  let read = 0;
  const times = timesAsLong(
    () => {
      for (const text of texts) if (activityOf(JSON.parse(text), now).kind === 'activity') told += 1;
    },
    () => {
      for (const text of texts) read += Object.keys(JSON.parse(text)).length;
    },
    size.runs,
  );
  if (told === 0 || read === 0) throw new Error('The events told nothing: what was measured is not the work.');
  return figure('activity-hints-over-json-parse', times, 'times', atMost(1.5));
}

/** Events as Event Grid gives them to the function, one each. */
export function activityTexts(count: number): readonly string[] {
  const { azure } = composition({ vaults: [], policy: { vaults: [{ name: 'bench-000' }] } });
  const identity = azure.identities.get('attacker');
  if (identity === undefined) throw new Error('The bench has no identity that writes.');
  const { directory } = azure.resourceManager.world;
  const world = { directory, tenantId: azure.tenantId, chance: seededChance(1), behaviours: azure.behaviours };
  const group = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-bench/providers';
  const written = [
    ['Microsoft.Storage/storageAccounts', 'listKeys/action', 'POST'],
    ['Microsoft.Compute/virtualMachines', 'write', 'PUT'],
    ['Microsoft.Network/networkInterfaces', 'delete', 'DELETE'],
  ] as const;
  return Array.from({ length: count }, (_, at) => {
    const tells = at % ONE_TELLS_IN === ONE_TELLS_IN - 1;
    const [type, verb, method] = tells
      ? (['Microsoft.Compute/diskEncryptionSets', 'write', 'PATCH'] as const)
      : (written[at % written.length] ?? written[0]);
    const path = `${group}/${type}/thing-${at}`;
    const event = activityEvent(
      {
        request: { method, url: `https://management.azure.com${path}?api-version=2024-03-02`, headers: {}, body: '' },
        ...{ identity, action: `${type}/${verb}`, path, isOfExisting: true, ending: 'Success', endedMs: AT + at },
      },
      world,
    );
    const [one]: readonly unknown[] = [JSON.parse(event?.body ?? '[]')].flat();
    return JSON.stringify(one);
  });
}
