/** Characters of one text at most, before any is cut to make a message fit. */
const MOST_CHARACTERS = 8_192;

/** The first `most` characters of a text, and a sign where that is not all of it. */
export const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most)}…`);

/** What `make` makes, as JSON of fewer bytes than `bytes`: its texts are shortened until it fits. @param make gets the characters that a text may have */
export function fitting(bytes: number, make: (mostCharacters: number) => unknown): string {
  for (let most = MOST_CHARACTERS; ; most /= 2) {
    const message = JSON.stringify(make(most));
    if (Buffer.byteLength(message) < bytes) return message;
  }
}
