import { RestError } from '@azure/core-rest-pipeline';
import { describe, expect, test } from 'vitest';
import { answerOf } from '../../shared/azure/storage-errors.ts';
import { isStorageAway, StorageUnreachable, TrailUnreachable, together } from '../../shared/errors.ts';
import { inTurns } from '../../shared/in-turns.ts';

const noAnswer = (doing: string) =>
  new StorageUnreachable(doing, undefined, answerOf(new RestError('request failed', { code: 'ECONNREFUSED' })));

describe('several failures as one error', () => {
  test('have their reasons in the message, since the platform keeps no more of an error than message and stack', () => {
    const error = together([noAnswer('reading row a'), new Error('no vault has that name')], '2 of 9 failed.');
    expect(error.message).toBe(
      '2 of 9 failed. Storage failed: reading row a. It gave no answer (ECONNREFUSED). no vault has that name',
    );
    expect(error.stack).toContain(error.message);
  });

  test('say each reason once, those of failures within failures as well', () => {
    const inner = together([new Error('one'), new Error('two')], 'inner');
    expect(together([new Error('one'), inner, new Error('one')], 'outer').message).toBe('outer one two');
  });

  test.each([
    [5, 'failed. 0 1 2 3 4'],
    [6, 'failed. 0 1 2 3 4 And 1 more.'],
    [1_000, 'failed. 0 1 2 3 4 And 995 more.'],
  ])('of %i reasons say at most five', (count, says) => {
    const failures = Array.from({ length: count }, (_, at) => new Error(String(at)));
    expect(together(failures, 'failed.').message).toBe(says);
  });

  test.each([
    [300, 'x'.repeat(300)],
    [301, `${'x'.repeat(299)}…`],
  ])('of a reason of %i characters say at most 300', (length, says) => {
    expect(together([new Error('x'.repeat(length))], 'failed.').message).toBe(`failed. ${says}`);
  });

  test('say a reason of several lines on one', () => {
    expect(together([new Error('first\n  second')], 'failed.').message).toBe('failed. first second');
  });

  test('say the name of an error that has no message, and what is no error as it is', () => {
    expect(together([new TypeError(), 'gone'], 'failed.').message).toBe('failed. TypeError gone');
  });

  test('say nothing of a cause: what it says may be secret', () => {
    const cause = new Error('https://hooks.example/secret');
    expect(together([new Error('refused', { cause })], 'failed.').message).toBe('failed. refused');
  });

  test('are what work on several items throws', async () => {
    const work = inTurns(2, ['a', 'b', 'c'], async (item) => {
      if (item !== 'b') throw noAnswer(`reading row ${item}`);
    });
    await expect(work).rejects.toThrow(
      '2 of 3 failed. Storage failed: reading row a. It gave no answer (ECONNREFUSED). ' +
        'Storage failed: reading row c. It gave no answer (ECONNREFUSED).',
    );
  });
});

test('a trail that nobody takes says what each storage said, and counts as storage that is away', () => {
  const refused = new StorageUnreachable('appending', undefined, { status: 403, code: 'AuthorizationFailure' });
  const error = new TrailUnreachable('audit', [noAnswer('spooling'), refused]);
  expect(error.message).toBe(
    'No storage took what was to be recorded in audit. Storage failed: spooling. It gave no answer (ECONNREFUSED). ' +
      'Storage failed: appending. It answered 403 AuthorizationFailure.',
  );
  expect(isStorageAway(together([error, refused], 'failed.'))).toBe(true);
  expect(isStorageAway(together([error, new Error('a fault')], 'failed.'))).toBe(false);
});

test('a call to storage that took too long says so', () => {
  const aborted = Object.assign(new Error('The operation was aborted.'), { name: 'AbortError' });
  expect(new StorageUnreachable('reading row a', aborted, answerOf(aborted)).message).toBe(
    'Storage failed: reading row a. It gave no answer (timed out).',
  );
});
