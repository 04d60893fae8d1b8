import { expect, test } from 'vitest';
import { policy } from '../../../shared/domain/policy.ts';
import type { SurveyedVault } from '../../../shared/domain/survey.ts';
import { StorageUnreachable } from '../../../shared/errors.ts';
import { createScope, SURVEY_ROW, SURVEYED } from '../../../shared/register/scope.ts';
import { typedTables } from '../../../shared/register/tables.ts';
import { fakeSigner } from '../../fakes/signer.ts';
import { fakeTable } from '../../fakes/storage.ts';

const ONE = '11111111-0000-4000-8000-000000000001';
const AT = new Date('2026-03-01T12:00:00Z');
const vault: SurveyedVault = { id: `/subscriptions/${ONE}/vaults/found`, usedSince: AT, keys: {}, unknown: [] };

/** A scope over storage in memory, that can be away. */
function scoped() {
  const of = { now: AT, away: false, calls: 0 };
  const onCall = (): void => {
    of.calls += 1;
    if (of.away) throw new StorageUnreachable('reading', undefined);
  };
  const all = fakeTable({ onCall });
  const tables = typedTables(() => all, fakeSigner());
  const file = policy.parse({ vaults: [{ name: 'named' }], subscriptions: [ONE] });
  const scope = createScope(
    () => file,
    tables,
    () => of.now,
  );
  const later = (seconds: number): void => {
    of.now = new Date(of.now.getTime() + seconds * 1_000);
  };
  const surveyAt = (lastGoodAt: Date) =>
    tables.surveys.put(...SURVEY_ROW, { addedAt: AT, lastGoodAt, subscriptions: {} });
  const names = (): readonly string[] => scope.policy.vaults.map(({ name }) => name);
  return { of, all, tables, scope, later, surveyAt, names };
}

test('what the surveys found is read at most once a minute, and anew after a survey', async () => {
  const { of, tables, scope, later, surveyAt, names } = scoped();
  await scope.refresh();
  expect(names()).toEqual(['named']);
  await tables.surveyed.put(SURVEYED, 'found', vault);
  await surveyAt(AT);
  later(59);
  const before = of.calls;
  await scope.refresh();
  expect([of.calls - before, names()]).toEqual([0, ['named']]);
  later(1);
  await scope.refresh();
  expect(names()).toEqual(['named', 'found']);
  later(60);
  const then = of.calls;
  await scope.refresh();
  // Only how the surveys went: nothing new was found.
  expect(of.calls - then).toBe(1);
});

test('what was found stays while storage does not answer', async () => {
  const { of, tables, scope, later, surveyAt, names } = scoped();
  await tables.surveyed.put(SURVEYED, 'found', vault);
  await surveyAt(AT);
  await scope.refresh();
  of.away = true;
  later(3_600);
  await scope.refresh();
  expect(names()).toEqual(['named', 'found']);
});

test('nobody knows what is guarded where it was never read: that is an error, not an empty list', async () => {
  const { of, scope } = scoped();
  of.away = true;
  await expect(scope.refresh()).rejects.toThrow(StorageUnreachable);
});

test('a row that cannot be read leaves what it said before, and hides no other', async () => {
  const { all, tables, scope, later, surveyAt, names } = scoped();
  await tables.surveyed.put(SURVEYED, 'found', vault);
  await surveyAt(AT);
  await scope.refresh();
  await all.put(SURVEYED, 'found', { keys: 7 });
  await tables.surveyed.put(SURVEYED, 'other', { ...vault, id: vault.id?.replace('found', 'other') });
  await surveyAt(new Date(AT.getTime() + 1_000));
  later(60);
  await scope.refresh();
  expect(names().toSorted()).toEqual(['found', 'named', 'other']);
});
