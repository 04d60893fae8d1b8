/** The options by which the Azure CLI names a resource, from its id: shorter than the id, and the same for all resources. */
export function addressed(id: string): string {
  const [, , subscription = '', , group = ''] = id.split('/');
  return `--name ${id.slice(id.lastIndexOf('/') + 1)} --resource-group ${group} --subscription ${subscription}`;
}
