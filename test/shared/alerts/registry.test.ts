import { describe, expect, test } from 'vitest';
import { channelRegistry, configuredChannels } from '../../../shared/alerts/registry.ts';
import type { ChannelSettings } from '../../../shared/config.ts';
import { testChannel } from './channel.contract.ts';
import { needsAt } from './needs.ts';

for (const [id, make] of Object.entries(channelRegistry)) testChannel(id, make);

const REFERENCE = '@Microsoft.KeyVault(SecretUri=https://g.vault.azure.net/secrets/hook)';
const needs = needsAt(new Date('2026-03-01T12:00:00Z'));

describe('the registry', () => {
  test('makes only the channels whose settings are there', () => {
    const ids = (settings: ChannelSettings) => configuredChannels(settings, needs).made.map(({ id }) => id);
    expect(ids({})).toEqual(['console']);
    const settings = {
      KEY_GUARDIAN_WEBHOOK_URL: 'https://hooks.example.com/1',
      KEY_GUARDIAN_WEBHOOK_SECRET: '0123456789abcdef',
    };
    expect(ids(settings)).toEqual(['console', 'webhook']);
    const more = { KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: 'r0', KEY_GUARDIAN_TEAMS_URL: 'https://teams.example.com/1' };
    expect(ids(more)).toEqual(['console', 'pagerduty', 'teams']);
  });

  test.each([
    ['webhook', { KEY_GUARDIAN_WEBHOOK_URL: 'https://hooks.example.com/1', KEY_GUARDIAN_WEBHOOK_SECRET: REFERENCE }],
    ['pagerduty', { KEY_GUARDIAN_PAGERDUTY_ROUTING_KEY: REFERENCE }],
    ['slack', { KEY_GUARDIAN_SLACK_URL: REFERENCE }],
    ['teams', { KEY_GUARDIAN_TEAMS_URL: REFERENCE }],
  ])('leaves out %s where its secret was not resolved: everybody may know the reference', (channel, settings) => {
    const { misconfigured } = configuredChannels(settings, needs);
    expect(misconfigured).toEqual([
      expect.objectContaining({ channel, because: expect.stringContaining('reference') }),
    ]);
  });

  test.each([
    ['ftp://secret.example.com', 'its address is not https'],
    [REFERENCE, 'its address is a reference to a secret that cannot be read'],
  ])('leaves out a channel that cannot be used, and says why: %s', (address, because) => {
    expect(configuredChannels({ KEY_GUARDIAN_WEBHOOK_URL: address }, needs)).toMatchObject({
      made: [{ id: 'console' }],
      misconfigured: [{ message: `The alert channel webhook cannot be used: ${because}.` }],
    });
  });
});
