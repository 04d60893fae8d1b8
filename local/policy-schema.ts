import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { policy } from '../shared/domain/policy.ts';
import { withReferences } from './readme-references.ts';

/** The policy's JSON Schema for editors, as text. `policy.schema.json` is held to it by a test. */
export const policySchemaText = (): string => `${JSON.stringify(z.toJSONSchema(policy, { io: 'input' }), null, 2)}\n`;

// `npm run schema`: what is made from the schemas is written anew, the reference tables of the README too.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const readme = new URL('../README.md', import.meta.url);
  await writeFile(new URL('../policy.schema.json', import.meta.url), policySchemaText());
  await writeFile(readme, withReferences(await readFile(readme, 'utf8')));
}
