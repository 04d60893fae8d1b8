/** Queries to Azure Resource Graph, as they are answered. */
export interface GraphPages {
  /**
   * The rows of a query, a page at a time, at most 1,000 in one; those that two pages have come once. Resource Graph leaves
   * out subscriptions that the caller cannot read without a word: only a query for subscriptions tells which ones it showed.
   * Throws `GraphRefused`, also after some pages.
   *
   * @param query in Kusto; it orders the rows by their `id`
   * @param subscriptions their ids; left out: all that the caller can read
   */
  pages(query: string, subscriptions?: readonly string[]): AsyncIterable<readonly unknown[]>;
}

/** The reasons why Resource Graph does not answer a query, each in the words of alerts. */
export const GRAPH_REFUSED = {
  'no-token': 'the guardian gets no token for the identity that asks',
  unauthenticated: 'the token is not accepted',
  forbidden: 'no subscription that was asked for can be read',
  throttled: 'too many queries were sent',
  /** No answer, a broken connection, or an error of the service. */
  unreachable: 'it does not answer',
  /** Repeating the query unchanged is of no use. */
  rejected: 'the query is rejected as wrong',
  /** An answer of another form, or one that lacks rows and does not say how to get them. */
  unreadable: 'the answer cannot be read',
} as const;
export type GraphRefusal = keyof typeof GRAPH_REFUSED;
