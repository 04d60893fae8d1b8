import { expect, it } from 'vitest';
import { stopAll } from '../../local/stop-all.ts';

it('stops the last first, tries all, and throws what failed together', async () => {
  const stopped: string[] = [];
  const stop = (name: string, error?: Error) => async () => {
    stopped.push(name);
    if (error !== undefined) throw error;
  };
  const failures = [new Error('third'), new Error('first')];
  const stopping = stopAll([stop('first', failures[1]), stop('second'), stop('third', failures[0])]);
  await expect(stopping).rejects.toMatchObject({ name: 'AggregateError', errors: failures });
  expect(stopped).toEqual(['third', 'second', 'first']);
});
