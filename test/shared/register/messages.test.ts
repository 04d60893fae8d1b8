import { expect, test } from 'vitest';
import { inspection } from '../../../shared/domain/hint.ts';
import { keyOf } from '../../../shared/domain/subject.ts';
import { messagesOf } from '../../../shared/register/messages.ts';
import { fakeQueue } from '../../fakes/storage.ts';
import { NOW } from '../guard/keys/situations.ts';

const message = {
  subject: keyOf({ vault: 'prod-disks', key: 'disk-a' }),
  hints: [{ id: 'h1', sense: 'sweep' as const, sensedAt: NOW, says: { kind: 'differs' as const } }],
  attempt: 0,
};

test('a message is sent with its form, and is read as it was sent', async () => {
  const queue = fakeQueue();
  await messagesOf(queue).send(message);
  const [sent] = queue.take();
  expect(sent).toMatchObject({ v: 1 });
  expect(inspection.parse(sent)).toEqual({ v: 1, ...message });
});

test('a message of a later form is read for what is known of it, and has the rest where it is sent again', async () => {
  const later = { v: 2, ...message, radius: 7, hints: message.hints.map((hint) => ({ ...hint, region: 'west' })) };
  const read = inspection.parse(JSON.parse(JSON.stringify(later)));
  expect(read).toMatchObject(message);
  const queue = fakeQueue();
  await messagesOf(queue).send({ ...read, attempt: 1 });
  expect(queue.take()).toMatchObject([{ ...JSON.parse(JSON.stringify(later)), attempt: 1 }]);
});

test('a hint of a kind that this version does not know is a reason to inspect, with all that it says', () => {
  const said = { kind: 'tagged', by: { oid: 'a' }, tags: ['x'] };
  const later = { ...message, hints: [{ id: 'h2', sense: 'tags', sensedAt: NOW.toISOString(), says: said }] };
  const { hints } = inspection.parse(later);
  expect(hints).toEqual([{ id: 'h2', sense: 'tags', sensedAt: NOW, says: { kind: 'of-another-version', said } }]);
  expect(inspection.parse(JSON.parse(JSON.stringify({ ...later, hints }))).hints).toEqual(hints);
});

test('a hint of a known kind that does not say what belongs to it is none', () => {
  const hints = [{ ...message.hints[0], says: { kind: 'act', operation: 'KeyUpdate' } }];
  expect(inspection.safeParse({ ...message, hints }).success).toBe(false);
});

test('a message that is delayed is not received before', async () => {
  const queue = fakeQueue();
  const messages = messagesOf(queue);
  await messages.send(message, 30);
  expect(queue.take()).toEqual([]);
  expect(queue.take(queue.messages[0]?.visibleAt)).toHaveLength(1);
});

test('a message without a delay is received at once', async () => {
  const queue = fakeQueue();
  await messagesOf(queue).send(message);
  expect(queue.take()).toHaveLength(1);
});
