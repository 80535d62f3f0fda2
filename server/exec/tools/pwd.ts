import { tool } from './tool.ts';

export const pwd = tool('pwd', { logical: '-L --logical', physical: '-P --physical' }, (run) =>
  run.print(`${run.context.cwd}\n`),
);
