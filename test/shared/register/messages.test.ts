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
  expect(inspection.parse(sent)).toEqual(message);
});

test('a message of a later form is read for what is known of it', () => {
  const later = { v: 2, ...message, radius: 7, hints: message.hints.map((hint) => ({ ...hint, region: 'west' })) };
  expect(inspection.parse(JSON.parse(JSON.stringify(later)))).toEqual(message);
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
