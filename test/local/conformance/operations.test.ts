import { describe, expect, test } from 'vitest';
import { isSince, namedBy, operationOf, parseOperations, schemaOf } from '../../../local/conformance/operations.ts';

const refs = { any: { $ref: 'any' }, at74: { $ref: 'at 7.4' }, since75: { $ref: 'since 7.5' } };
const { operations, commonErrors, changes } = parseOperations({
  apiVersions: { changes: { '7.5': 'attributes.hsmPlatform' } },
  common: { errors: [{ status: 429, body: 'errors.json#throttled' }] },
  operations: [
    { id: 'get', method: 'GET', path: '/keys/{name}', success: [200], answer: refs },
    { id: 'get-version', method: 'GET', path: '/keys/{name}/{version}', success: [200], answer: refs },
    { id: 'list', method: 'GET', path: '/keys', success: [200], answer: refs },
    { id: 'list-versions', method: 'GET', path: '/keys/{name}/versions', success: [200], answer: refs },
    { id: 'update', method: 'PATCH', path: '/keys/{name}/{version}', success: [200], answer: refs },
    { id: 'purge', method: 'DELETE', path: '/deletedkeys/{name}', success: [204], answer: { any: null } },
    { id: 'create', method: 'POST', path: '/keys/{name}/create', success: [200], answer: refs },
    {
      id: 'wrapkey',
      method: 'POST',
      path: '/keys/{name}/{version}/wrapkey',
      success: [200],
      answer: { any: { $ref: 'any' } },
    },
  ].map((operation) => ({
    ...operation,
    permission: 'keys/any',
    errors: [{ body: `errors.json#of-${operation.id}` }],
  })),
});

test('errors are read as ids: those of every operation, and those of each', () => {
  expect(commonErrors).toEqual(['throttled']);
  expect(operations.find(({ id }) => id === 'get')?.errors).toEqual(['of-get']);
  expect(changes).toEqual({ '7.5': 'attributes.hsmPlatform' });
});

describe('the operation of a request', () => {
  test.each([
    ['GET', '/keys', 'list'],
    ['GET', '/keys/', 'list'],
    ['GET', '/keys/disk', 'get'],
    ['GET', '/keys/disk/', 'get'],
    ['GET', '/keys/versions', 'get'],
    ['GET', '/keys/disk/0123', 'get-version'],
    ['GET', '/keys/disk/versions', 'list-versions'],
    ['PATCH', '/keys/disk/', 'update'],
    ['PATCH', '/keys/disk/0123', 'update'],
    ['POST', '/keys/disk/create', 'create'],
    ['POST', '/keys/disk/wrapkey', 'wrapkey'],
    ['POST', '/keys/disk//wrapkey', 'wrapkey'],
    ['POST', '/keys/disk/0123/wrapKey', 'wrapkey'],
    ['DELETE', '/deletedkeys/disk', 'purge'],
  ])('%s %s is %s', (method, path, id) => {
    expect(operationOf(operations, method, path)?.id).toBe(id);
  });

  test.each([
    ['PUT', '/keys/disk/0123'],
    ['GET', '/secrets'],
    ['GET', '/'],
    ['GET', '/keys/disk/0123/more'],
  ])('%s %s is none', (method, path) => {
    expect(operationOf(operations, method, path)).toBeUndefined();
  });
});

describe('what a path names', () => {
  test.each([
    ['GET', '/keys', {}],
    ['GET', '/keys/disk/', { name: 'disk' }],
    ['GET', '/keys/disk/0123', { name: 'disk', version: '0123' }],
    ['GET', '/keys/disk/versions', { name: 'disk' }],
    ['POST', '/keys/disk//wrapkey', { name: 'disk' }],
    ['POST', '/keys/disk/0123/wrapKey', { name: 'disk', version: '0123' }],
    ['DELETE', '/deletedkeys/disk', { name: 'disk' }],
    ['GET', '/keys/a%5Fb', { name: 'a_b' }],
    ['GET', '/keys/a%zz', { name: 'a%zz' }],
    ['PUT', '/keys/disk/0123', { name: 'disk' }],
    ['GET', '/', {}],
  ])('%s %s: %j', (method, path, named) => {
    expect(namedBy(operationOf(operations, method, path), path)).toEqual(named);
  });
});

describe('an api-version', () => {
  test.each([
    ['7.5', '7.5', true],
    ['7.5-preview.1', '7.5', true],
    ['7.4', '7.5', false],
    ['7.10', '7.5', true],
    ['8.0', '7.5', true],
    ['2025-07-01', '7.5', true],
    ['7.6', '2025-07-01', false],
    ['2025-07-01', '2025-07-01', true],
    ['2025-06-01-preview', '2025-07-01', false],
    ['2026-01-01', '2025-07-01', true],
    ['', '7.0', false],
  ])('"%s" since %s: %s', (apiVersion, since, is) => {
    expect(isSince(apiVersion, since)).toBe(is);
  });
});

describe('the schema of an answer', () => {
  test.each([
    ['get', '7.0', 'any'],
    ['get', '7.3', 'any'],
    ['get', '7.4-preview.1', 'any'],
    ['get', '7.4', 'at 7.4'],
    ['get', '7.5-preview.1', 'since 7.5'],
    ['get', '7.5', 'since 7.5'],
    ['get', '7.10', 'since 7.5'],
    ['get', '8.0', 'since 7.5'],
    ['get', '2025-07-01', 'since 7.5'],
    ['get', '', 'any'],
    ['wrapkey', '7.5', 'any'],
    ['purge', '7.5', null],
  ])('of %s at "%s" is "%s"', (id, apiVersion, schema) => {
    const operation = operations.find((candidate) => candidate.id === id);
    expect(operation && schemaOf(operation, apiVersion)).toBe(schema);
  });
});

test('another form of the file is refused, not read as no operations', () => {
  expect(() => parseOperations({ operation: [] })).toThrow('operations');
});
