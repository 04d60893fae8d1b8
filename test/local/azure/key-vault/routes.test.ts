import { describe, expect, it } from 'vitest';
import { routeOf } from '../../../../local/azure/key-vault/routes.ts';

const id = '0123456789abcdef0123456789abcdef';

describe('every spelling that a recorded client sends is routed', () => {
  it.each([
    ['GET', '/keys', 'list', undefined, undefined],
    ['GET', '/keys/', 'list', undefined, undefined],
    ['GET', '/keys/disk', 'get', 'disk', undefined],
    ['GET', '/keys/disk/', 'get', 'disk', undefined],
    ['GET', `/keys/disk/${id}`, 'get-version', 'disk', id],
    ['GET', '/keys/disk/versions', 'list-versions', 'disk', undefined],
    ['GET', '/KEYS/disk/Versions/', 'list-versions', 'disk', undefined],
    ['PATCH', '/keys/disk', 'update', 'disk', undefined],
    ['PATCH', '/keys/disk/', 'update', 'disk', undefined],
    ['PATCH', `/keys/disk/${id}`, 'update', 'disk', id],
    ['PUT', '/keys/disk', 'import', 'disk', undefined],
    ['POST', '/keys/disk/create', 'create', 'disk', undefined],
    ['POST', '/keys/disk/rotate', 'rotate', 'disk', undefined],
    ['POST', '/keys/disk/wrapkey', 'wrapkey', 'disk', undefined],
    ['POST', '/keys/disk//wrapkey', 'wrapkey', 'disk', undefined],
    ['POST', `/keys/disk/${id}/wrapKey`, 'wrapkey', 'disk', id],
    ['POST', `/keys/disk/${id}/unwrapKey`, 'unwrapkey', 'disk', id],
    ['GET', '/keys/disk/rotationpolicy', 'get-rotation-policy', 'disk', undefined],
    ['PUT', '/keys/disk/RotationPolicy/', 'put-rotation-policy', 'disk', undefined],
    ['POST', '/keys/disk/backup', 'backup', 'disk', undefined],
    ['POST', '/keys/restore', 'restore', undefined, undefined],
    ['POST', `/keys/disk/${id}/decrypt`, 'decrypt', 'disk', id],
    ['POST', '/keys/disk//encrypt', 'encrypt', 'disk', undefined],
    ['POST', `/keys/disk/${id}/sign`, 'sign', 'disk', id],
    ['POST', '/keys/disk/verify', 'verify', 'disk', undefined],
    ['DELETE', '/keys/disk', 'delete', 'disk', undefined],
    ['GET', '/deletedkeys', 'list-deleted', undefined, undefined],
    ['GET', '/deletedkeys/disk', 'get-deleted', 'disk', undefined],
    ['POST', '/deletedkeys/disk/recover', 'recover', 'disk', undefined],
    ['DELETE', '/deletedkeys/disk', 'purge', 'disk', undefined],
    ['GET', '/keys/two%20words', 'get', 'two words', undefined],
  ])('%s %s is %s', (method, path, operation, key, version) => {
    expect(routeOf(method, path)).toEqual({ operation, key, version, unserved: undefined });
  });
});

describe('what the service has and the local Azure has not is named as the service logs it', () => {
  it.each([
    ['POST', `/keys/disk/${id}/release`, 'KeyRelease'],
    ['GET', `/keys/disk/${id}/attestation`, 'KeyGet'],
  ])('%s %s is %s', (method, path, unserved) => {
    expect(routeOf(method, path)).toMatchObject({ operation: 'unknown', unserved });
  });

  it.each([
    ['GET', '/'],
    ['GET', '/secrets/one'],
    ['PUT', '/keys'],
    ['DELETE', `/keys/disk/${id}`],
    ['POST', `/keys/disk/${id}/create`],
    ['POST', `/keys/disk/${id}/backup`],
    ['POST', '/keys/disk'],
    ['POST', '/deletedkeys/disk/purge'],
    ['HEAD', '/keys/disk'],
  ])('%s %s is nothing that is known', (method, path) => {
    expect(routeOf(method, path)).toMatchObject({ operation: 'unknown', unserved: undefined });
  });
});
