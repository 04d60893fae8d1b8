import { describe, expect, test } from 'vitest';
import { memberComplaints } from '../../../local/conformance/member-rules.ts';
import { namedBy, operationOf, parseOperations } from '../../../local/conformance/operations.ts';
import { shapes } from './shapes.ts';

const { operations, changes } = parseOperations(shapes.operations);

/** What is said of a body answered to a request, written `GET /keys/disk`, or `GET /keys/disk 7.2` for another api-version than 7.3. */
function complaintsOf(request: string, body: unknown): readonly string[] {
  const [method = '', pathname = '', apiVersion = '7.3'] = request.split(' ');
  const operation = operationOf(operations, method, pathname);
  const asked = { operation, hostname: 'one.vault.azure.net', apiVersion, ...namedBy(operation, pathname) };
  return memberComplaints(body, asked, changes);
}

const version = '0123456789abcdef0123456789abcdef';
const disk = 'https://one.vault.azure.net/keys/disk';
const kid = (value: string): unknown => ({ key: { kid: value } });
const attributes = (more: object): unknown => ({
  attributes: { created: 5, updated: 5, recoveryLevel: 'Recoverable', recoverableDays: 90, ...more },
});
const at70 = { recoverableDays: undefined };

/** As it comes over the wire: what is undefined is not there. */
const wire = (body: unknown): unknown => JSON.parse(JSON.stringify(body));

describe('members are accepted', () => {
  test.each<readonly [string, string, unknown]>([
    ['that name the key asked for', 'GET /keys/disk', kid(`${disk}/${version}`)],
    ['that name it as it is stored', 'GET /keys/DISK', kid(`${disk}/${version}`)],
    ['that name the version asked for', `GET /keys/disk/${version.toUpperCase()}`, kid(`${disk}/${version}`)],
    ['of many keys where none was asked for', 'GET /keys', { value: [{ kid: disk }, { kid: `${disk}2` }] }],
    ['of a deleted key', 'DELETE /keys/disk', { recoveryId: disk.replace('keys', 'deletedkeys'), kid: disk }],
    ['changed in the second they were made', 'GET /keys/disk', attributes({})],
    ['changed a second later', 'GET /keys/disk', attributes({ updated: 6 })],
    ['that came with the api-version', 'GET /keys/disk', attributes({ exportable: false })],
    ['that came before it', 'GET /keys/disk 2025-07-01', attributes({ exportable: false })],
    ['that came with the version a preview leads to', 'GET /keys/disk 7.3-preview', attributes({ exportable: false })],
    ['without recoverableDays before it came', 'GET /keys/disk 7.0', attributes(at70)],
    ['of a rotation policy, which are no key’s', 'GET /keys/disk', { attributes: { created: 5, updated: 4 } }],
  ])('%s', (_name, request, body) => {
    expect(complaintsOf(request, wire(body))).toEqual([]);
  });
});

describe('members are rejected', () => {
  test.each<readonly [string, string, unknown, string]>([
    ['that name another key', 'GET /keys/disk', kid(`${disk}2/${version}`), 'is not of the key disk'],
    ['that recover another key', 'DELETE /keys/disk', { recoveryId: `${disk}2` }, 'is not of the key disk'],
    [
      'that name another version',
      `GET /keys/disk/${version}`,
      kid(`${disk}/f${version.slice(1)}`),
      'is not of the version',
    ],
    ['that name no version where one was asked for', `GET /keys/disk/${version}`, kid(disk), 'is not of the version'],
    ['of another vault', 'GET /keys', { value: [{ kid: disk.replace('one', 'two') }] }, 'is not of https://one'],
    ['changed before they were made', 'GET /keys/disk', attributes({ updated: 4 }), 'updated is before created'],
    [
      'changed before they were made, in a list',
      'GET /keys',
      { value: [attributes({ updated: 4 })] },
      'before created',
    ],
    ['that came later', 'GET /keys/disk 7.2', attributes({ exportable: true }), 'exportable is there at 7.2'],
    ['that came after the first version', 'GET /keys/disk 7.0', attributes({}), 'recoverableDays is there at 7.0'],
    [
      'without recoverableDays since it came',
      'GET /keys/disk 7.1',
      attributes(at70),
      'recoverableDays is absent at 7.1',
    ],
  ])('%s', (_name, request, body, complaint) => {
    expect(complaintsOf(request, wire(body)).join('\n')).toContain(complaint);
  });
});
