/** Plays the steps on the turned clock in a process of their own, and prints their results as one line of JSON. */
import { playTurned } from './turned.ts';

process.stdout.write(`${JSON.stringify(await playTurned(!process.argv.includes('--unguarded')))}\n`);
