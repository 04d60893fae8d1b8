import { addressed } from '../addressed.ts';
import type { SetCheck } from '../check.ts';

export const setAutoRotates: SetCheck = {
  id: 'set-auto-rotates',
  on: 'set',
  demand: 'A disk encryption set takes new versions of its key by itself, unless it is for confidential machines.',
  severity: 'warning',
  source:
    'https://learn.microsoft.com/azure/virtual-machines/disk-encryption#automatic-key-rotation-of-customer-managed-keys',
  check({ set }) {
    // A set for confidential machines that has the flag all the same: nobody confirmed what comes of it.
    if (set.encryption === 'confidential')
      return [
        {
          kind: 'finding',
          severity: 'info',
          says: 'It is for confidential machines, for which Azure does not rotate by itself: each new version needs a person.',
        },
      ];
    if (set.autoRotation) return [];
    const commands = [`az disk-encryption-set update ${addressed(set.id)} --enable-auto-key-rotation true`];
    return [{ kind: 'finding', says: 'It stays at its version when the key is rotated.', commands }];
  },
};
