import type { Approval } from '../../shared/domain/approval.ts';
import type { Actor } from '../../shared/domain/audit-record.ts';
import { spell } from '../../shared/domain/key.ts';
import { utc } from '../../shared/domain/time.ts';
import { NotAllowed } from '../../shared/errors.ts';
import type { Context } from './context.ts';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The value of `--by`: `anyone`, or an object id; on the local Azure also the name of an identity. Throws `NotAllowed` for any other word. */
export function byWhom(word: string, { identities }: Context): string {
  if (word === 'anyone') return word;
  const oid = identities.get(word) ?? word;
  if (GUID.test(oid)) return oid;
  const names = identities.size === 0 ? '' : ` There are: ${[...identities.keys()].join(', ')}.`;
  throw new NotAllowed(`--by takes an object id, or anyone; ${word} is neither.${names}`);
}

/** The command by which another person grants an approval. */
export const grantLine = ({ vault, id }: Approval, { commandLine, local }: Context): string =>
  commandLine(`${local ? '--as approver ' : ''}approve grant`, vault, id);

/** An approval in several lines: the acts and the key, by whom, from when until when, why, and who asked. */
export const approvalLines = (approval: Approval, { identities }: Context): readonly string[] => [
  `  ${whatOf(approval)}`,
  `  by ${spellBy(approval, identities)}`,
  `  from ${utc(approval.from)} until ${utc(approval.until)}`,
  `  why: ${approval.why}${approval.ticket === undefined ? '' : ` (${approval.ticket})`}`,
  `  asked by ${nameOf(approval.asked.by)}`,
];

/** An approval in one line, with its id and whether it is asked, granted or consumed. */
export function approvalLine(approval: Approval, consumed: boolean, { identities }: Context): string {
  const { id, asked, granted, until, why } = approval;
  const stands = consumed ? 'consumed' : granted === undefined ? 'asked' : `granted by ${nameOf(granted.by)}`;
  const by = spellBy(approval, identities);
  return `  ${id}  ${stands}: ${whatOf(approval)} by ${by} until ${utc(until)}: ${why} (asked by ${nameOf(asked.by)})`;
}

function whatOf({ acts, vault, key, version }: Approval): string {
  const where = spell({ vault, key, ...(version === '*' ? {} : { version }) });
  return `${acts.join(', ')} of ${key === '*' ? `every key of ${vault}` : where}`;
}

const nameOf = ({ oid, name }: Actor): string => name ?? oid;

function spellBy({ by, breakGlass }: Approval, identities: ReadonlyMap<string, string>): string {
  if (by === 'anyone') return 'anyone but the granter';
  const name = [...identities].find(([, oid]) => oid.toLowerCase() === by.toLowerCase())?.[0];
  const spelt = name === undefined ? by : `${name} (${by})`;
  return breakGlass === true ? `${spelt} on their own word` : spelt;
}
