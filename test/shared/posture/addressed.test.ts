import { expect, test } from 'vitest';
import { addressed } from '../../../shared/posture/addressed.ts';

test('a resource is named to the Azure CLI by its name, group and subscription', () => {
  expect(addressed('/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/diskencryptionsets/des')).toBe(
    '--name des --resource-group rg --subscription s',
  );
});

test('the name of a group with parentheses is one word of a shell', () => {
  expect(addressed('/subscriptions/s/resourcegroups/rg(1)/providers/microsoft.compute/diskencryptionsets/des')).toBe(
    "--name des --resource-group 'rg(1)' --subscription s",
  );
});
