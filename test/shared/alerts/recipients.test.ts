import { expect, test } from 'vitest';
import type { Channel } from '../../../shared/alerts/channel.ts';
import { recipients } from '../../../shared/alerts/recipients.ts';
import type { Incident, Severity } from '../../../shared/domain/incident.ts';
import type { Policy } from '../../../shared/domain/policy.ts';
import { GUARDIAN, vaultSubject } from '../../../shared/domain/subject.ts';
import { PolicyInvalid } from '../../../shared/errors.ts';
import { alert } from './alerts.ts';

const channels = (ids: string): readonly Channel[] => [...ids].map((id) => ({ id, send: async () => undefined }));
const idsOf = (some: readonly Channel[]): string => some.map(({ id }) => id).join('');
/** `p` is read by programs, and `l` is a log. */
const withReader = (channel: Channel): Channel => {
  const reader = ({ p: 'programs', l: 'log' } as const)[channel.id];
  return reader === undefined ? channel : { ...channel, reader };
};
const naming = (ids: string): Policy => ({ vaults: [], subscriptions: [], channels: [...ids] });

test.each<[string, Severity, string, string, string, string, string]>([
  ['all that are named are alerted, in the order of the policy', 'warning', 'ba', 'abc', 'ba', 'c', ''],
  ['one that is named twice is alerted once', 'warning', 'aa', 'ab', 'a', 'b', ''],
  ['all are alerted where none is named', 'warning', '', 'ab', 'ab', '', ''],
  ['all are alerted where none that is named is there', 'warning', 'xy', 'ab', 'ab', '', 'xy'],
  ['one that is not there is said', 'warning', 'ax', 'ab', 'a', 'b', 'x'],
  ['a critical incident goes to two where there are two', 'critical', 'b', 'abc', 'ba', 'c', ''],
  ['a critical incident goes to one where there is one', 'critical', 'a', 'a', 'a', '', ''],
  ['a critical incident goes to all three that are named', 'critical', 'abc', 'abc', 'abc', '', ''],
  ['an error goes to the one that is named', 'error', 'a', 'ab', 'a', 'b', ''],
  ['nobody is alerted where there is no channel', 'critical', 'a', '', '', '', 'a'],
])('%s', (_, severity, named, configured, first, standby, absent) => {
  const whom = recipients(alert({ severity }), { policy: naming(named), channels: channels(configured) });
  expect({ first: idsOf(whom.first), standby: idsOf(whom.standby), absent: whom.absent.join('') }).toEqual({
    first,
    standby,
    absent,
  });
});

test.each<['open' | 'resolved', string]>([
  ['open', 'a'],
  ['resolved', 'ab'],
])('an alert of what is %s goes to: %s, where b stands by and keeps alerts open', (state, first) => {
  const all = channels('abc').map((channel) => ({ ...channel, keepsOpen: channel.id === 'b' }));
  const whom = recipients(alert({ severity: 'error', state }), { policy: naming('a'), channels: all });
  expect(idsOf(whom.first)).toBe(first);
  expect(idsOf(whom.standby)).toBe(state === 'open' ? 'bc' : 'c');
});

test('what has joined a wave goes to those that keep its alert open, also where they stand by, and to no other', () => {
  const all = channels('abc').map((channel) => ({ ...channel, keepsOpen: channel.id === 'b' }));
  const whom = recipients(alert({ wave: 'w' }), { policy: naming('a'), channels: all });
  expect([idsOf(whom.first), whom.standby]).toEqual(['b', []]);
});

test.each<[string, Severity, string, string]>([
  ['a critical incident goes to two others', 'critical', 'p', 'pab'],
  ['a critical incident goes to two that people read, where one of them is named', 'critical', 'pb', 'pba'],
  ['an error goes to one that people read', 'error', 'p', 'pa'],
  ['an error goes to no more where such a one is named', 'error', 'bp', 'bp'],
  ['a critical incident that goes to the log goes to two others', 'critical', 'l', 'lab'],
  ['a critical incident goes to a second one besides the log', 'critical', 'la', 'lab'],
  ['an error that goes to the log goes to no other', 'error', 'l', 'l'],
])('besides the channel that only programs read, %s', (_, severity, named, first) => {
  const all = channels('pabcl').map((channel) => withReader(channel));
  expect(idsOf(recipients(alert({ severity }), { policy: naming(named), channels: all }).first)).toBe(first);
});

test.each<[string, Partial<Incident>, string]>([
  ['nobody has acknowledged it in time', { escalated: 1 }, 'abc'],
  ['somebody has acknowledged it since', { escalated: 1, acknowledged: { by: { oid: 'p' }, at: new Date(0) } }, 'abc'],
  ['it was escalated and is over', { escalated: 1, state: 'resolved' }, 'abc'],
  ['it was never escalated', { acknowledged: { by: { oid: 'p' }, at: new Date(0) } }, 'a'],
])('where %s, an alert of it goes to the channels that are expected', (_, more, first) => {
  const whom = recipients(alert({ severity: 'error', ...more }), { policy: naming('a'), channels: channels('abc') });
  expect(idsOf(whom.first)).toBe(first);
});

test.each<[string, NonNullable<Policy['routes']>[number], Partial<Incident>, first: string, standby: string]>([
  ['of the audience that its route names', { channel: 'a', audience: 'on-call' }, {}, 'ab', 'c'],
  ['of no other audience', { channel: 'a', audience: 'on-call' }, { audience: 'operators' }, 'b', 'c'],
  ['as severe as its route says', { channel: 'a', severity: 'error' }, {}, 'ab', 'c'],
  ['no less severe', { channel: 'a', severity: 'error' }, { severity: 'warning' }, 'b', 'c'],
  ['of the vaults of its route, without case', { channel: 'a', vaults: ['PAY*'] }, {}, 'ab', 'c'],
  ['of no other vault', { channel: 'a', vaults: ['prod-*', 'pay'] }, {}, 'b', 'c'],
  ['of no vault at all', { channel: 'a', vaults: ['prod-*'] }, { subject: GUARDIAN }, 'ab', 'c'],
  ['of the keys of its route', { channel: 'a', keys: ['disk-*'] }, {}, 'ab', 'c'],
  ['of no other key', { channel: 'a', keys: ['disk'] }, {}, 'b', 'c'],
  ['of a vault as a whole', { channel: 'a', keys: ['disk'] }, { subject: vaultSubject('payments') }, 'ab', 'c'],
])('a channel gets what is %s', (_, route, more, first, standby) => {
  const policy = { ...naming('ab'), routes: [route] };
  const whom = recipients(alert({ severity: 'error', ...more }), { policy, channels: channels('abc') });
  expect([idsOf(whom.first), idsOf(whom.standby)]).toEqual([first, standby]);
});

test.each<[string, Partial<Incident>, string]>([
  ['that fits any of its routes', { audience: 'operators' }, 'ab'],
  ['that fits none of its routes only where it is critical and for on-call', { severity: 'critical' }, 'ba'],
  ['no channel would get, as all do', { severity: 'info' }, 'ab'],
])('a channel gets what %s', (_, more, first) => {
  const routes: Policy['routes'] = [
    { channel: 'a', audience: 'operators', severity: 'error' },
    { channel: 'a', keys: ['other'], severity: 'warning' },
    { channel: 'b', severity: 'warning' },
  ];
  const policy: Policy = { ...naming('ab'), routes };
  const whom = recipients(alert({ severity: 'error', ...more }), { policy, channels: channels('ab') });
  expect(idsOf(whom.first)).toBe(first);
});

test('what only a channel for programs would get goes to one that people read as well', () => {
  const policy: Policy = { ...naming('ap'), routes: [{ channel: 'a', severity: 'critical' }] };
  const all = channels('ap').map((channel) => withReader(channel));
  expect(idsOf(recipients(alert({ severity: 'error' }), { policy, channels: all }).first)).toBe('pa');
});

/** What is known where the policy cannot be had. */
const failing = (error: Error) => ({
  channels: channels('ab'),
  get policy(): never {
    throw error;
  },
});

test('all are alerted while the policy cannot be used', () => {
  const whom = recipients(alert(), failing(new PolicyInvalid('policy.json', ['it is empty'])));
  expect(idsOf(whom.first)).toBe('ab');
});

test('where something else keeps the policy away, that is thrown', () => {
  expect(() => recipients(alert(), failing(new TypeError('a fault of ours')))).toThrow(TypeError);
});
