import { type Exchange, parseExchanges } from '../../../local/conformance/recordings.ts';

/** What a test says of an exchange; the rest is that of a successful call without a body. */
export interface Recorded {
  readonly what?: string;
  readonly method?: string;
  readonly url: string;
  /** The body of the request, where its recorder kept it. */
  readonly sent?: unknown;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export function exchangesOf(...recorded: readonly Recorded[]): readonly Exchange[] {
  return parseExchanges(
    'keys/file.json',
    recorded.map(
      ({ what = 'A call.', method = 'GET', url, sent = 'mock_body', status = 200, headers = {}, body = '' }) => ({
        what,
        request: { method, url, headers: {}, body: method === 'GET' ? null : sent },
        response: { status, headers, body },
      }),
    ),
  );
}

export function exchangeOf(recorded: Recorded): Exchange {
  const [exchange] = exchangesOf(recorded);
  if (exchange === undefined) throw new Error('one was given');
  return exchange;
}
