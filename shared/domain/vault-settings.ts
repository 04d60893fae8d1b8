import * as z from 'zod';

/** What of a vault decides who reaches its keys and whether they can be destroyed. */
export const vaultSettings = z.object({
  /** Azure RBAC; access policies otherwise. */
  rbac: z.boolean(),
  network: z.enum(['public', 'selected', 'private']),
  purgeProtection: z.boolean(),
});
export type VaultSettings = z.infer<typeof vaultSettings>;

/** Those of a vault, without what else is known of it. */
export const settingsOf = ({ rbac, network, purgeProtection }: VaultSettings): VaultSettings => ({
  ...{ rbac, network, purgeProtection },
});

const NETWORKS: Readonly<Record<VaultSettings['network'], string>> = {
  public: 'it can be reached from every network',
  selected: 'it can be reached from selected networks alone',
  private: 'it cannot be reached from public networks',
};

/** Options of `az keyvault update` that set a vault back to what it was; empty where nothing can: purge protection stays on. */
export function settingsBack(before: VaultSettings, now: VaultSettings): string {
  return [
    ...(before.network === now.network ? [] : [REACHED[before.network]]),
    ...(before.rbac === now.rbac ? [] : [`--enable-rbac-authorization ${before.rbac}`]),
    ...(before.purgeProtection && !now.purgeProtection ? ['--enable-purge-protection true'] : []),
  ].join(' ');
}

const REACHED: Readonly<Record<VaultSettings['network'], string>> = {
  public: '--public-network-access Enabled --default-action Allow',
  selected: '--public-network-access Enabled --default-action Deny',
  private: '--public-network-access Disabled',
};

/** How settings differ, in words; empty where they do not. */
export function settingChanges(before: VaultSettings, now: VaultSettings): readonly string[] {
  return [
    ...(before.network === now.network ? [] : [NETWORKS[now.network]]),
    ...(before.rbac === now.rbac
      ? []
      : [
          now.rbac
            ? 'roles decide who may use its keys, and access policies count for nothing'
            : 'access policies decide who may use its keys, and roles count for nothing',
        ]),
    ...(before.purgeProtection === now.purgeProtection
      ? []
      : [now.purgeProtection ? 'purge protection is on' : 'purge protection is off']),
  ];
}
