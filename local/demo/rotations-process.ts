/** Plays the steps of rotations in a process of their own, whose clock is turned, and prints their results as one line of JSON. */
import { playRotations } from './rotations.ts';

process.stdout.write(`${JSON.stringify(await playRotations(!process.argv.includes('--unguarded')))}\n`);
