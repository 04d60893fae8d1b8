import type { Decision, Judgement } from '../../shared/domain/decision.ts';
import type { Finding } from '../../shared/domain/finding.ts';
import { type KeyId, spell } from '../../shared/domain/key.ts';
import { deletedKeyBack } from '../../shared/guard/keys/rules/deleted-key-back.ts';
import { keyDeleted } from '../../shared/guard/keys/rules/key-deleted.ts';
import { keyMissing } from '../../shared/guard/keys/rules/key-missing.ts';
import { keyPurged } from '../../shared/guard/keys/rules/key-purged.ts';
import { keyRecreated } from '../../shared/guard/keys/rules/key-recreated.ts';
import { versionExpired } from '../../shared/guard/keys/rules/version-expired.ts';
import type { Context } from './context.ts';

/**
 * What of a key is not as approved and no write puts right: two lines each, what was found and what a person can do, under
 * a line of their own. Empty where there is nothing.
 */
export function notRestored(id: KeyId, { judgements }: Decision, context: Context): readonly string[] {
  const lines = judgements.flatMap((judgement) => {
    const todo = whatToDo(id, judgement, context);
    return todo === undefined ? [] : [`  ${judgement.finding.summary}`, `    ${todo}`];
  });
  return lines.length === 0 ? [] : [`${spell(id)} is not as it was approved:`, ...lines];
}

function whatToDo(id: KeyId, { finding, verdict }: Judgement, context: Context): string | undefined {
  switch (verdict.kind) {
    case 'undo':
    case 'approved':
      return undefined;
    case 'settling':
      return 'It is settling: look again in a minute.';
    case 'withheld':
      return verdict.because === 'managed'
        ? 'This cannot be restored: the key belongs to a certificate, which is what to mend.'
        : `This cannot be restored: ${verdict.because}.`;
    case 'told':
      return `This cannot be restored: ${mending(id, finding, context)}`;
    default:
      return verdict satisfies never;
  }
}

function mending(id: KeyId, { rule, version }: Finding, { commandLine }: Context): string {
  const { vault, key } = id;
  const backup = `restore a backup of the key ("az keyvault key restore --vault-name ${vault} --file …")`;
  const accept = (of: string): string => commandLine('baseline accept', vault, '--as-shown', `${key}/${of}`);
  switch (rule) {
    case keyPurged.id:
      return `${backup}, or give it up: ${commandLine('incident close <its id, from status> --why "…"')}`;
    case keyMissing.id:
      return `see who took it away, and where it is gone for good, ${backup}.`;
    case keyRecreated.id:
      return `what was approved is not there; ${backup} once this one is out of its way.`;
    case keyDeleted.id:
      return `nobody has approved a version of it; where it is needed, "az keyvault key recover --vault-name ${vault} --name ${key}".`;
    case deletedKeyBack.id:
      return `it was let go; where it is to be guarded again, name each of its versions: ${accept('<version>')}`;
    case versionExpired.id:
      return `rotate the key ("az keyvault key rotate --vault-name ${vault} --name ${key}").`;
    default:
      return version === undefined
        ? `a person has to look at ${spell(id)}.`
        : `where it is to stay as it is, accept it: ${accept(version)}`;
  }
}
