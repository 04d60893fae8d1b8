import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEstate } from '../../local/estate.ts';
import { localFolder } from '../../local/guardian-folder.ts';
import { type Started, startText } from '../../local/start-text.ts';
import { policy } from '../../shared/domain/policy.ts';

const estate = startEstate();
const said = (more: Partial<Started> = {}, channels: readonly string[] = ['console']): string =>
  startText({
    estate,
    policy: { ...policy.parse(estate.policy), channels: [...channels] },
    vaultUrl: (vault) => `https://${vault}.vault.azure.net:1`,
    seed: 7,
    azureFile: join(localFolder(), 'azure.json'),
    channels: ['console'],
    byOption: [],
    added: [],
    webhookSecret: undefined,
    ...more,
  });
const withWebhook = { channels: ['console', 'webhook'], byOption: ['webhook'], webhookSecret: 'the-secret' };

describe('what npm start says of alerts', () => {
  it.each([
    ['the one channel that the policy names', said(), ['Alerts go to: console.']],
    [
      'the order of the policy',
      said(withWebhook, ['webhook', 'console']),
      ['Alerts go to: webhook (by --webhook), console.'],
    ],
    [
      'a webhook that the policy does not name',
      said({ ...withWebhook, added: ['webhook'] }, ['console', 'webhook']),
      ['Alerts go to: console, webhook (by --webhook, beside those of the policy).'],
    ],
    [
      'each channel that the command line has settings for',
      said({ channels: ['console', 'pagerduty', 'teams'], byOption: ['pagerduty', 'teams'], added: ['teams'] }, [
        'console',
        'pagerduty',
        'teams',
      ]),
      ['Alerts go to: console, pagerduty (by --pagerduty), teams (by --teams, beside those of the policy).'],
    ],
    [
      'a channel that has no settings, and what to do',
      said({}, ['webhook', 'console']),
      [
        'Alerts go to: console.',
        'The policy also names the channel webhook, which has no settings here: give an address with --webhook <url>.',
      ],
    ],
    [
      'all channels there are, where none that the policy names has settings',
      said({}, ['webhook']),
      ['Alerts go to: console.', expect.stringContaining('names the channel webhook')],
    ],
  ])('names %s', (_, text, lines) => {
    expect(text.split('\n').filter((line) => /^(Alerts|The policy)/.test(line))).toEqual(lines);
  });

  it('shows the secret once, where there is a webhook', () => {
    expect(said(withWebhook).split('the-secret')).toHaveLength(2);
    expect(said()).not.toContain('signed');
  });
});

describe('what npm start says of vaults', () => {
  it('counts vaults and keys, one of a kind too, and tells what to try', () => {
    expect(said()).toContain('watches 3 vaults with 8 keys');
    const one = said({
      policy: policy.parse({
        vaults: [{ name: 'Contoso-Dev', keys: [{ pattern: 'dev-w*' }, { pattern: '*', guard: false }] }],
      }),
    });
    expect(one).toContain('watches 1 vault with 1 key on');
    expect(one).toContain('  alert  https://contoso-dev.vault.azure.net:1\n');
    expect(one).toContain('npm run attack -- disable contoso-dev/dev-web\n');
  });

  it.each([
    ['/tmp/mine', '--folder /tmp/mine'],
    ['/tmp/my own', '--folder "/tmp/my own"'],
  ])('tells what to try in the folder %s', (folder, options) => {
    const text = said({ azureFile: join(folder, 'azure.json') });
    expect(text).toContain(`  npm run attack -- ${options} disable contoso-disks/disk-web\n`);
    expect(text).toContain(`  npm run key-guardian -- ${options} status\n`);
  });

  it('names what was made for a policy, and what it leaves out', () => {
    const made = [{ name: 'payroll', keys: [{ name: 'disk-web' }, { name: 'disk-app' }] }];
    const text = said({ estate: { ...estate, made, unnamed: ['contoso-dev'] } });
    expect(text).toContain('Made for the policy, with keys to try it on: payroll (disk-web, disk-app).\n');
    expect(text).toContain('There, but not in the policy, so that nobody watches: contoso-dev.\n');
    expect(said()).not.toMatch(/Made for|There, but/);
  });
});
