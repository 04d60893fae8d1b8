import { resourceName } from '../domain/resource-manager.ts';

/** The options by which the Azure CLI names a resource, from its id: shorter than the id, and the same for all resources. */
export function addressed(id: string): string {
  const [, , subscription = '', , group = ''] = id.split('/');
  return `--name ${word(resourceName(id))} --resource-group ${word(group)} --subscription ${subscription}`;
}

/** A text as one word of a shell: the name of a group may have parentheses. */
export const word = (text: string): string => (/^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
