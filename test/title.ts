const LONGEST = 250;
/** What a table leaves in a title where a column is missing, is no text, or is cut off. */
const PLACEHOLDER =
  /(?:^|[\s"'(])%(?:\d+\$)?[sdifjoOc#$](?!\w)|(?:^|[\s"'(])\$[a-z{]|\[object |\[Function|…|\b(?:undefined|NaN)\b/;

/**
 * What is wrong with a test's title, `undefined` where nothing is: it is a sentence for people, in which a table has put
 * words. What is meant as code stands between backquotes.
 */
export function faultOf(title: string): string | undefined {
  if (title.length > LONGEST) return `has more than ${LONGEST} characters`;
  const prose = title.replaceAll(/`[^`]*`/g, '`code`');
  const placeholder = PLACEHOLDER.exec(prose)?.[0].trim();
  if (placeholder !== undefined) return `prints the placeholder ${placeholder}`;
  return prose !== prose.trim() || /\s\s|[\t\n]/.test(prose) ? 'has a gap where a word is missing' : undefined;
}
