import { afterAll, describe, expect, test } from 'vitest';
import { startPagerduty } from '../../../local/sinks/pagerduty.ts';
import { startSlack } from '../../../local/sinks/slack.ts';
import { startTeams } from '../../../local/sinks/teams.ts';
import { slackMessage } from '../../../shared/alerts/slack.ts';
import { teamsMessage } from '../../../shared/alerts/teams.ts';
import { alert } from '../../shared/alerts/alerts.ts';

const teams = await startTeams();
const pagerduty = await startPagerduty();
afterAll(async () => {
  await teams.close();
  await pagerduty.close();
});

const answerTo = async (address: string, body: string): Promise<readonly [number, unknown]> => {
  const response = await fetch(address, { method: 'POST', body });
  const text = await response.text();
  return [response.status, text === '' ? undefined : JSON.parse(text)];
};

const message = teamsMessage(alert(), new Date('2026-03-01T12:00:20Z'));
const event = {
  routing_key: pagerduty.routingKey,
  event_action: 'trigger',
  dedup_key: 'd1',
  payload: { summary: 'a', source: 'b', severity: 'critical' },
};

describe('the workflow of Teams', () => {
  test.each<[string, string, number]>([
    ['a message with a card', message, 202],
    ['what is not JSON', '{', 400],
    ['a message without attachments', '{"type":"message","text":"a"}', 400],
    ['a card with an element that there is not', message.replaceAll('RichTextBlock', 'Nope'), 400],
    ['a card of another version', message.replace('"1.4"', '"2.0"'), 400],
    ['a message of more than 28 KB', message.replace('critical', 'a'.repeat(28 * 1_024)), 413],
  ])('answers %s with its status', async (_, body, status) => {
    expect((await answerTo(teams.address, body))[0]).toBe(status);
  });

  test('has posted what it took', () => {
    expect(teams.posted).toHaveLength(1);
  });

  test('is not there without its signature', async () => {
    expect((await answerTo(teams.address.replace('&sig=local', ''), message))[0]).toBe(404);
  });
});

describe('PagerDuty', () => {
  test('takes an event, and says under which key', async () => {
    expect(await answerTo(pagerduty.address, JSON.stringify(event))).toEqual([
      202,
      { status: 'success', message: 'Event processed', dedup_key: 'd1' },
    ]);
  });

  test('opens another alert for a trigger that comes after the resolve', async () => {
    for (const event_action of ['resolve', 'trigger'])
      await answerTo(pagerduty.address, JSON.stringify({ ...event, event_action }));
    expect(pagerduty.alerts.map(({ dedupKey, state }) => [dedupKey, state])).toEqual([
      ['d1', 'resolved'],
      ['d1', 'triggered'],
    ]);
  });

  test.each<[string, object]>([
    ['without a summary', { payload: { ...event.payload, summary: undefined } }],
    ['with a summary of 1025 characters', { payload: { ...event.payload, summary: 'a'.repeat(1_025) } }],
    ['of a severity that there is not', { payload: { ...event.payload, severity: 'fatal' } }],
    ['with a routing key that is too short', { routing_key: 'r0' }],
    ['of an action that there is not', { event_action: 'close' }],
  ])('refuses an event %s, and says why', async (_, wrong) => {
    expect(await answerTo(pagerduty.address, JSON.stringify({ ...event, ...wrong }))).toEqual([
      400,
      { status: 'invalid event', message: 'Event object is invalid', errors: [expect.any(String)] },
    ]);
  });
});

describe('the incoming webhook of Slack', () => {
  const posted = slackMessage(alert(), new Date('2026-03-01T12:00:20Z'));
  const [header] = posted.blocks;
  const answerOf = async (message: unknown): Promise<readonly [number, string, string | null]> => {
    const slack = await startSlack();
    const response = await fetch(slack.address, { method: 'POST', body: JSON.stringify(message) });
    const answer = [response.status, await response.text(), response.headers.get('retry-after')] as const;
    await slack.close();
    return answer;
  };

  test('answers ok to a message within its limits', async () => {
    expect(await answerOf(posted)).toEqual([200, 'ok', null]);
    expect(await answerOf({ ...posted, blocks: Array.from({ length: 50 }, () => header) })).toEqual([200, 'ok', null]);
  });

  test.each<[string, unknown]>([
    ['51 blocks', { ...posted, blocks: Array.from({ length: 51 }, () => header) }],
    [
      'a header of 151 characters',
      { ...posted, blocks: [{ type: 'header', text: { type: 'plain_text', text: 'a'.repeat(151) } }] },
    ],
    [
      'a section of 3,001 characters',
      { ...posted, blocks: [{ type: 'section', text: { type: 'plain_text', text: 'a'.repeat(3_001) } }] },
    ],
    ['an empty text', { ...posted, blocks: [{ type: 'section', text: { type: 'plain_text', text: '' } }] }],
    ['a block that there is not', { ...posted, blocks: [{ type: 'card' }] }],
    ['no text for notifications', { blocks: posted.blocks }],
  ])('refuses a message with %s as an invalid payload', async (_, message) => {
    expect(await answerOf(message)).toEqual([400, 'invalid_payload', null]);
  });
});
