import { describe, expect, test } from 'vitest';
import { channelRegistry, configuredChannels } from '../../../shared/alerts/registry.ts';
import { describeChannel } from './channel.contract.ts';

for (const [id, make] of Object.entries(channelRegistry)) describeChannel(id, make);

const needs = { fetch, now: () => new Date('2026-03-01T12:00:00Z'), write: () => undefined };

describe('the registry', () => {
  test('makes only the channels whose settings are there', () => {
    expect(configuredChannels({}, needs).map(({ id }) => id)).toEqual(['console']);
    const settings = {
      KEY_GUARDIAN_WEBHOOK_URL: 'https://hooks.example.com/1',
      KEY_GUARDIAN_WEBHOOK_SECRET: '0123456789abcdef',
    };
    expect(configuredChannels(settings, needs).map(({ id }) => id)).toEqual(['console', 'webhook']);
  });

  test('says which channels cannot be used', () => {
    expect(() => configuredChannels({ KEY_GUARDIAN_WEBHOOK_URL: 'ftp://secret.example.com' }, needs)).toThrow(
      'The alert channel webhook cannot be used: its address is not https.',
    );
  });
});
