import { quoted } from './quoted.ts';
import { tool } from './tool.ts';

const OPTIONS = {
  parents: '-p --parents',
  verbose: '-v --verbose',
  ignore: '--ignore-fail-on-non-empty',
};

export const rmdir = tool(
  'rmdir',
  OPTIONS,
  async (run) => {
    for (const operand of run.operands) {
      let name = operand.replace(/(?<=.)\/+$/, '');
      for (;;) {
        if (run.options.has('verbose')) await run.print(`rmdir: removing directory, ${quoted(name)}\n`);
        const path = run.path(name);
        const done = await run.attempt(`failed to remove ${quoted(name)}`, () =>
          run.storage.rmdir(path, run.ctx),
        );
        const slash = name.lastIndexOf('/');
        if (!done || !run.options.has('parents') || slash <= 0) break;
        name = name.slice(0, slash);
      }
    }
  },
  { operandsMin: 1 },
);
