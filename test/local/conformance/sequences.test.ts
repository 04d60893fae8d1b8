import { expect, test } from 'vitest';
import { replayAll } from '../../../local/conformance/replay.ts';
import { sequencesOf } from '../../../local/conformance/sequences.ts';
import { exchangesOf, type Recorded } from './recorded.ts';

const vault = 'https://one.vault.azure.net';
const second = Date.parse('2022-11-21T23:01:07Z') / 1_000;
const headersAt = (seconds: number) => ({
  date: new Date((second + seconds) * 1_000).toUTCString(),
  'content-type': 'application/json; charset=utf-8',
});

/** A key as the service answers it at 7.3, per its reference: https://learn.microsoft.com/rest/api/keyvault/keys/create-key/create-key */
const bundle = (version: string, material: string, times: object) => ({
  key: {
    kid: `${vault}/keys/disk/${version}`,
    kty: 'EC',
    key_ops: ['sign', 'verify'],
    crv: 'P-256',
    x: material,
    y: `${material}y`,
  },
  attributes: {
    enabled: true,
    recoveryLevel: 'Recoverable+Purgeable',
    recoverableDays: 90,
    exportable: false,
    ...times,
  },
});
const one = '1'.repeat(32);
const two = '2'.repeat(32);
const first = bundle(one, 'first', { created: second + 1, updated: second + 1 });
const call = (method: string, path: string, at: number, rest: Partial<Recorded>): Recorded => ({
  method,
  url: `${vault}${path}?api-version=7.3`,
  headers: headersAt(at),
  sent: null,
  ...rest,
});
const created = call('POST', '/keys/disk/create', 0, { sent: { kty: 'EC' }, body: first });
const read = call('GET', '/keys/disk', 5, { body: first });
const rotated = call('POST', '/keys/disk/rotate', 9, {
  body: bundle(two, 'second', { created: second + 9, updated: second + 9 }),
});

const differencesOf = async (...recorded: readonly Recorded[]): Promise<readonly (readonly string[])[]> =>
  (await replayAll([], exchangesOf(...recorded))).map((replay) =>
    replay.kind === 'compared' ? replay.differences : [replay.because],
  );

test('a sequence is played on one vault: what was made in it is there later, and times are rounded up as recorded', async () => {
  expect(await differencesOf(created, read, rotated)).toEqual([[], [], []]);
});

test('the same version again is the same, and another version is another', async () => {
  const [, again] = await differencesOf(created, { ...read, body: bundle(two, 'first', first.attributes) });
  expect(again).toEqual([expect.stringContaining('body.key.kid')]);
  const [, , rotatedToTheSame] = await differencesOf(created, read, {
    ...rotated,
    body: bundle(one, 'second', { created: second + 9, updated: second + 9 }),
  });
  expect(rotatedToTheSame).toEqual([expect.stringContaining('body.key.kid')]);
});

test('a body that was lost asked for a key of the answered type', async () => {
  expect(await differencesOf({ ...created, sent: 'unknown' })).toEqual([[]]);
});

test('a key that the first call about it uses was there before', async () => {
  expect(await differencesOf(read)).toEqual([[]]);
});

test('what is asked for with a recorded backup or page is asked for with the local Azure’s own', async () => {
  const value = `${'A'.repeat(40)}… 6903 characters…`;
  const bare = { date: headersAt(0).date };
  expect(
    await differencesOf(
      created,
      call('POST', '/keys/disk/backup', 1, { body: { value } }),
      call('DELETE', '/keys/disk', 2, {
        body: {
          recoveryId: `${vault}/deletedkeys/disk`,
          deletedDate: second + 2,
          scheduledPurgeDate: second + 2 + 90 * 86_400,
          ...first,
        },
      }),
      call('DELETE', '/deletedkeys/disk', 60, {
        status: 204,
        headers: { ...bare, date: headersAt(60).date },
        body: '',
      }),
      call('POST', '/keys/restore', 120, { sent: { value }, body: first }),
    ),
  ).toEqual([[], [], [], [], []]);
});

test('pages of keys are as short as recorded, and the last may be empty', async () => {
  const { attributes } = first;
  const item = (name: string) => ({ kid: `${vault}/keys/${name}`, attributes });
  const link = `${vault}:443/keys?api-version=7.3&$skiptoken=eyJOZXh0IjoiMiJ9`;
  expect(
    await differencesOf(call('GET', '/keys', 0, { body: { value: [item('a'), item('b')], nextLink: link } }), {
      ...read,
      url: link.replace(':443', ''),
      body: { value: [], nextLink: null },
    }),
  ).toEqual([[], []]);
});

test('a policy that is older than the sequence was there before it', async () => {
  const policy = (createdAt: number) => ({
    id: `${vault}/keys/disk/rotationpolicy`,
    lifetimeActions: [{ trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'Notify' } }],
    attributes: { expiryTime: 'P30D', created: createdAt, updated: createdAt },
  });
  const made = bundle(one, 'first', { exp: second + 1 + 30 * 86_400, created: second + 1, updated: second + 1 });
  const path = '/keys/disk/rotationpolicy';
  const set = { sent: { attributes: { expiryTime: 'P30D' } }, body: policy(second - 900) };
  expect(await differencesOf({ ...created, body: made }, call('PUT', path, 1, set))).toEqual([[], []]);
  expect(await differencesOf(created, call('PUT', path, 1, { ...set, body: policy(second + 1) }))).toEqual([[], []]);
});

test('a deletion and a recovery settle in the time that was recorded', async () => {
  const gone = { error: { code: 'KeyNotFound', message: 'Deleted Key not found: disk' } };
  const deleted = {
    recoveryId: `${vault}/deletedkeys/disk`,
    deletedDate: second + 2,
    scheduledPurgeDate: second + 2 + 90 * 86_400,
    ...first,
  };
  expect(
    await differencesOf(
      created,
      call('DELETE', '/keys/disk', 2, { body: deleted }),
      call('GET', '/deletedkeys/disk', 22, { status: 404, body: gone }),
      call('GET', '/deletedkeys/disk', 24, { body: deleted }),
      call('POST', '/deletedkeys/disk/recover', 24, { body: first }),
      call('GET', '/keys/disk', 48, { body: first }),
    ),
  ).toEqual([[], [], [], [], [], []]);
});

test('a recovery that was refused met a deletion that somebody had begun', async () => {
  const error = {
    code: 'Conflict',
    message: 'Key disk is currently being deleted.',
    innererror: { code: 'ObjectIsBeingDeleted' },
  };
  expect(await differencesOf(call('POST', '/deletedkeys/disk/recover', 0, { status: 409, body: { error } }))).toEqual([
    [],
  ]);
});

test('calls on another vault and calls of another day are sequences of their own', () => {
  const elsewhere = { ...read, url: read.url.replace('one', 'two') };
  const nextDay = { ...elsewhere, headers: headersAt(5 + 86_400) };
  const sequences = sequencesOf(exchangesOf(created, read, elsewhere, nextDay));
  expect(sequences.map((sequence) => sequence.map(({ name }) => name))).toEqual([
    ['keys/file.json #1', 'keys/file.json #2'],
    ['keys/file.json #3'],
    ['keys/file.json #4'],
  ]);
});
