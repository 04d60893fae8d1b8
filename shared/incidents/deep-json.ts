/** A piece that is still to be written: text as it is, or a value. */
type Piece = { readonly text: string } | { readonly value: unknown };

/** Plain JSON data as JSON, however deep it is nested: `JSON.stringify` runs out of stack at some thousand levels. */
export function deepJson(data: unknown): string {
  const written: string[] = [];
  const left: Piece[] = [{ value: data }]; // the next one last
  for (let piece = left.pop(); piece !== undefined; piece = left.pop()) {
    if ('text' in piece) written.push(piece.text);
    else if (typeof piece.value !== 'object' || piece.value === null)
      written.push(JSON.stringify(piece.value) ?? 'null');
    else for (const inner of piecesOf(piece.value).toReversed()) left.push(inner);
  }
  return written.join('');
}

function piecesOf(value: object): readonly Piece[] {
  if (Array.isArray(value))
    return [
      { text: '[' },
      ...value.flatMap((item: unknown, place): Piece[] => [...comma(place), { value: item }]),
      { text: ']' },
    ];
  const members = Object.entries(value).flatMap(([name, member], place): Piece[] => [
    ...comma(place),
    { text: `${JSON.stringify(name)}:` },
    { value: member },
  ]);
  return [{ text: '{' }, ...members, { text: '}' }];
}

const comma = (place: number): readonly Piece[] => (place === 0 ? [] : [{ text: ',' }]);
