/** A list that can be read page by page from a continuation token on, as the clients of the Azure SDK return it. */
interface Paged<Page> {
  byPage(settings: { continuationToken?: string }): AsyncIterable<Page>;
}

/** The page at a continuation token, the first where it is `undefined`. Returns `undefined` where there is no page. Throws what the list throws. */
export async function onePage<Page>(list: Paged<Page>, from: string | undefined): Promise<Page | undefined> {
  for await (const page of list.byPage(from === undefined ? {} : { continuationToken: from })) return page;
  return undefined;
}
