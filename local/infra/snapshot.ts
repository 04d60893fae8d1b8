import { readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import type { Compiler } from './compiler.ts';

const resource = z.looseObject({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  properties: z.looseObject({}).optional(),
});

const snapshot = z.object({
  predictedResources: z.array(resource),
  outputs: z.record(z.string(), z.unknown()).optional(),
});

/** A resource as a deployment would make it. What Azure alone knows stands as an expression in brackets. */
export type PredictedResource = z.infer<typeof resource>;

/** What a deployment would make: modules flattened, loops and conditions computed. */
export type Snapshot = z.infer<typeof snapshot>;

/** Where a deployment would go. */
export interface Place {
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly location: string;
}

/** Reads a snapshot. Throws where it is none. */
export const readSnapshot = async (file: string): Promise<Snapshot> =>
  snapshot.parse(JSON.parse(await readFile(file, 'utf8')));

/**
 * Writes the snapshot of a parameter file to `file`, and gives what the compiler says against it. Asks no subscription:
 * names and ids are computed for the given place.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-cli#snapshot
 */
export async function takeSnapshot(
  compiler: Compiler,
  parameterFile: string,
  file: string,
  { subscriptionId, tenantId, location }: Place,
): Promise<string> {
  const { faults } = await compiler.run(
    'snapshot',
    parameterFile,
    ...['--subscription-id', subscriptionId, '--tenant-id', tenantId],
    ...['--location', location, '--deployment-name', 'key-guardian'],
  );
  if (faults === '') await rename(parameterFile.replace(/\.bicepparam$/, '.snapshot.json'), file);
  return faults;
}

/** The text of a parameter file for a template, whose path is relative to the file. */
export const bicepParameters = (template: string, parameters: Readonly<Record<string, unknown>>): string =>
  [
    `using '${template}'`,
    ...Object.entries(parameters).map(([name, value]) => `param ${name} = json('${escaped(JSON.stringify(value))}')`),
    '',
  ].join('\n');

/** Text between the quotes of a Bicep string. @see https://learn.microsoft.com/azure/azure-resource-manager/bicep/data-types#strings */
const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('${', '\\${');
