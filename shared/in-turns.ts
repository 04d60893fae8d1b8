import { together } from './errors.ts';

/** Runs `work` for each item, `atOnce` of them at a time. All items are tried; then a single failure is thrown as it is, several as one `AggregateError`. */
export async function inTurns<T>(atOnce: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw together(failures, `${failures.length} of ${items.length} failed.`);
}
