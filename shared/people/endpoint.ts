import * as z from 'zod';
import type { Caller } from '../domain/caller.ts';
import type { Ports } from '../ports.ts';
import type { Right } from './rights.ts';

/** One request that people can make of the guardian. */
export interface Endpoint {
  readonly method: 'GET' | 'POST';
  /** `approvals/{vault}/{id}/grant`: what is in braces is a member of what `run` is given. */
  readonly path: string;
  readonly needs: Right;
  /** What it does, in one sentence. */
  readonly says: string;
  /** Reads what is in the path, in the query and in the body, together. */
  readonly given: () => z.ZodType;
  /** Does it and returns what the answer holds, as plain data. */
  readonly run: (given: unknown, caller: Caller, ports: Ports) => Promise<unknown>;
}

/** An endpoint whose `run` is given what the schema reads. @param shape made with the first request: a cold start waits for no schema of people's */
export const endpoint = <Shape extends z.ZodRawShape>(
  facts: Pick<Endpoint, 'method' | 'path' | 'needs' | 'says'>,
  shape: () => Shape,
  run: (given: z.infer<z.ZodObject<Shape>>, caller: Caller, ports: Ports) => Promise<unknown>,
): Endpoint => {
  let made: z.ZodObject<Shape> | undefined;
  const given = () => {
    made ??= z.strictObject(shape());
    return made;
  };
  return { ...facts, given, run: (raw, caller, ports) => run(given().parse(raw), caller, ports) };
};

/** Characters of a reason at most: people read it in an alert. */
const MOST_CHARACTERS_OF_WHY = 1_000;

/** The name of a vault or key, in lower case: Azure compares them without case. */
export const name = () => z.string().min(1).max(127).toLowerCase();
/** An id; of an incident its first characters are enough. */
export const id = () => z.string();
/** A reason in words. */
export const why = () => z.string().trim().min(1).max(MOST_CHARACTERS_OF_WHY);
/** Hours from now or from a beginning: at most 30 days. */
export const hours = () => z.number().positive().max(720);
