/** `npm run docs`: draws the alerts of `docs/alerts`, each as its channel shows it, and the page that lists them. */
import { access, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { chromium } from 'playwright-core';
import { alertsPage } from './alerts-page.ts';
import { examples } from './examples.ts';
import { type Page, PICTURED, pageOf } from './page.ts';
import { sent } from './sent.ts';

const command = new Command('npm run docs --')
  .description('Draws the pictures of docs/alerts, in Chromium.')
  .option('--chromium <file>', 'the browser', '/usr/bin/chromium')
  .option('--folder <folder>', 'where the pictures go', fileURLToPath(new URL('../../docs/alerts', import.meta.url)))
  .allowExcessArguments(false);
const { chromium: browserFile, folder } = command.parse().opts();

const isThere = await access(browserFile).then(
  () => true,
  () => false,
);
if (!isThere)
  command.error(
    `There is no Chromium at ${browserFile}: run "apt-get install chromium", or name one with --chromium <file>.`,
  );

// Its modules are written for bundlers: only the one file runs in a page as it is.
const library = createRequire(import.meta.url).resolve('adaptivecards/dist/adaptivecards.min.js');

/** How Teams shows the colors that cards use. */
const HOST_CONFIG = {
  fontFamily: '"Liberation Sans", "DejaVu Sans", sans-serif',
  containerStyles: {
    default: {
      foregroundColors: {
        default: { default: '#242424', subtle: '#616161' },
        attention: { default: '#c4314b', subtle: '#c4314b' },
        good: { default: '#13a10e', subtle: '#13a10e' },
        warning: { default: '#835c00', subtle: '#835c00' },
      },
    },
  },
};

await mkdir(folder, { recursive: true });
// Chromium's sandbox cannot be used by root, as in a container. The pages are our own, and load nothing.
const browser = await chromium.launch({ executablePath: browserFile, chromiumSandbox: process.getuid?.() !== 0 });
try {
  const context = await browser.newContext({ viewport: { width: 640, height: 400 }, offline: true });
  for (const [name, example] of Object.entries(examples)) {
    await draw(pageOf(example.channel, await sent(example)), join(folder, `${name}.png`));
    process.stdout.write(`${name}.png\n`);
  }

  async function draw({ html, card }: Page, path: string): Promise<void> {
    const page = await context.newPage();
    await page.setContent(html);
    if (card !== undefined) {
      await page.addScriptTag({ path: library });
      await page.evaluate(`{
        const card = new AdaptiveCards.AdaptiveCard();
        card.hostConfig = new AdaptiveCards.HostConfig(${JSON.stringify(HOST_CONFIG)});
        card.parse(${JSON.stringify(card)});
        document.querySelector('${PICTURED}').append(card.render());
      }`);
    }
    await page.locator(PICTURED).screenshot({ path });
    await page.close();
  }
} finally {
  await browser.close();
}
await writeFile(join(folder, 'README.md'), alertsPage());
