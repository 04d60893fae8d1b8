/** Plays the step of the machine in a process of its own, whose clock is turned, and prints its result as one line of JSON. */
import { playMachine } from './machine.ts';

process.stdout.write(`${JSON.stringify(await playMachine(!process.argv.includes('--unguarded')))}\n`);
