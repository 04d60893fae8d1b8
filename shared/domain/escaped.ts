/** Characters of a name at most: the resource id of an identity has up to 350. */
const MOST_CHARACTERS = 512;

/** What names, addresses of mail and resource ids are made of. A backslash stays, so that escaping twice is escaping once. */
const UNUSUAL = /[^\p{L}\p{M}\p{N} @._/#+'()\\-]/gu;
/** The other form that programs take for an address and make a link of. */
const WWW = /(?<=\bwww)\./gi;

/**
 * A text that a caller chose, such as a name in an audit record, so that it is nothing but text wherever it is shown: no link,
 * no markup, no line of its own. Other characters are written as in JSON, `\u003a`. At most 512 characters, then `…`.
 */
export function escaped(text: string): string {
  const all = text
    .slice(0, MOST_CHARACTERS + 1)
    .replaceAll(UNUSUAL, asInJson)
    .replaceAll(WWW, asInJson);
  return all.length <= MOST_CHARACTERS ? all : `${all.slice(0, MOST_CHARACTERS)}…`;
}

const asInJson = (characters: string): string =>
  Array.from({ length: characters.length }, (_, at) => {
    const unit = characters.charCodeAt(at).toString(16).padStart(4, '0');
    return `\\u${unit}`;
  }).join('');

/** An IP address as it is, anything else as a text that a caller chose. */
export const escapedAddress = (address: string): string =>
  /^[0-9a-f:.]{2,45}$/i.test(address) ? address : escaped(address);
