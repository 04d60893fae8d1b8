import { type Surveyed, surveyedVaultOf } from '../domain/survey.ts';
import { idOfVault } from './kinds/kind.ts';

/** Resources and identities of this guardian that commands can name. */
const ownNames = ['app', 'register', 'trail', 'vault', 'signing-key', 'watcher', 'keeper', 'surveyor'] as const;

/** What each is called, as far as the settings say: the app by its resource id, its key by its address, identities by their ids, all others by name. */
export type OwnNames = Readonly<Partial<Record<(typeof ownNames)[number], string | undefined>>>;

const LEFT_OPEN = new RegExp(`<(${ownNames.join('|')})>`, 'g');

const isOwnName = (name: string): name is (typeof ownNames)[number] => ownNames.some((own) => own === name);

/** A command that leaves names open, as in `az functionapp restart --ids <app>`, with those of this guardian; `undefined` where one of them is not known. */
export function withOwnNames(command: string, names: OwnNames): string | undefined {
  const open = [...command.matchAll(LEFT_OPEN)].map(([, name = '']) => name);
  if (open.some((name) => !isOwnName(name) || names[name] === undefined)) return undefined;
  return command.replaceAll(LEFT_OPEN, (whole, name: string) => (isOwnName(name) ? (names[name] ?? whole) : whole));
}

const LOOKED_UP = new RegExp(
  idOfVault('<name>').replaceAll(/[$()]/g, '\\$&').replace('<name>', '([0-9A-Za-z-]+)'),
  'g',
);

/** A command with the ids of vaults that a survey has found, in place of looking them up: that works in the current subscription alone. */
export const withVaultIds = (command: string, surveyed: Surveyed): string =>
  command.replaceAll(LOOKED_UP, (lookup, vault: string) => surveyedVaultOf(surveyed, vault)?.id ?? lookup);
