/** A resource as Resource Manager keeps it, in the members that answers have. */
export interface Resource {
  /** As the real service spells it in a GET. */
  readonly id: string;
  readonly name: string;
  /** `Microsoft.Compute/diskEncryptionSets`. */
  readonly type: string;
  readonly location?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly sku?: Readonly<Record<string, unknown>>;
  readonly identity?: Readonly<Record<string, unknown>>;
  readonly managedBy?: string;
  readonly zones?: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

/** All resources of the local Azure but vaults, by their id in lower case. */
export type ResourceStore = Map<string, Resource>;
