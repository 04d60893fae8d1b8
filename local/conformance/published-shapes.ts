import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PublishedShapes } from './answer-rules.ts';
import { UnreadableEvidence } from './errors.ts';

/** Reads the three files of published shapes from `folder`. Throws `UnreadableEvidence` naming the one that is missing or no JSON. */
export function readPublishedShapes(folder: string): PublishedShapes {
  return {
    schema: readJson(join(folder, 'keys.schema.json')),
    operations: readJson(join(folder, 'operations.json')),
    errors: readJson(join(folder, 'errors.json')),
  };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new UnreadableEvidence(path, cause);
  }
}
