import * as z from 'zod';
import { severities } from '../../../shared/domain/incident.ts';
import { userKinds } from '../../../shared/domain/key-use.ts';
import { modes } from '../../../shared/domain/policy.ts';
import { moment } from '../../../shared/domain/time.ts';
import { diskEncryptions } from '../../../shared/estate/estate.ts';

/** The version of the JSON of `plan`: a member that goes, or means something else, makes it a new one. */
export const PLAN_VERSION = 1;
/** Machines that the JSON names for each user of a key. */
export const MOST_MACHINES = 50;
const count = z.number().int().min(0);
const hangs = {
  disks: count.describe('Disks that hang on it.'),
  machines: count.describe('Machines and scale sets with such a disk.'),
  running: count.describe('Of these machines, those that run.'),
};

const planMachine = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['machine', 'scale-set']),
  power: z.enum(['running', 'stopped', 'unknown']),
  encryptionAtHost: z.boolean().optional().describe('Left out where it is not known.'),
  disks: count.describe('Its disks that hang on the user of the key; 0 where only its model names it.'),
});

const planUser = z.object({
  kind: z.enum(userKinds).describe('What uses the key.'),
  id: z.string().describe('Resource id, in lower case.'),
  name: z.string(),
  versions: z.array(z.string()).describe('Versions that it may need; empty where it needs the newest.'),
  follows: z.boolean().describe('Whether it takes new versions by itself.'),
  lastUnwraps: z
    .array(z.object({ version: z.string(), at: moment }))
    .optional()
    .describe(
      'When it last used each version, the newest first, by audit events of seven days; left out where none is known, which proves nothing.',
    ),
  disks: hangs.disks,
  unattachedDisks: count.describe('Of the disks, those that no machine has.'),
  snapshots: count,
  images: count,
  machineCount: hangs.machines,
  runningCount: hangs.running,
  machines: z.array(planMachine).describe(`The machines, running ones first, at most ${MOST_MACHINES}.`),
  unknown: z.array(z.string()).describe('What could not be read of it.'),
});

const planKey = z.object({
  name: z.string(),
  state: z.enum(['usable', 'unusable', 'unknown']).describe('Whether every version in use can be used now.'),
  readFrom: z
    .enum(['key-vault', 'resource-manager', 'nowhere'])
    .describe('`resource-manager` shows neither deleted keys nor types, operations and rotation policies.'),
  type: z.string().optional(),
  sizeBits: count.optional(),
  expiresOn: moment.optional().describe('The earliest expiry of a version in use.'),
  guarded: z
    .enum([...modes, 'no'])
    .optional()
    .describe('Its mode by the policy that was given; left out where none was.'),
  ...hangs,
  users: z.array(planUser),
});

const planVault = z.object({
  name: z.string(),
  id: z.string().optional().describe('Left out where no subscription that was read has the vault.'),
  subscriptionId: z.string().optional(),
  location: z.string().optional(),
  sku: z.string().optional(),
  access: z.enum(['roles', 'access-policies']).optional(),
  network: z.enum(['public', 'selected', 'private']).optional(),
  eventsUntil: moment
    .optional()
    .describe('The newest of its audit events that has arrived in a workspace; left out where none is known.'),
  otherKeys: count.optional().describe('Keys there that nothing uses; left out where keys could not be listed.'),
  refused: z.string().optional().describe('Why Key Vault did not show its keys.'),
  keys: z.array(planKey).describe('The keys that something uses.'),
  destroyers: z
    .array(
      z.object({
        principalId: z.string(),
        principalType: z.string().optional(),
        through: z.string().describe('The role, or the access policy.'),
        from: z.enum(['key', 'vault', 'resource group', 'subscription', 'management group']),
        key: z.string().optional().describe('Left out where it is for all keys.'),
        conditional: z.boolean(),
        acts: z.array(z.enum(['delete', 'disable', 'purge', 'grant'])),
      }),
    )
    .describe(
      'Who may delete, disable or purge its keys, or give themselves the right. Members of groups are not read.',
    ),
});

const planFinding = z.object({
  check: z.string().describe('The check: `shared/posture/checks/<check>.ts`.'),
  severity: z.enum(severities),
  subject: z.string().describe('A vault, `vault/key`, a disk encryption set, or `all disks`.'),
  says: z.string(),
  date: moment.optional().describe('When it begins to do harm, or began.'),
  commands: z.array(z.string()).describe('What a person can type.'),
  ...hangs,
});

/** What `plan --json` prints. */
export const planReport = z.object({
  version: z.literal(PLAN_VERSION).describe('The version of this form.'),
  at: moment.describe('When it was read.'),
  subscriptions: z
    .array(z.object({ id: z.string(), name: z.string().optional(), shown: z.boolean() }))
    .describe('Those that were asked for. One that is not shown could not be read.'),
  danger: z.array(planFinding).describe('What is in danger now, worst first: critical findings.'),
  weak: z.array(planFinding).describe('What should be repaired: all other findings.'),
  inUse: z
    .object({ vaults: count, keys: count, ...hangs })
    .describe('Keys that something uses, and what hangs on all of them; a machine counts once.'),
  vaults: z.array(planVault).describe('Vaults with a key that something uses.'),
  otherVaults: count.describe('Vaults with no key in use by anything that was read.'),
  managedHsms: z.array(z.string()).describe('Managed HSMs whose keys are used: they cannot be guarded.'),
  secrets: z
    .array(z.object({ vault: z.string(), disks: count }))
    .describe('Disks that Azure Disk Encryption unlocks with a secret alone: secrets are not guarded.'),
  machines: z
    .object({ all: count, running: count, encryptedAtHost: count })
    .describe('All machines, whatever they hang on.'),
  disks: z
    .array(z.object({ encryption: z.enum(diskEncryptions), disks: count, snapshots: count }))
    .describe('All disks and snapshots by how they are really encrypted.'),
  guard: z
    .object({
      vaults: count.describe('Vaults that would be guarded: those whose used keys are in a vault that is shown.'),
      keys: count.describe('Used keys of these vaults.'),
      alreadyGuarded: count
        .optional()
        .describe('Of these keys, those that the policy guards; left out where none was given.'),
      block: z.object({
        nothingToUndo: count.describe('Keys that `block` would guard as they are.'),
        leftToPeople: z
          .array(z.string())
          .describe('Keys that are unusable already: `block` undoes only what changes after it began.'),
        unknown: z.array(z.string()).describe('Keys whose state could not be read.'),
        cannotUndo: z.array(z.string()).describe('Vaults where a purge destroys a key for good.'),
      }),
      rights: z.array(
        z.object({
          identity: z.string(),
          scope: z.string(),
          actions: z.array(z.string()),
          missing: z
            .array(z.string())
            .describe('Vaults, or for the surveyor subscriptions, where no role of a guardian gives the right.'),
          byPolicy: z.array(z.string()).describe('Vaults with access policies, which ignore roles.'),
        }),
      ),
    })
    .describe('What the guardian would do here.'),
  unknown: z
    .array(z.object({ subject: z.string(), because: z.string() }))
    .describe('What could not be read. None of it counts as absent.'),
});
export type PlanReport = z.infer<typeof planReport>;
export type PlanFinding = z.infer<typeof planFinding>;
export type PlanVault = z.infer<typeof planVault>;
export type PlanKey = z.infer<typeof planKey>;
export type PlanUser = z.infer<typeof planUser>;
