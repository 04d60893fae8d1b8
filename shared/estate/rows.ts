import * as z from 'zod';
import { accessPolicies, resourceIdentity } from '../domain/resource-manager.ts';

/** Text that Resource Graph leaves empty or null where a resource does not have it. */
const text = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);
const count = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);

const identity = resourceIdentity.nullish();

const dataDisks = z
  .array(
    z.object({
      diskEncryptionSet: z.object({ id: z.string() }).nullish(),
      managedDisk: z.object({ diskEncryptionSet: z.object({ id: z.string() }).nullish() }).nullish(),
    }),
  )
  .nullish();

/** Azure Disk Encryption: the secret that unlocks a disk, and the key that wraps the secret. */
const wrappedBy = z.object({
  diskEncryptionKey: z.object({ secretUrl: z.string().nullish() }).nullish(),
  keyEncryptionKey: z.object({ keyUrl: z.string().nullish() }).nullish(),
});

const located = { id: z.string(), location: text };

/** The rows of each query of `infra/queries/graph`, by the query's name. */
export const graphRows = {
  /** The subscriptions of which Resource Graph shows anything: it leaves out the others of a request without a word. */
  subscriptions: z.object({ id: z.string(), name: text, subscriptionId: z.string(), state: text }),
  vaults: z.object({
    ...located,
    name: z.string(),
    subscriptionId: z.string(),
    tenantId: text,
    uri: text,
    sku: text,
    rbac: flag,
    softDelete: flag,
    retentionDays: count,
    purgeProtection: flag,
    publicNetworkAccess: text,
    networkDefault: text,
    accessPolicies,
  }),
  sets: z.object({
    ...located,
    name: z.string(),
    subscriptionId: z.string(),
    encryptionType: text,
    keyUrl: text,
    previousKeys: z.array(z.object({ keyUrl: z.string().nullish() })).nullish(),
    autoRotation: flag,
    rotatedAt: text,
    errorCode: text,
    errorMessage: text,
    identity,
    federatedClientId: text,
    provisioningState: text,
  }),
  disks: z.object({
    ...located,
    type: z.string(),
    setId: text,
    confidentialSetId: text,
    encryptionType: text,
    sku: text,
    state: text,
    managedBy: text,
    /** The machines of a shared disk. Resource Graph has no column `managedByExtended`. */
    shareInfo: z.array(z.object({ vmUri: z.string() })).nullish(),
    diskEncryption: z
      .object({ enabled: z.boolean().nullish(), encryptionSettings: z.array(wrappedBy).nullish() })
      .nullish(),
  }),
  images: z.object({ id: z.string(), osDiskSetId: text, dataDisks }),
  machines: z.object({
    ...located,
    name: z.string(),
    powerState: text,
    encryptionAtHost: flag,
    securityType: text,
    scaleSetId: text,
    diskEncryption: wrappedBy.extend({ enabled: z.boolean().nullish() }).nullish(),
  }),
  'scale-sets': z.object({
    ...located,
    name: z.string(),
    capacity: count,
    encryptionAtHost: flag,
    osDiskSetId: text,
    confidentialSetId: text,
    dataDisks,
  }),
  'storage-accounts': z.object({
    ...located,
    name: z.string(),
    identity,
    vaultUri: text,
    keyName: text,
    keyVersion: text,
    currentKeyUrl: text,
    userIdentity: text,
    federatedClientId: text,
  }),
  'sql-servers': z.object({
    ...located,
    name: z.string(),
    identity,
    keyUrl: text,
    userIdentity: text,
    federatedClientId: text,
  }),
  'role-assignments': z.object({
    id: z.string(),
    principalId: z.string(),
    principalType: text,
    roleDefinitionId: z.string(),
    scope: z.string(),
    condition: text,
  }),
  'role-definitions': z.object({
    id: z.string(),
    roleName: text,
    permissions: z
      .array(
        z.object({
          actions: z.array(z.string()).nullish(),
          notActions: z.array(z.string()).nullish(),
          dataActions: z.array(z.string()).nullish(),
          notDataActions: z.array(z.string()).nullish(),
        }),
      )
      .nullish(),
  }),
} as const;

/** The name of a query: the file `infra/queries/graph/<name>.kql`. */
export type GraphQuery = keyof typeof graphRows;
/** A row of a query. */
export type GraphRow<Query extends GraphQuery> = z.infer<(typeof graphRows)[Query]>;
