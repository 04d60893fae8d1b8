/** A text as one word of a shell: people choose the names of groups and roles, and run commands with them under their own rights. */
export const shellWord = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
