import { dirname } from 'node:path';
import type { Policy } from '../shared/domain/policy.ts';
import type { SeedVault } from './azure/types.ts';
import type { Estate } from './estate.ts';
import { folderOptions } from './guardian-folder.ts';
import { workspacePaceLine } from './pace.ts';
import { guardedKeys, type PolicyEstate } from './policy-estate.ts';
import { seedLine } from './seed.ts';

/** What a local guardian says of itself once it is up. */
export interface Started {
  readonly estate: Estate & Partial<Pick<PolicyEstate, 'made' | 'unnamed'>>;
  readonly policy: Policy;
  readonly vaultUrl: (vault: string) => string;
  readonly seed: number;
  /** The path of `azure.json`. */
  readonly azureFile: string;
  /** Ids of the alert channels that have their settings. */
  readonly channels: readonly string[];
  /** Ids of the channels whose settings are from the command line. */
  readonly byOption: readonly string[];
  /** Those of them that the policy file does not name. */
  readonly added: readonly string[];
  /** Signs what the webhook gets; `undefined` where the command line gives no webhook. */
  readonly webhookSecret: string | undefined;
}

/** Says what is watched, where, how fast, whom alerts reach, and what to try. */
export function startText(started: Started): string {
  const { estate, policy, vaultUrl, seed, azureFile } = started;
  const keys = guardedKeys(estate, policy);
  const [first = 'contoso-disks/disk-web'] = keys;
  const options = ['--', ...folderOptions(dirname(azureFile))].join(' ');
  return `
Key Guardian watches ${count(policy.vaults.length, 'vault')} with ${count(keys.length, 'key')} on this machine, against a local Azure.
${policy.vaults.map(({ name, mode }) => `  ${mode.padEnd(5)}  ${vaultUrl(name.toLowerCase())}`).join('\n')}
${[...estateLines(estate), ...channelLines(started), workspacePaceLine, seedLine(seed)].join('\n')}
The baseline of each vault is taken and accepted. Addresses, tokens and the path of the certificate are in ${azureFile}.

From another terminal:
  npm run attack ${options} disable ${first}
  npm run key-guardian ${options} status
Ctrl+C stops it.

`;
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

function estateLines({ made = [], unnamed = [] }: Started['estate']): readonly string[] {
  return [
    ...(made.length === 0 ? [] : [`Made for the policy, with keys to try it on: ${made.map(withKeys).join('; ')}.`]),
    ...(unnamed.length === 0 ? [] : [`There, but not in the policy, so that nobody watches: ${unnamed.join(', ')}.`]),
  ];
}

const withKeys = ({ name, keys = [] }: SeedVault): string => `${name} (${keys.map((key) => key.name).join(', ')})`;

/** Which channels alerts go to, by whose word, and what the policy names in vain. */
function channelLines({ policy, channels, byOption, added, webhookSecret }: Started): readonly string[] {
  const named = policy.channels.filter((id) => channels.includes(id));
  const used = (named.length === 0 ? channels : named).map((id) =>
    byOption.includes(id) ? `${id} (by --${id}${added.includes(id) ? ', beside those of the policy' : ''})` : id,
  );
  const absent = policy.channels.filter((id) => !channels.includes(id));
  return [
    `Alerts go to: ${used.join(', ')}.`,
    ...absent.map((id) => `The policy also names the channel ${id}, which has no settings here${hint(id)}.`),
    ...(webhookSecret === undefined
      ? []
      : [
          'What the webhook gets is signed with this secret, made for this run and shown only here:',
          `  ${webhookSecret}`,
          'How to check a signature stands in shared/alerts/webhook.ts.',
        ]),
  ];
}

const HINTS: Readonly<Record<string, string>> = {
  pagerduty: ': give a routing key with --pagerduty <routing-key>',
  slack: ': give an address with --slack <url>',
  teams: ': give an address with --teams <url>',
  webhook: ': give an address with --webhook <url>',
};
const hint = (channel: string): string => HINTS[channel] ?? '';
