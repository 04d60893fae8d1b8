import type { Operation } from './operations.ts';

/** What Resource Manager or a provider behind it answers, before headers. */
export interface Answer {
  readonly status: number;
  /** Undefined for no body. */
  readonly body?: unknown;
  /** Beside those of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether Resource Manager itself refused it, before any provider saw it. */
  readonly fromGateway?: true;
  /** How the body is written: the one region's answer of a compute provider has line breaks. Default compact. */
  readonly layout?: 'indented';
  /** What goes on after a 202. */
  readonly operation?: Operation;
  /** Set where a resource is another one now. */
  readonly changed?: true;
}
