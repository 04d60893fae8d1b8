import { resourceName } from '../domain/resource-manager.ts';
import { shellWord } from '../domain/shell-word.ts';

/** The options by which the Azure CLI names a resource, from its id: shorter than the id, and the same for all resources. */
export function addressed(id: string): string {
  const [, , subscription = '', , group = ''] = id.split('/');
  return `--name ${shellWord(resourceName(id))} --resource-group ${shellWord(group)} --subscription ${shellWord(subscription)}`;
}
