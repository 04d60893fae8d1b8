import { shellWord } from '../domain/shell-word.ts';
import { type Surveyed, surveyedVaultOf } from '../domain/survey.ts';
import { idOfVault } from './kinds/kind.ts';

/** Resources and identities of this guardian that a command can leave open, as in `az functionapp restart --ids <app>`. */
const ownNames = ['app', 'register', 'trail', 'vault', 'signing-key', 'watcher', 'keeper', 'surveyor'] as const;

/** What they are called, as far as the settings say: the app by its resource id, its key by its address, identities by their ids, all others by name. */
export type OwnNames = Readonly<Partial<Record<(typeof ownNames)[number], string | undefined>>>;

const LEFT_OPEN = new RegExp(`<(${ownNames.join('|')})>`, 'g');
const LOOKED_UP = new RegExp(
  idOfVault('<name>').replaceAll(/[$()]/g, '\\$&').replace('<name>', '([0-9A-Za-z-]+)'),
  'g',
);

/**
 * A command of a kind or rule as a person types it: with the names of this guardian where it leaves them open, and with the ids
 * of vaults that a survey has found in place of looking them up, which works in the current subscription alone. `undefined`
 * where one of its names is not known.
 */
export function typed(command: string, names: OwnNames, surveyed: Surveyed): string | undefined {
  const known = new Map(Object.entries(names));
  const open = [...command.matchAll(LEFT_OPEN)].map(([, name = '']) => known.get(name));
  if (open.includes(undefined)) return undefined;
  return command
    .replaceAll(LEFT_OPEN, (_, name: string) => shellWord(known.get(name) ?? ''))
    .replaceAll(LOOKED_UP, (lookup, vault: string) => {
      const id = surveyedVaultOf(surveyed, vault)?.id;
      return id === undefined ? lookup : shellWord(id);
    });
}
