import { addressed } from '../addressed.ts';
import type { SetCheck } from '../check.ts';

export const setWithoutError: SetCheck = {
  id: 'set-without-error',
  on: 'set',
  demand: 'No disk encryption set has an error for which Azure has stopped rotating it.',
  severity: 'critical',
  source: 'https://learn.microsoft.com/rest/api/compute/disk-encryption-sets/get',
  check({ set: { rotationError, id } }) {
    if (rotationError === undefined) return [];
    const { code, message } = rotationError;
    const says = `Azure rotates it no more until this is repaired: ${code}: ${message}`;
    return [{ kind: 'finding', says, commands: [`az disk-encryption-set show ${addressed(id)}`] }];
  },
};
