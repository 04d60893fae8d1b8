/** Loaded before every test file (`setupFiles` in `vitest.config.ts`): a test whose title says nothing fails, whatever it does. */
import { beforeEach } from 'vitest';
import { faultOf } from './title.ts';

beforeEach(({ task }) => {
  const names = [task.name];
  for (let { suite } = task; suite !== undefined; suite = suite.suite) names.push(suite.name);
  for (const name of names) {
    const fault = faultOf(name);
    if (fault !== undefined) throw new Error(`The title “${name.slice(0, 300)}” ${fault}.`);
  }
});
