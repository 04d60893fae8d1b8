import type { Hint } from '../domain/hint.ts';
import { spellAssignment, type VaultAssignments } from '../domain/role-assignment.ts';
import { RowUnreadable } from '../errors.ts';
import type { PortTables } from '../ports.ts';

/** The partition of the assignments that reach each vault. */
export const ASSIGNMENTS = 'assignments';

/** The assignments that reach a vault, as the last survey found them; `undefined` where it found none. A row that cannot be read counts as none: the next survey writes it anew. */
export async function readAssignments(
  { assignments }: Pick<PortTables, 'assignments'>,
  vault: string,
): Promise<VaultAssignments | undefined> {
  try {
    return (await assignments.get(ASSIGNMENTS, vault))?.value;
  } catch (error) {
    if (!(error instanceof RowUnreadable)) throw error;
    return undefined;
  }
}

/** Whether a hint names the role assignment that allowed an act. */
export const namesAssignment = ({ says }: Hint): boolean => 'by' in says && says.by.assignment !== undefined;

/** A hint with its role assignment in words, where the survey knows it. */
export function withAssignment(hint: Hint, known: VaultAssignments | undefined): Hint {
  const { says } = hint;
  if (!('by' in says) || says.by.assignment === undefined) return hint;
  const { id } = says.by.assignment;
  const found = known?.assignments.find((each) => each.id === id);
  if (found === undefined) return hint;
  return { ...hint, says: { ...says, by: { ...says.by, assignment: { id, says: spellAssignment(found) } } } };
}
