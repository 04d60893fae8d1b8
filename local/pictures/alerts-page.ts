import { examples } from './examples.ts';

/** The page of `docs/alerts`, which lists its pictures. */
export const alertsPage = (): string => `# What alerts look like

<!-- Made by "npm run docs": change local/pictures. -->

Each picture is what a channel really sends: cards are drawn by Microsoft's own library, the other two in the manner of their
service. Names and ids are made up.

${Object.entries(examples)
  .map(([name, { channel, shows }]) => `## \`${channel}\`: ${shows}\n\n![${shows.replaceAll('`', '')}](${name}.png)`)
  .join('\n\n')}
`;
