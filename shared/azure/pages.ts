/** A list that can be read page by page from a token on, as all clients of the Azure SDK give it. */
interface Paged<Page> {
  byPage(settings: { continuationToken?: string }): AsyncIterable<Page>;
}

/** One page from a continuation token on (`undefined`: the first); `undefined` where there is none. Throws what the list throws. */
export async function onePage<Page>(list: Paged<Page>, from: string | undefined): Promise<Page | undefined> {
  for await (const page of list.byPage(from === undefined ? {} : { continuationToken: from })) return page;
  return undefined;
}
