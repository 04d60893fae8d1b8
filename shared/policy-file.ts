import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { errorCode } from './alerts/error-code.ts';
import { type Policy, policy } from './domain/policy.ts';
import { PolicyInvalid } from './errors.ts';

/**
 * The policy of a file. Throws `PolicyInvalid` with every fault listed.
 *
 * @param channels ids of the alert channels there are, where a name that is none of them is a fault: so at build time. In
 * an app that runs it is told in the trail, and the alert goes to the channels there are.
 */
export function readPolicy(file: string, channels?: readonly string[]): Policy {
  const given = parsedJson(file);
  const parsed = policy.safeParse(given);
  const named = policy.shape.channels.safeParse(
    z.looseObject({ channels: z.unknown() }).safeParse(given).data?.channels,
  );
  const faults = [
    ...(parsed.error?.issues ?? []).map(
      ({ path, message }) => `${path.length === 0 ? 'the file' : path.join('.')}: ${message}`,
    ),
    ...(named.data ?? []).flatMap((id, at) =>
      channels?.includes(id) === false
        ? [`channels.${at}: there is no channel ${id}, only ${channels.join(', ')}`]
        : [],
    ),
  ];
  if (!parsed.success || faults.length > 0) throw new PolicyInvalid(file, faults);
  return parsed.data;
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
