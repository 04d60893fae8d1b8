import { describe, expect, test } from 'vitest';
import { policy } from '../../../shared/domain/policy.ts';
import { keyOf } from '../../../shared/domain/subject.ts';
import { inspectionsFromKeyVaultEvent } from '../../../shared/senses/key-vault-event.ts';
import cloudEvent from '../../samples/key-vault-event/new-version.cloud-event.json' with { type: 'json' };
import drifted from '../../samples/key-vault-event/new-version.drifted.json' with { type: 'json' };
import eventGrid from '../../samples/key-vault-event/new-version.event-grid.json' with { type: 'json' };
import secretExpired from '../../samples/key-vault-event/secret-expired.json' with { type: 'json' };

const NOW = new Date('2026-03-01T12:00:00Z');
const VERSION = 'fedcba9876543210fedcba9876543210';
const guarded = policy.parse({ vaults: [{ name: 'kv-prod-disks', keys: [{ pattern: 'canary', guard: false }] }] });

const heard = (event: unknown) => inspectionsFromKeyVaultEvent(event, guarded, NOW);
const withData = (change: object) => ({ ...eventGrid, data: { ...eventGrid.data, ...change } });
const idOf = (rest: string) => withData({ Id: `https://kv-prod-disks.vault.azure.net${rest}` });

describe('a new version is a reason to inspect its key', () => {
  test.each<readonly [says: string, event: { readonly id: string }]>([
    ["in Event Grid's own schema", eventGrid],
    ['in CloudEvents 1.0, without dates', cloudEvent],
    ['with camelCase, stray blanks and dates as strings', drifted],
  ])('%s', (_says, event) => {
    expect(heard(event)).toEqual({
      unparsed: [],
      inspections: [
        {
          subject: keyOf({ vault: 'kv-prod-disks', key: 'disk-a' }),
          attempt: 0,
          hints: [
            { id: event.id, sense: 'key-vault-event', sensedAt: NOW, says: { kind: 'new-version', version: VERSION } },
          ],
        },
      ],
    });
  });

  test.each<readonly [says: string, event: unknown]>([
    [
      'with a vault in capitals',
      withData({ Id: `https://KV-PROD-DISKS.vault.azure.net/keys/DISK-A/${VERSION.toUpperCase()}` }),
    ],
    [
      'whatever the other members of its data say',
      withData({ VaultName: 'elsewhere', ObjectName: 'canary', Version: 'x' }),
    ],
    ['whatever its topic and subject say', { ...eventGrid, topic: '/elsewhere', subject: 'canary' }],
    [
      'without any member but the id, the type and the id of the object',
      { id: 'e', eventType: eventGrid.eventType, data: { ID: eventGrid.data.Id } },
    ],
  ])('%s', (_says, event) => {
    expect(heard(event)).toMatchObject({
      unparsed: [],
      inspections: [{ subject: { vault: 'kv-prod-disks', key: 'disk-a' }, hints: [{ says: { version: VERSION } }] }],
    });
  });

  test.each<readonly [says: string, change: object]>([
    ['with blanks around it', { eventType: ` ${eventGrid.eventType} ` }],
    ['in another case', { eventType: eventGrid.eventType.toUpperCase() }],
    ['beside an empty one of the other schema', { eventType: '', type: eventGrid.eventType }],
    ['beside one that is null', { eventType: null, type: eventGrid.eventType }],
  ])('with its type %s', (_says, change) => {
    expect(heard({ ...eventGrid, ...change })).toMatchObject({
      unparsed: [],
      inspections: [{ subject: { key: 'disk-a' } }],
    });
  });

  test.each([
    [128, 'x'.repeat(128)],
    [129, expect.stringMatching(/^[0-9a-f]{64}$/)],
    [60_000, expect.stringMatching(/^[0-9a-f]{64}$/)],
  ])('with an id of %i characters, which its hint carries or hashes', (characters, id) => {
    const event = { ...eventGrid, id: 'x'.repeat(characters) };
    expect(heard(event)).toMatchObject({ inspections: [{ hints: [{ id }] }] });
    expect(heard(event)).toEqual(heard(event));
  });

  test.each(['/keys/disk-a', `/keys/disk-a/${VERSION}0`])('without a version, where its id names none: %s', (rest) => {
    expect(heard(idOf(rest))).toMatchObject({
      unparsed: [],
      inspections: [{ subject: { key: 'disk-a' }, hints: [{ says: { kind: 'new-version' } }] }],
    });
  });
});

describe('an event is ignored', () => {
  test.each<readonly [says: string, event: unknown]>([
    ['about another kind of object', secretExpired],
    ['of a type that nobody knows', { ...eventGrid, eventType: 'Microsoft.KeyVault.KeySomething' }],
    ['of a vault that is not guarded', withData({ Id: `https://elsewhere.vault.azure.net/keys/disk-a/${VERSION}` })],
    [
      'of a Managed HSM that has the name of a vault',
      withData({ Id: `https://kv-prod-disks.managedhsm.azure.net/keys/disk-a/${VERSION}` }),
    ],
    ['of a key that the policy leaves out', idOf(`/keys/canary/${VERSION}`)],
  ])('%s', (_says, event) => {
    expect(heard(event)).toEqual({ inspections: [], unparsed: [] });
  });
});

describe('an event is to be quarantined whole', () => {
  test.each<readonly [says: string, event: unknown, because: string]>([
    ['when it has no data', { ...eventGrid, data: undefined }, 'data'],
    ['when it has no id', { ...eventGrid, id: undefined }, 'id'],
    ['when it is no object', 'event', 'expected object'],
    ['when it is nothing', undefined, 'expected object'],
    ['when it has no type', { ...eventGrid, eventType: undefined }, 'it has no type'],
    ['when its type is empty', { ...eventGrid, eventType: ' ' }, 'it has no type'],
    ['when its type is no text', { ...eventGrid, eventType: 7 }, 'eventType'],
    ['when its data has no id', withData({ Id: undefined }), 'data.Id names no key'],
    ['when the id of its data is no text', withData({ Id: 7 }), 'data.Id names no key'],
    [
      'when the id of its data names another kind of object',
      idOf(`/secrets/disk-a/${VERSION}`),
      'data.Id names no key',
    ],
    [
      'when the id of its data is not reached over TLS',
      withData({ Id: `http://kv-prod-disks.vault.azure.net/keys/disk-a/${VERSION}` }),
      'data.Id names no key',
    ],
  ])('%s', (_says, event, because) => {
    expect(heard(event)).toEqual({
      inspections: [],
      unparsed: [{ content: JSON.stringify(event) ?? 'undefined', because: expect.stringContaining(because) }],
    });
  });
});
