import { describe, expect, test } from 'vitest';
import { operationOf, parseOperations, schemaOf } from '../../../local/conformance/operations.ts';

const refs = { any: { $ref: 'any' }, at74: { $ref: 'at 7.4' }, since75: { $ref: 'since 7.5' } };
const operations = parseOperations({
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
  ],
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
    ['PUT', '/keys/disk/0123', undefined],
    ['GET', '/secrets', undefined],
    ['GET', '/', undefined],
    ['GET', '/keys/disk/0123/more', undefined],
  ])('%s %s is %s', (method, path, id) => {
    expect(operationOf(operations, method, path)?.id).toBe(id);
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
