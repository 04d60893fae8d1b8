import type { HttpClient } from '@azure/core-rest-pipeline';
import { seededRandom } from '../../local/azure/random.ts';

/** Ids of one seed: the same seed gives the same ones in the same order. */
export interface SeededIds {
  readonly newId: () => string;
  /** The HTTP client with the next id on each request, where the SDK put one of its own by chance. */
  named(httpClient: HttpClient): HttpClient;
}

/** The local Azure draws from the seed itself and from half of all numbers further on. */
const QUARTER_OF_THE_NUMBERS = 0x4000_0000;
const REQUEST_ID = 'x-ms-client-request-id';
/** What the SDK makes by chance; a test that names a write by hand uses a word. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What is drawn here moves nothing that the local Azure draws from the same seed. */
export function seededIds(seed: number): SeededIds {
  const { uuid } = seededRandom(seed + QUARTER_OF_THE_NUMBERS);
  const given = new Set<string>();
  const newId = (): string => {
    const id = uuid();
    given.add(id);
    return id;
  };
  return {
    newId,
    named: ({ sendRequest }) => ({
      sendRequest(request) {
        // The guardian names its writes by their intents, which are of the seed; a request that is sent again has its id already.
        const named = request.headers.get(REQUEST_ID) ?? '';
        if (UUID.test(named) && !given.has(named)) request.headers.set(REQUEST_ID, newId());
        return sendRequest(request);
      },
    }),
  };
}
