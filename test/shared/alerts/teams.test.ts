import { array, assert, property, record, string } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalAzure } from '../../../local/azure/azure.ts';
import { flowAudience } from '../../../local/azure/identities.ts';
import { teamsMessage as messageSchema } from '../../../local/sinks/adaptive-card.ts';
import { startTeams, type TeamsSink } from '../../../local/sinks/teams.ts';
import { teamsChannel, teamsMessage } from '../../../shared/alerts/teams.ts';
import { detailLines, firstLine } from '../../../shared/alerts/text.ts';
import { tokenOf } from '../../../shared/azure/tokens.ts';
import type { AlertContent } from '../../../shared/domain/incident.ts';
import { NoToken } from '../../../shared/errors.ts';
import { cardFaults } from './adaptive-card.ts';
import { alert, hangs } from './alerts.ts';
import { needsAt } from './needs.ts';

const now = new Date('2026-03-01T12:00:20Z');
const cardOf = (content: AlertContent) => {
  const [{ content: card }] = messageSchema.parse(JSON.parse(teamsMessage(content, now))).attachments;
  return card;
};
const runsOf = (content: AlertContent) => cardOf(content).body.flatMap(({ inlines }) => inlines);

describe('a card', () => {
  test.each<[string, AlertContent]>([
    ['of what is open', alert()],
    ['of what is resolved', alert({ state: 'resolved', judgement: 'undone' }, 'resolved')],
    ['with commands', alert({ commands: ['key-guardian restore payments/disk-key', 'az login'] })],
    ['of a warning', alert({ severity: 'warning' })],
  ])('%s is one by our schema and by the library of Adaptive Cards', (_, content) => {
    expect(cardFaults(cardOf(content))).toEqual([]);
  });

  test.each<[string, object]>([
    ['an element that there is not', { body: [{ type: 'Nope' }] }],
    ['no version', { version: undefined }],
    ['a TextBlock, which takes markdown', { body: [{ type: 'TextBlock', text: '[a](https://evil.example)' }] }],
    ['an action', { actions: [{ type: 'Action.OpenUrl', title: 'a', url: 'https://evil.example' }] }],
    [
      'a member that there is not',
      { body: [{ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'a', b: 1 }] }] },
    ],
  ])('is none where it has %s', (_, wrong) => {
    expect(cardFaults({ ...cardOf(alert()), ...wrong })).not.toEqual([]);
  });

  test('has the first line in bold, and each line below it as a paragraph', () => {
    const content = alert({ commands: ['az login'] });
    const [first, ...others] = runsOf(content);
    expect(first).toMatchObject({ text: firstLine(content, now), weight: 'Bolder' });
    expect(others.map(({ text }) => text)).toEqual(detailLines(content, now));
    expect(others.filter(({ fontType }) => fontType === 'Monospace').map(({ text }) => text)).toEqual([
      'command: az login',
    ]);
  });

  test.each<[string, AlertContent]>([
    ['Attention', alert({ severity: 'critical' })],
    ['Attention', alert({ severity: 'error' })],
    ['Warning', alert({ severity: 'warning' })],
    ['Default', alert({ severity: 'info' })],
    ['Good', alert({ state: 'resolved' }, 'resolved')],
  ])('has the color %s for its severity, until it is resolved', (color, content) => {
    expect(runsOf(content)[0]?.color).toBe(color);
  });

  test('shows a name as a text: no link, no markup, no function', () => {
    const name = '[a](https://evil.example) **b** {{DATE(2026-03-01T12:00:00Z)}} <at>everyone</at>';
    const content = alert({ who: { oid: '7a', name }, summary: `By ${name}.` });
    expect(cardFaults(cardOf(content))).toEqual([]);
    const texts = runsOf(content).map(({ text }) => text);
    expect(texts.find((text) => text.startsWith('who: '))).not.toMatch(/:\/\/|[[\]<>*{}]/);
    expect(texts.join()).not.toContain('{{');
  });

  test('has a button for the vault and for each machine, five at most, and they open the portal', () => {
    const many = {
      ...hangs,
      machines: Array.from({ length: 10 }, (_, at) => ({
        ...hangs.machines[0],
        id: `/vm/web-${at}`,
        name: `web-${at}`,
        power: 'running' as const,
      })),
    };
    const content = alert({ hangs: many });
    expect(cardFaults(cardOf(content))).toEqual([]);
    expect(cardOf(content).actions?.map(({ title }) => title)).toEqual([
      'Vault payments',
      ...[0, 1, 2, 3].map((at) => `Machine web-${at}`),
    ]);
    expect(cardOf(alert({ hangs })).actions?.[0]?.url).toBe(`https://portal.azure.com/#resource${hangs.vaultId}`);
  });

  test('has no button where nothing is known to link to', () => {
    expect(cardOf(alert())).not.toHaveProperty('actions');
  });

  test('stays under 28 KB whatever it says, and is still one', () => {
    const any = record({
      summary: string({ unit: 'binary', minLength: 1, maxLength: 40_000 }),
      commands: array(string({ unit: 'binary', maxLength: 5_000 })),
    });
    assert(
      property(any, (more) => {
        const content = alert(more);
        expect(Buffer.byteLength(teamsMessage(content, now))).toBeLessThan(28_000);
        expect(runsOf(content)[0]?.text).toMatch(/^critical: payments\/disk-key: /);
      }),
      { seed: 20260301, numRuns: 200 },
    );
  });

  test.each([
    ['a long summary', { summary: 'ä'.repeat(40_000) }],
    [
      'a thousand commands',
      { commands: Array.from({ length: 1_000 }, (_, at) => `az keyvault show --name ${'a'.repeat(1_000)} ${at}`) },
    ],
    ['half characters, which need six bytes each', { summary: '\ud83d'.repeat(40_000) }],
  ])('of %s is cut, and keeps its beginning', (_, more) => {
    const content = alert(more);
    expect(Buffer.byteLength(teamsMessage(content, now))).toBeLessThan(28_000);
    expect(cardFaults(cardOf(content))).toEqual([]);
    expect(runsOf(content)[0]?.text).toMatch(/^critical: payments\/disk-key: /);
  });
});

describe('the channel teams', () => {
  let teams: TeamsSink;
  beforeEach(async () => {
    teams = await startTeams();
  });
  afterEach(() => teams.close());
  const send = () => teamsChannel({ KEY_GUARDIAN_TEAMS_URL: teams.address }, needsAt(now))?.send(alert(), console);

  test('posts a card that people can read', async () => {
    await send();
    expect(teams.posted).toEqual([[firstLine(alert(), now), ...detailLines(alert(), now)]]);
  });

  test.each<[string, boolean]>([
    ['https://t1.environment.api.powerplatform.com/workflows/1', true],
    ['https://t1.environment.api.gov.powerplatform.microsoft.us/workflows/1', true],
    ['https://t1.environment.api.high.powerplatform.us/workflows/1', false],
    ['https://t1.environment.api.appsplatform.us/workflows/1', false],
    ['https://prod-1.usgovtexas.logic.azure.us/workflows/1', false],
  ])('to %s has buttons: %s, since they do not work in GCC High and DoD', async (address, hasActions) => {
    const bodies: string[] = [];
    const needs = needsAt(now, {
      fetch: async (_, request) => {
        bodies.push(String(request.body));
        return new Response(null, { status: 202 });
      },
    });
    await teamsChannel({ KEY_GUARDIAN_TEAMS_URL: address }, needs)?.send(alert({ hangs }), console);
    expect(bodies[0]?.includes('Action.OpenUrl')).toBe(hasActions);
  });

  test('cannot notice that a workflow loses what it took: a 202 is no delivery', async () => {
    teams.workflow = { kind: 'loses' };
    await expect(send()).resolves.toBeUndefined();
    expect(teams.posted).toEqual([]);
  });

  test.each([
    ['without a time to wait', undefined],
    ['for 30 s', 30],
  ])('is throttled %s', async (_, retryAfterSeconds) => {
    teams.workflow = { kind: 'throttled', ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
    await expect(send()).rejects.toMatchObject({ status: 429, retryAfterSeconds });
  });

  describe('whose workflow asks for a token', () => {
    const azure = createLocalAzure({
      vaults: [],
      identities: [{ name: 'watcher', kind: 'managed-identity', grants: [] }],
    });
    beforeEach(() => {
      teams.asks = { tenantId: azure.tenantId, audience: flowAudience };
    });
    const token = tokenOf(azure.credential('watcher'), 'the identity');
    const sendWith = (audience: string | undefined, needs = needsAt(now, { token })) =>
      teamsChannel({ KEY_GUARDIAN_TEAMS_URL: teams.address, KEY_GUARDIAN_TEAMS_AUDIENCE: audience }, needs)?.send(
        alert(),
        console,
      );

    test('posts a card where the settings name its audience', async () => {
      await sendWith(flowAudience);
      expect(teams.posted).toHaveLength(1);
    });

    test('is refused where they name none', async () => {
      await expect(sendWith(undefined)).rejects.toMatchObject({ name: 'ChannelRefused', status: 401 });
    });

    test('is not asked where the identity gets no token', async () => {
      const needs = needsAt(now, { token: () => Promise.reject(new NoToken('the identity', 'it failed', undefined)) });
      await expect(sendWith(flowAudience, needs)).rejects.toMatchObject({
        name: 'ChannelUnreachable',
        because: 'no-token',
      });
    });

    test.each(['https://vault.azure.net', 'https://service.flow.microsoft.com'])(
      'gets no token for %s: that is no workflow’s',
      (audience) => {
        expect(() => sendWith(audience)).toThrow(/teams cannot be used: its audience is none of https:/);
      },
    );
  });

  test.each([
    ['http://teams.example.com/1', 'its address is not https'],
    ['teams', 'its address is missing or is no URL'],
    [
      'https://contoso.webhook.office.com/webhookb2/1',
      'its address is that of an Office connector, which Teams ended: make a workflow',
    ],
  ])('cannot be used with the address %s', (address, because) => {
    expect(() => teamsChannel({ KEY_GUARDIAN_TEAMS_URL: address }, needsAt(now))).toThrow(
      `The alert channel teams cannot be used: ${because}.`,
    );
  });

  test('is not used without an address', () => {
    expect(teamsChannel({}, needsAt(now))).toBeUndefined();
  });
});
