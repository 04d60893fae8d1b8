/** Plain JSON data as JSON, however deep it is nested: `JSON.stringify` runs out of stack at some thousand levels. */
export function deepJson(data: unknown): string {
  const written: string[] = [];
  const open = [piecesOf(data)]; // the innermost last
  for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
    const { done, value } = inner.next();
    if (done === true) open.pop();
    else if (typeof value === 'string') written.push(value);
    else open.push(piecesOf(value.member));
  }
  return written.join('');
}

/** A value as JSON, in order: text as it is, and members that are still to be written. */
function* piecesOf(value: unknown): Generator<string | { readonly member: unknown }, void> {
  if (typeof value !== 'object' || value === null) return yield JSON.stringify(value) ?? 'null';
  const isList = Array.isArray(value);
  yield isList ? '[' : '{';
  for (const [place, [name, member]] of Object.entries(value).entries()) {
    yield `${place === 0 ? '' : ','}${isList ? '' : `${JSON.stringify(name)}:`}`;
    yield { member };
  }
  yield isList ? ']' : '}';
}
