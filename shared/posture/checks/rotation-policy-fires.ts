import type { KeyCheck } from '../check.ts';

export const rotationPolicyFires: KeyCheck = {
  id: 'rotation-policy-fires',
  on: 'key',
  demand: 'A key has a rotation policy that can make a new version by itself.',
  severity: 'warning',
  source: 'https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation',
  check({ vault, key, state, rotationPolicy }) {
    // A key that is not there is a finding of used-version-usable.
    if (state.kind === 'known' && state.value.kind !== 'present') return [];
    if (rotationPolicy.kind === 'unknown') return [rotationPolicy];
    const { rotate, expiresIn } = rotationPolicy.value ?? {};
    const commands = [`az keyvault key rotation-policy update --vault-name ${vault} --name ${key} --value policy.json`];
    if (rotate === undefined)
      return [{ kind: 'finding', says: 'No rotation policy makes new versions of it.', commands }];
    if (rotate.when === 'after-creation') return [];
    const current = state.kind === 'known' && state.value.kind === 'present' ? state.value : undefined;
    if (current?.current === undefined) return [{ kind: 'unknown', because: 'its newest version could not be read' }];
    const never = `It is to be rotated ${rotate.period} before it expires, which never happens:`;
    if (expiresIn === undefined) return [{ kind: 'finding', says: `${never} the policy sets no expiry.`, commands }];
    return current.versions.get(current.current)?.expiresOn === undefined
      ? [{ kind: 'finding', says: `${never} its newest version has no expiry.`, commands }]
      : [];
  },
};
