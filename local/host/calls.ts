/** Makes one call of a port. `name` is the function's, `list` for a page. */
export type MakeCall = <T>(name: string, call: () => Promise<T>) => Promise<T>;

/** The same port, whose every call is made by `make`; of what a port gives in pages, each page is a call. */
export function callsMadeBy<T extends object>(port: T, make: MakeCall): T {
  return new Proxy(port, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      const name = String(property);
      return (...given: readonly unknown[]): unknown =>
        name === 'pages'
          ? pagesMadeBy(Reflect.apply(value, target, given), make)
          : make(name, async () => Reflect.apply(value, target, given));
    },
  });
}

async function* pagesMadeBy<Page>(pages: AsyncIterable<Page>, make: MakeCall): AsyncGenerator<Page> {
  const each = pages[Symbol.asyncIterator]();
  for (;;) {
    const next = await make('list', () => each.next());
    if (next.done === true) return;
    yield next.value;
  }
}
