import { readFileSync } from 'node:fs';
import { type Policy, policy } from './domain/policy.ts';
import { PolicyInvalid } from './errors.ts';

/** The policy of a file. Throws `PolicyInvalid` with every fault listed. */
export function readPolicy(file: string): Policy {
  const parsed = policy.safeParse(parsedJson(file));
  if (!parsed.success)
    throw new PolicyInvalid(
      file,
      parsed.error.issues.map(({ path, message }) => `${path.length === 0 ? 'the file' : path.join('.')}: ${message}`),
    );
  return parsed.data;
}

function parsedJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new PolicyInvalid(file, [error instanceof Error ? error.message : 'it cannot be read']);
  }
}
