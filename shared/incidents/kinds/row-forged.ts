import { shellWord } from '../../domain/shell-word.ts';
import { GUARDIAN } from '../../domain/subject.ts';
import { BY_A_PERSON, incidentKind } from './kind.ts';

/** The commands that show and remove a row. @param row its table, partition and row, divided by slashes */
function removalOf(row: string): readonly string[] {
  const [table, partition, ...rest] = row.split('/');
  if (table === undefined || partition === undefined || rest.length === 0) return [];
  const key = `--partition-key ${shellWord(partition)} --row-key ${shellWord(rest.join('/'))}`;
  const of = `--account-name <register> --table-name ${table} ${key} --auth-mode login`;
  return [
    `az storage entity show ${of}  # the row: keep what it says, as evidence`,
    `az storage entity delete ${of}  # then`,
  ];
}

export const rowForged = incidentKind(
  {
    id: 'row-forged',
    severity: 'critical',
    audience: 'on-call',
    tells: "Somebody wrote an approval or a hold into the guardian's storage past the guardian. It counts for nothing.",
    ...BY_A_PERSON,
  },
  (row: string, since: Date) => ({
    subject: GUARDIAN,
    since,
    summary: `The row ${row} is not as the guardian signed it, so it counts for nothing: find out who can write to the storage of the register, then remove the row.`,
    commands: [
      'az role assignment list --scope $(az storage account show --name <register> --query id --output tsv) --include-inherited --output table  # who can write there',
      ...removalOf(row),
    ],
  }),
);
