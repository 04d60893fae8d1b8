/** Columns that fit most terminals and tickets. */
export const WIDTH = 100;

/** A number with separators: `200,000`. */
export const number = (value: number): string => value.toLocaleString('en-US');

/** A count with its noun: `1 disk`, `2,000 disks`. */
export const counted = (value: number, noun: string, nouns = `${noun}s`): string =>
  `${number(value)} ${value === 1 ? noun : nouns}`;

/** The counts that are not 0: `2 snapshots, 1 image`; empty where all are. */
export const countedAll = (...counts: readonly (readonly [value: number, noun: string])[]): string =>
  counts.flatMap(([value, noun]) => (value === 0 ? [] : [counted(value, noun)])).join(', ');

/** The first few of a list, and how many more: `a, b and 3 more`. */
export function some(items: readonly string[], most: number): string {
  const shown = items.slice(0, most).join(', ');
  return items.length <= most ? shown : `${shown} and ${number(items.length - most)} more`;
}

/** A text in lines of at most `WIDTH` columns, each with the indent. A word that is longer has a line of its own. */
export function wrapped(text: string, indent = ''): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(`${indent}${line}`);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, `${indent}${line}`];
}

/** A command as a shell takes it, after a prompt, broken before its options where it is too long. */
export function commandLines(command: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = `${indent}$ `;
  for (const [at, part] of command.split(/ (?=--)/).entries()) {
    if (at > 0 && line.length + part.length + ' \\'.length + 1 > WIDTH) {
      lines.push(`${line} \\`);
      line = `${indent}    ${part}`;
    } else line += at === 0 ? part : ` ${part}`;
  }
  return [...lines, line];
}

/** Rows under a head, each column as wide as its widest cell; those of `right` are aligned to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): readonly string[] {
  const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => (row[at] ?? '').length)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, at) => (right.includes(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
