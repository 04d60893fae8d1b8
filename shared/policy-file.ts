import { readFileSync } from 'node:fs';
import { errorCode } from './alerts/error-code.ts';
import { type Policy, policy } from './domain/policy.ts';
import { policyFaults } from './domain/policy-faults.ts';
import { PolicyInvalid } from './errors.ts';

/**
 * The policy of a file. Throws `PolicyInvalid` with every fault listed.
 *
 * @param channels ids of the alert channels there are, where a name that is none of them is a fault: so at build time. In
 * an app that runs it is recorded in the trail, and the alert goes to the channels there are.
 */
export function readPolicy(file: string, channels?: readonly string[]): Policy {
  const given = parsedJson(file);
  const faults = policyFaults(given, channels);
  if (faults.length > 0) throw new PolicyInvalid(file, faults);
  return policy.parse(given);
}

/** What the system says of a file in words of its own, by its code. */
const UNREADABLE = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
]);

function parsedJson(file: string): unknown {
  try {
    // Editors on Windows begin a file with a mark of its byte order, which is no JSON.
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    const said = error instanceof Error ? error.message : 'it cannot be read';
    throw new PolicyInvalid(file, [UNREADABLE.get(errorCode(error)) ?? said]);
  }
}
