import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resetClock } from '../../../../local/clock.ts';
import type { WatchedSet } from '../../../../shared/domain/propagation.ts';
import { rowOfSet } from '../../../../shared/propagation/sets.ts';
import { askSurvey } from '../../../../shared/senses/survey/plan.ts';
import { stopAt } from '../../../simulation/clock.ts';
import { type Rotating, rotating, setIdOf, urlOf, V1, VAULT } from '../../propagation/rotating.ts';

beforeEach(() => stopAt());
afterEach(resetClock);

const keyOn = (host: string, version = V1): object => ({
  properties: { activeKey: { keyUrl: urlOf('disk-a', version, host) } },
});

async function surveyNow({ world, minutes }: Rotating): Promise<void> {
  await minutes(1);
  await askSurvey(world.ports);
  await world.settle();
}
const said = async (on: Rotating, name: string): Promise<readonly string[]> =>
  (await on.incidents(name)).map(({ kind, reason = kind, state }) => `${kind} ${reason} ${state}`);

describe('a survey has a set read', () => {
  test('that was moved to a key which nothing guards, although there was no rotation', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.patch('des-a', keyOn('not-guarded.vault.azure.net'));
    await surveyNow(on);
    expect(await said(on, 'des-a')).toEqual(['set-moved set-moved open']);
    await surveyNow(on);
    expect(on.reads('des-a')).toBe(1);
    await on.patch('des-a', keyOn(`${VAULT}.vault.azure.net`));
    await on.minutes(10);
    expect(await said(on, 'des-a')).toEqual(['set-moved set-moved resolved']);
  });

  test('that was pointed at an older version after it followed, and once more when that is repaired', async () => {
    const on = await rotating([{ name: 'des-a' }], { behaviours: { rewrapMs: 0 } });
    const version = await on.rotate();
    await on.minutes(61);
    on.world.azure.resourceManager.paceSet(setIdOf('des-a'), { followsAfterMs: Number.POSITIVE_INFINITY });
    await on.patch('des-a', keyOn(`${VAULT}.vault.azure.net`));
    await surveyNow(on);
    expect(await said(on, 'des-a')).toEqual(['set-not-followed reverted open']);
    await on.world.ports.tables.sets.change(...rowOfSet(setIdOf('des-a')), watchOver);
    await on.patch('des-a', keyOn(`${VAULT}.vault.azure.net`, version));
    await surveyNow(on);
    await on.minutes(6);
    expect(await said(on, 'des-a')).toEqual(['set-not-followed reverted resolved']);
  });

  test('that is on an older version and was made after the rotation began to be watched', async () => {
    const on = await rotating([{ name: 'des-a' }]);
    await on.rotate();
    await on.world.ports.tables.sets.remove({
      row: (await on.world.tables.sets.list()).find(({ row }) => row.endsWith('des-a')) ?? never(),
    });
    await surveyNow(on);
    expect(await on.verdict('des-a')).toBe('waiting');
  });

  test('that was deleted after its watch was over, whose row then goes', async () => {
    const on = await rotating([{ name: 'des-a', hasDisk: false }]);
    await on.rotate();
    await on.minutes(40);
    expect(await on.verdict('des-a')).toBe('nothing-to-re-wrap');
    await on.remove('des-a');
    await surveyNow(on);
    expect(await on.watched('des-a')).toBeUndefined();
  });

  test('never, where it is as its last verdict says', async () => {
    const on = await rotating([{ name: 'des-a' }, { name: 'des-b', key: 'disk-b' }]);
    await on.rotate();
    await on.minutes(50);
    const reads = on.reads('des-a');
    await surveyNow(on);
    await surveyNow(on);
    expect([on.reads('des-a'), on.reads('des-b')]).toEqual([reads, 0]);
    expect(on.world.failures).toEqual([]);
  });
});

/** The row of a set as it is once a day is over. */
function watchOver(standing: WatchedSet | undefined): WatchedSet {
  const { nextReadAt: _, ...row } = standing ?? never();
  return row;
}

const never = (): never => {
  throw new Error('The set has a row.');
};
