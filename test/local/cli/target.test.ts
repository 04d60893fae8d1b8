import { InvalidArgumentError } from '@commander-js/extra-typings';
import { describe, expect, it } from 'vitest';
import {
  parseHours,
  parseMoment,
  parseSubscription,
  parseTarget,
  parseVault,
  parseVaultOrKey,
  parseWhy,
  parseWorkspace,
} from '../../../local/cli/target.ts';

describe('a target', () => {
  it.each([
    ['contoso-disks', { vault: 'contoso-disks', key: undefined, version: undefined }],
    ['Contoso-Disks/Disk-Web', { vault: 'contoso-disks', key: 'disk-web', version: undefined }],
    ['contoso-disks/disk-web/0A1B', { vault: 'contoso-disks', key: 'disk-web', version: '0a1b' }],
  ])('is taken from %s, in lower case', (text, target) => {
    expect(parseTarget(text)).toEqual(target);
  });

  it.each(['', '/disk-web', 'contoso-disks/', 'contoso-disks/disk-web/', 'contoso-disks//1', 'a/b/c/d'])(
    'is not "%s"',
    (text) => {
      expect(() => parseTarget(text)).toThrow(InvalidArgumentError);
    },
  );

  it('names no version where what is said holds for all of them', () => {
    expect(parseVaultOrKey('contoso-disks')).toMatchObject({ vault: 'contoso-disks', key: undefined });
    expect(parseVaultOrKey('Contoso-Disks/disk-web')).toMatchObject({ vault: 'contoso-disks', key: 'disk-web' });
    expect(() => parseVaultOrKey('contoso-disks/disk-web/0a1b')).toThrow(
      'Name no version, only its key: contoso-disks/disk-web.',
    );
  });

  it('names no key where a vault is meant', () => {
    expect(parseVault('Contoso-Disks')).toBe('contoso-disks');
    expect(() => parseVault('contoso-disks/disk-web')).toThrow('Name the vault alone: contoso-disks.');
  });
});

describe('a workspace', () => {
  it('is named by its workspace id, in lower case', () => {
    expect(parseWorkspace('0A9D7C11-1111-4111-8111-000000000001')).toBe('0a9d7c11-1111-4111-8111-000000000001');
  });

  it.each(['central', '', '/subscriptions/1/workspaces/central', '0a9d7c11111141118111000000000001'])(
    'is not named by `%s`',
    (text) => {
      expect(() => parseWorkspace(text)).toThrow('Give the workspace id');
    },
  );
});

describe('hours', () => {
  it.each([
    ['1', 1],
    ['0.5', 0.5],
    ['720', 720],
  ])('are taken from %s', (text, hours) => {
    expect(parseHours(text)).toBe(hours);
  });

  it.each(['0', '-1', 'soon', 'Infinity', 'NaN', '', '720.1', '1e12'])('are not `%s`', (text) => {
    expect(() => parseHours(text)).toThrow('Give hours as a number above 0, at most 720.');
  });
});

describe('a reason', () => {
  it('is words, without the space around them', () => {
    expect(parseWhy(' a drill ')).toBe('a drill');
  });

  it.each(['', ' ', '\t\n'])('is not %j', (text) => {
    expect(() => parseWhy(text)).toThrow('Say why, in words.');
  });

  it('has an end: it is read in an alert', () => {
    expect(parseWhy(` ${'x'.repeat(1_000)} `)).toHaveLength(1_000);
    expect(() => parseWhy('x'.repeat(1_001))).toThrow(
      'Say why in at most 1000 characters: these are 1001. Name a ticket for the rest.',
    );
  });
});

describe('a moment', () => {
  it.each([
    ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T12:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T12:00:00.250+02:00', '2026-03-01T10:00:00.250Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('is taken from %s', (text, moment) => {
    expect(parseMoment(text).toISOString()).toBe(moment);
  });

  it.each([
    'tomorrow',
    '',
    '1772366400',
    '2026-03-01',
    '2026-03-01T12:00:00',
    '2026-02-29T12:00:00Z',
    '2026-13-01T12:00:00Z',
  ])('is not "%s"', (text) => {
    expect(() => parseMoment(text)).toThrow(
      'Write the moment in ISO 8601 with its time zone, as 2026-03-01T12:00:00Z.',
    );
  });
});

describe('a subscription', () => {
  const [one, other] = ['1', '2'].map((digit) => `${digit.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`);

  it('is added in lower case to those before it, and counts once', () => {
    const named = parseSubscription(`${one}`.toUpperCase(), []);
    expect(named).toEqual([one]);
    expect(parseSubscription(`${other}`, parseSubscription(`${one}`, named))).toEqual([one, other]);
  });

  it.each(['production', '', `${one}0`, `/subscriptions/${one}`])('is not "%s"', (text) => {
    expect(() => parseSubscription(text, [])).toThrow('Give the id of a subscription');
  });
});
