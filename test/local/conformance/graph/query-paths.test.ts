import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UnreadableEvidence } from '../../../../local/conformance/errors.ts';
import { unpublishedPaths } from '../../../../local/conformance/graph/query-paths.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-guardian-shapes-'));
  const disks = {
    properties: { sku: { properties: { name: {} } }, properties: { $ref: '#/$defs/Properties' } },
    $defs: {
      Properties: { properties: { encryption: { anyOf: [{ properties: { type: {} } }, { type: 'string' }] } } },
    },
  };
  await writeFile(join(folder, 'Microsoft.Compute.disks.2026-03-02.json'), JSON.stringify(disks));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const found = (condition: string, columns: string) =>
  unpublishedPaths([{ name: 'mine', text: `resources | where type ${condition} | project ${columns}` }], folder);
const DISKS = "=~ 'microsoft.compute/disks'";

describe('a path that a query reads', () => {
  test.each([
    ['through a reference and an alternative', DISKS, 'a = properties.encryption.type, b = sku.name'],
    ['of one of several types', "in~ ('microsoft.compute/disks', 'microsoft.compute/snapshots')", 'a = sku.name'],
    [
      'that differs in case, beside the published one',
      DISKS,
      'a = properties.encryption.type, b = properties.encryption.Type',
    ],
    ['that Resource Graph itself adds', DISKS, 'a = properties.extended.instanceView.code'],
    ['of a type without a shape', "=~ 'microsoft.resources/subscriptions'", 'a = properties.state'],
  ])('is published: %s', (_, condition, columns) => {
    expect(found(condition, columns)).toEqual([]);
  });

  test.each([
    ['a member that is not there', 'a = properties.encryption.typ', 'properties.encryption.typ'],
    ['a member of a text', 'a = sku.name.initial', 'sku.name.initial'],
    ['another case alone', 'a = properties.Encryption.type', 'properties.Encryption.type'],
  ])('is told where it is not published: %s', (_, columns, path) => {
    expect(found(DISKS, columns)).toEqual([`query mine: ${path} is in no published shape of microsoft.compute/disks`]);
  });

  test('cannot be judged without the folder', () => {
    const query = { name: 'mine', text: `resources | where type ${DISKS}` };
    expect(() => unpublishedPaths([query], join(folder, 'nowhere'))).toThrow(UnreadableEvidence);
  });
});
