import * as z from 'zod';

/** A role assignment that lets somebody do something with the keys of a vault. */
export const roleAssignment = z.object({
  /** As `assignmentId` writes it. */
  id: z.string(),
  /** The name of the role. */
  role: z.string(),
  principalId: z.string(),
  /** `User`, `Group` or `ServicePrincipal`; absent where nobody says. */
  principalType: z.string().optional(),
  /** Where it was made: the vault, a key, or something above them. */
  scope: z.string(),
});
export type RoleAssignment = z.infer<typeof roleAssignment>;

/** The assignments that reach one vault: a row of the table `vaults`. */
export const vaultAssignments = z.object({
  assignments: z.array(roleAssignment),
  /** Those that a survey found gone, until it was looked at whom they had let in; at most 100. */
  lost: z.array(roleAssignment).optional(),
});
export type VaultAssignments = z.infer<typeof vaultAssignments>;

/** The id of an assignment as records and resources both name it: 32 hex digits, without what stands before. Another text is cut to 64 characters. */
export const assignmentId = (id: string): string =>
  id
    .slice(id.lastIndexOf('/') + 1)
    .replaceAll('-', '')
    .toLowerCase()
    .slice(0, 64);

/** An assignment in words: `Key Vault Crypto Officer of the group <id> at /subscriptions/…`. */
export function spellAssignment({ role, principalId, principalType, scope }: RoleAssignment): string {
  const holder = principalType === undefined ? '' : `${principalType.toLowerCase()} `;
  return `${role} of ${holder}${principalId} at ${scope}`;
}
