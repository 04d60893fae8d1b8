import { readFileSync } from 'node:fs';
import { errorCode } from './alerts/error-code.ts';
import { type Policy, policy } from './domain/policy.ts';
import { policyFaults } from './domain/policy-faults.ts';
import { PolicyInvalid } from './errors.ts';

/**
 * The policy of a file. Throws `PolicyInvalid` with every fault listed.
 *
 * @param channels ids of all alert channels, given at build time: then an unknown channel is a fault. In the running app it
 *   is recorded in the trail, and alerts go to the other channels
 */
export function readPolicy(file: string, channels?: readonly string[]): Policy {
  const given = parsedJson(file);
  const faults = policyFaults(given, channels);
  if (faults.length > 0) throw new PolicyInvalid(file, faults);
  return policy.parse(given);
}

/** Reasons why a file cannot be read, by the system's error code. */
const UNREADABLE = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
]);

function parsedJson(file: string): unknown {
  try {
    // Editors on Windows begin a file with a byte order mark, which is not JSON.
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    const said = error instanceof Error ? error.message : 'it cannot be read';
    throw new PolicyInvalid(file, [UNREADABLE.get(errorCode(error)) ?? said]);
  }
}
