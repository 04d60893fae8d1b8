import { describe, expect, test } from 'vitest';
import { parseErrors, textComplaint } from '../../../local/conformance/error-texts.ts';
import { namedBy, operationOf, parseOperations } from '../../../local/conformance/operations.ts';
import { shapes } from './shapes.ts';

const published = parseErrors(shapes.errors);
const { operations, commonErrors } = parseOperations(shapes.operations);
const hostname = 'one.vault.azure.net';

/** What is said of an error answered to a request, written `GET /keys/disk`. */
function complaintOf(request: string, status: number, body: unknown): string | undefined {
  const [method = '', pathname = ''] = request.split(' ');
  const operation = operationOf(operations, method, pathname);
  const asked = { operation, hostname, apiVersion: '7.5', ...namedBy(operation, pathname) };
  return textComplaint(published, commonErrors, asked, status, body);
}

function error(code: string, message: string, inner?: string): unknown {
  return { error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) } };
}

const rbac = (resource: string): string =>
  `Not authorized.\r\nResource: '/vaults/${resource}'\r\nVault: One;location=westeurope\r\n`;
const version = '0123456789abcdef0123456789abcdef';
const deleting = `There was a conflict while deleting key 'https://${hostname}/keys/disk/${version}'.`;
const purgeProtected = 'Operation "purge" is not allowed: protection.\r\nVault: one;location=westeurope';

describe('an error is accepted', () => {
  test.each<readonly [string, string, number, unknown]>([
    [
      'with the name asked for',
      'GET /keys/disk',
      404,
      error('KeyNotFound', 'A key with (name/id) disk was not found.'),
    ],
    [
      'with the version asked for',
      `GET /keys/disk/${version}`,
      404,
      error('KeyNotFound', `A key with (name/id) disk/${version} was not found.`),
    ],
    [
      'with the name as stored, in other case',
      'POST /keys/DISK/create',
      409,
      error('Conflict', 'Key disk is deleted.', 'ObjectIsDeletedButRecoverable'),
    ],
    ['that every operation has', 'GET /keys', 429, error('Throttled', 'Too many  requests.')],
    ['that every operation has, on a path of none', 'GET /storage', 401, error('Unauthorized', 'AKV10000: No token.')],
    ['of a key in its resource', 'GET /keys/disk', 403, error('Forbidden', rbac('one/keys/disk'), 'ForbiddenByRbac')],
    ['of a list with the vault as its resource', 'GET /keys', 403, error('Forbidden', rbac('one'), 'ForbiddenByRbac')],
    [
      'in its wording for keys, with any beginning',
      'PATCH /keys/disk',
      403,
      error('Forbidden', 'The user does not have keys update permission on one.', 'AccessDenied'),
    ],
    ['of a version by its key', 'DELETE /keys/disk', 409, error('Conflict', deleting)],
    [
      'that names the api-version asked for',
      'GET /keys',
      400,
      error('BadParameter', 'The specified version (7.5) is not recognized. Consider (7.6).'),
    ],
    [
      'with the name decoded',
      'GET /keys/a%5Fb',
      400,
      error('BadParameter', 'The request URI contains an invalid name: a_b'),
    ],
    [
      'as our own of a planned fault',
      'PATCH /keys/disk',
      500,
      error('InternalServerError', 'An internal error occurred.'),
    ],
    [
      'in our words where the published text is not known',
      'POST /keys/disk/wrapkey',
      403,
      error('Forbidden', 'Operation wrapKey is not allowed outside the validity period of the key.'),
    ],
  ])('%s', (_name, request, status, answered) => {
    expect(complaintOf(request, status, answered)).toBeUndefined();
  });
});

describe('an error is rejected', () => {
  test.each<readonly [string, string, number, unknown]>([
    ['in other words', 'GET /keys/disk', 404, error('KeyNotFound', 'No such key.')],
    [
      'with something after it',
      'GET /keys/disk',
      404,
      error('KeyNotFound', 'A key with (name/id) disk was not found. Ah.'),
    ],
    ['of another key', 'GET /keys/disk', 404, error('KeyNotFound', 'A key with (name/id) other was not found.')],
    ['of no key', 'GET /keys/disk', 404, error('KeyNotFound', 'A key with (name/id)  was not found.')],
    [
      'of another version',
      `GET /keys/disk/${version}`,
      404,
      error('KeyNotFound', 'A key with (name/id) disk/0 was not found.'),
    ],
    [
      'of a deleted key, on the path of keys',
      'GET /keys/disk',
      404,
      error('KeyNotFound', 'Deleted Key not found: disk'),
    ],
    [
      'of a key, on the path of deleted ones',
      'GET /deletedkeys/disk',
      404,
      error('KeyNotFound', 'A key with (name/id) disk was not found.'),
    ],
    ['of a secret', 'GET /keys/disk', 404, error('SecretNotFound', 'Secret not found: disk')],
    ['under another status', 'GET /keys/disk', 403, error('KeyNotFound', 'A key with (name/id) disk was not found.')],
    ['under another code', 'GET /keys/disk', 404, error('NotFound', 'A key with (name/id) disk was not found.')],
    [
      'with an inner code it has not',
      'GET /keys/disk',
      404,
      error('KeyNotFound', 'A key with (name/id) disk was not found.', 'Gone'),
    ],
    ['without its inner code', 'GET /keys/disk', 403, error('Forbidden', rbac('one/keys/disk'))],
    [
      'of a refusal of another key',
      'GET /keys/disk',
      403,
      error('Forbidden', rbac('one/keys/other'), 'ForbiddenByRbac'),
    ],
    [
      'of a refusal of the vault where a key was asked for',
      'GET /keys/disk',
      403,
      error('Forbidden', rbac('one'), 'ForbiddenByRbac'),
    ],
    ['of a refusal by another vault', 'GET /keys', 403, error('Forbidden', rbac('two'), 'ForbiddenByRbac')],
    [
      'of another permission',
      'PATCH /keys/disk',
      403,
      error('Forbidden', 'I do not have keys get permission on one.', 'AccessDenied'),
    ],
    [
      'in its wording for secrets',
      'GET /keys/disk',
      403,
      error('Forbidden', 'No secrets get permission.', 'AccessDenied'),
    ],
    ['403 and nonsense', 'GET /keys/disk', 403, error('Forbidden', 'nonsense')],
    ['403 and nonsense where the text is not known', 'POST /keys/disk/wrapkey', 403, error('Forbidden', 'nonsense')],
    [
      'of a disabled key that is read',
      'GET /keys/disk',
      403,
      error('Forbidden', 'Operation get is not allowed on a disabled key.', 'KeyDisabled'),
    ],
    [
      'of a disabled key, naming another operation',
      'POST /keys/disk/wrapkey',
      403,
      error('Forbidden', 'Operation sign is not allowed on a disabled key.', 'KeyDisabled'),
    ],
    [
      'of a deleted key without its inner code',
      'POST /keys/disk/create',
      409,
      error('Conflict', 'Key disk is deleted.'),
    ],
    [
      'of a deleted key that is changed',
      'PATCH /keys/disk',
      409,
      error('Conflict', 'Key disk is deleted.', 'ObjectIsDeletedButRecoverable'),
    ],
    ['409 and nonsense', 'DELETE /keys/disk', 409, error('Conflict', 'nonsense')],
    [
      'of a conflict on another key',
      'DELETE /keys/disk',
      409,
      error('Conflict', deleting.replace('keys/disk', 'keys/other')),
    ],
    ['of a conflict in another vault', 'DELETE /keys/disk', 409, error('Conflict', deleting.replace('one', 'two'))],
    [
      'of purge protection in other words',
      'DELETE /deletedkeys/disk',
      403,
      error('Forbidden', purgeProtected.replace('not allowed', 'forbidden')),
    ],
    ['of purge protection on another operation', 'DELETE /keys/disk', 403, error('Forbidden', purgeProtected)],
    ['with one blank for two', 'GET /keys', 429, error('Throttled', 'Too many requests.')],
    [
      'with a line in a name',
      'DELETE /deletedkeys/disk',
      403,
      error('Forbidden', purgeProtected.replace('westeurope', 'a\r\nb')),
    ],
    ['under a status of which nothing is published', 'GET /keys/disk', 418, error('Forbidden', 'I am a teapot.')],
    ['400 and nonsense', 'GET /keys/disk', 400, error('BadParameter', 'Nonsense.')],
    ['500 and nonsense', 'GET /keys/disk', 500, error('InternalServerError', 'Sorry.')],
    [
      'of a fault that only writes have',
      'GET /keys/disk',
      503,
      error('ServiceUnavailable', 'Operation "KeyGet" is unavailable: the service is currently in a read-only state.'),
    ],
  ])('%s', (_name, request, status, answered) => {
    expect(complaintOf(request, status, answered)).toContain(`no published ${status} of`);
  });
});

test('a body in another form is left to the schema', () => {
  expect(complaintOf('GET /keys/disk', 404, { message: 'gone' })).toBeUndefined();
});
