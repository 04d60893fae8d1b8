import { array, assert, property, record, string } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { slackMessage as messageSchema, type SlackSink, startSlack } from '../../../local/sinks/slack.ts';
import { type SlackBlock, slackChannel, slackMessage } from '../../../shared/alerts/slack.ts';
import { detailLines, firstLine } from '../../../shared/alerts/text.ts';
import type { AlertContent } from '../../../shared/domain/incident.ts';
import { alert } from './alerts.ts';
import { needsAt } from './needs.ts';

const now = new Date('2026-03-01T12:00:20Z');
const textOf = (block: SlackBlock | undefined): string | undefined =>
  block?.type === 'rich_text' ? block.elements[0].elements[0].text : block?.text.text;
const blocksOf = (content: AlertContent): readonly SlackBlock[] => slackMessage(content, now).blocks;
const short = alert({ severity: 'info', summary: 'A test.', judgement: 'undone' });

describe('a message for Slack', () => {
  test('has the first line as its header, and the lines below it in one section', () => {
    expect(slackMessage(short, now)).toEqual({
      text: firstLine(short, now),
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: firstLine(short, now), emoji: false } },
        { type: 'section', text: { type: 'plain_text', text: detailLines(short, now).join('\n'), emoji: false } },
      ],
    });
  });

  test('has as many parts of a long first line in its header as fit there, and the rest below it', () => {
    const content = alert({ summary: 'a'.repeat(200) });
    const [header, section] = blocksOf(content).map(textOf);
    expect(section).toBe('a'.repeat(200));
    expect(`${header}: ${section}`).toBe(firstLine(content, now));
  });

  test('has a part that is too long for a header cut there, and whole below it', () => {
    const content = alert({ judgement: 'b'.repeat(200) });
    const first = firstLine(content, now);
    expect(blocksOf(content).map(textOf).slice(0, 2)).toEqual([`${first.slice(0, 149)}…`, first]);
  });

  test('has each command in a block of its own, as it is to be typed', () => {
    const commands = ['az login', 'npm run key-guardian -- restore payments/disk-key'];
    const blocks = blocksOf(alert({ commands }));
    expect(blocks.map(({ type }) => type)).toEqual([
      'header',
      'section',
      'section',
      'rich_text',
      'rich_text',
      'section',
    ]);
    expect(blocks.filter(({ type }) => type === 'rich_text').map(textOf)).toEqual(commands);
  });

  test('shows a name as a text: no mention, no link, and none in the notification', () => {
    const content = alert({ summary: 'By <!channel> & <https://evil.example|you>.' });
    const { text, blocks } = slackMessage(content, now);
    expect(text).toContain('By &lt;!channel&gt; &amp; &lt;https://evil.example|you&gt;.');
    for (const block of blocks) if (block.type !== 'rich_text') expect(block.text.type).toBe('plain_text');
  });

  test.each<[string, Partial<AlertContent['incident']>]>([
    ['a long summary', { summary: 'ä'.repeat(40_000) }],
    ['a thousand commands', { commands: Array.from({ length: 1_000 }, (_, at) => `az keyvault ${at}`) }],
    ['a long command', { commands: ['a'.repeat(9_000)] }],
    ['a long judgement', { judgement: 'b'.repeat(9_000) }],
    ['a summary whose 149th character is of two halves', { summary: '🔑'.repeat(200) }],
  ])('of %s stays within the limits of Slack, and keeps its beginning', (_, more) => {
    const message = slackMessage(alert(more), now);
    expect(messageSchema.safeParse(message).error?.issues).toBeUndefined();
    const header = textOf(message.blocks[0]);
    expect(header).toMatch(/^critical: payments\/disk-key: /);
    expect(header?.isWellFormed()).toBe(true);
  });

  test('stays within the limits of Slack whatever it says', () => {
    const any = record({
      summary: string({ unit: 'binary', minLength: 1, maxLength: 8_000 }),
      judgement: string({ unit: 'binary', minLength: 1, maxLength: 8_000 }),
      commands: array(string({ unit: 'binary', maxLength: 5_000 }), { maxLength: 80 }),
    });
    assert(
      property(any, (more) => {
        expect(messageSchema.safeParse(slackMessage(alert(more), now)).error?.issues).toBeUndefined();
      }),
      { seed: 20260301, numRuns: 100 },
    );
  });
});

describe('the channel slack', () => {
  let slack: SlackSink;
  beforeEach(async () => {
    slack = await startSlack();
  });
  afterEach(() => slack.close());
  const send = (content = short) =>
    slackChannel({ KEY_GUARDIAN_SLACK_URL: slack.address }, needsAt(now))?.send(content, console);

  test('posts a message that people can read', async () => {
    await send();
    expect(slack.posted).toEqual([[firstLine(short, now), ...detailLines(short, now)]]);
  });

  test('is throttled above one message a second, and told how long to wait', async () => {
    await send();
    await expect(send()).rejects.toMatchObject({ name: 'ChannelRefused', status: 429, retryAfterSeconds: 1 });
    expect(slack.posted).toHaveLength(1);
  });

  test.each([
    ['no_service', 404],
    ['channel_is_archived', 410],
    ['action_prohibited', 403],
  ] as const)('is refused with %s once the webhook is of no use', async (error, status) => {
    slack.webhook = { kind: 'refuses', error };
    await expect(send()).rejects.toMatchObject({ name: 'ChannelRefused', channel: 'slack', status });
  });

  test('cannot be used with an address without TLS', () => {
    const settings = { KEY_GUARDIAN_SLACK_URL: 'http://hooks.slack.example/services/1' };
    expect(() => slackChannel(settings, needsAt(now))).toThrow(
      'The alert channel slack cannot be used: its address is not https.',
    );
  });

  test('is not used where it has no address', () => {
    expect(slackChannel({}, needsAt(now))).toBeUndefined();
  });
});
