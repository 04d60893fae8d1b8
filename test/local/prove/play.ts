import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { onTestFinished, vi } from 'vitest';
import roles from '../../../infra/roles.json' with { type: 'json' };
import { createLocalAzure, type LocalAzure } from '../../../local/azure/azure.ts';
import { guardianIdentities } from '../../../local/azure/guardian-identities.ts';
import type { Behaviours, SeedVault } from '../../../local/azure/types.ts';
import { type Played, type ProveOptions, prove, type ThrowAway } from '../../../local/prove/prove.ts';
import { attacker, later, start } from '../azure/requests.ts';

export const VAULT = 'kv-throw-away';

/** A local Azure with one throw-away vault without purge protection, a person who may do everything, and the guardian's identities. */
export function throwAway(
  seed: Partial<SeedVault> = {},
  behaviours: Partial<Behaviours> = {},
): { readonly azure: LocalAzure; readonly at: ThrowAway } {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  onTestFinished(() => void vi.useRealTimers());
  const azure = createLocalAzure({
    vaults: [{ name: VAULT, purgeProtection: false, ...seed }],
    identities: [attacker, ...guardianIdentities(roles, [VAULT])],
    seed: 7,
    behaviours,
  });
  return {
    azure,
    at: {
      vault: VAULT,
      url: `https://${VAULT}.vault.azure.net`,
      httpClient: azure.httpClient,
      disableChallengeResourceVerification: false,
      person: azure.credential('attacker'),
      guardian: { watcher: azure.credential('watcher'), keeper: azure.credential('keeper') },
    },
  };
}

/** Plays on a stopped clock, which each pause turns ahead. */
export function play(at: ThrowAway, options: Partial<ProveOptions> = {}): Promise<Played> {
  return prove(at, {
    paging: true,
    stop: new AbortController().signal,
    say: () => {},
    now: () => new Date(),
    pause: async (ms) => later(ms),
    ...options,
  });
}

/** An answer as it comes, and as it may be changed. */
export interface Tampered {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly authorization: string;
  /** Whether it was sent without a client between, which would name the request. */
  readonly isPlain: boolean;
  readonly response: PipelineResponse;
  /** How many requests of this method and path there were, this one counted. */
  readonly nth: number;
}

/** Replaces status and body of an answer. */
export function answer(response: PipelineResponse, status: number, body: unknown): void {
  Object.assign(response, { status, bodyAsText: JSON.stringify(body) });
}

/** Replaces the body of a successful answer; `change` gets what it holds. */
export function changed(response: PipelineResponse, change: (body: Body) => Body): void {
  if (response.status === 200)
    Object.assign(response, { bodyAsText: JSON.stringify(change(JSON.parse(response.bodyAsText ?? ''))) });
}

/** The members of answers that tests change. */
export interface Body {
  readonly value?: readonly Body[];
  readonly nextLink?: string | null;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** The vault with a service that answers otherwise. */
export function tampering(at: ThrowAway, tamper: (answer: Tampered) => void): ThrowAway {
  const counts = new Map<string, number>();
  const httpClient: HttpClient = {
    async sendRequest(request: PipelineRequest) {
      const { pathname: path, searchParams: query } = new URL(request.url);
      const response = await at.httpClient.sendRequest(request);
      const { method } = request;
      const nth = (counts.get(`${method} ${path}`) ?? 0) + 1;
      // The client of the vault asks first without a token: that answer is no answer yet.
      if (response.status !== 401) counts.set(`${method} ${path}`, nth);
      const body = typeof request.body === 'string' ? request.body : '';
      const authorization = request.headers.get('authorization') ?? '';
      const isPlain = !request.headers.has('x-ms-client-request-id');
      tamper({ method, path, query, body, authorization, isPlain, response, nth });
      return response;
    },
  };
  return { ...at, httpClient };
}
