import { STDIN } from './content.ts';
import { quoted } from './quoted.ts';
import type { Run } from './tool.ts';

/** Does something with each file, or with stdin; several of them have their names above (`==> NAME <==`), as head and tail do. */
export async function eachFile<N extends string>(
  run: Run<N | 'quiet' | 'verbose'>,
  act: (name: string) => Promise<void>,
): Promise<void> {
  const files = run.operands.length === 0 ? [STDIN] : run.operands;
  let isFirst = true;
  for (const name of files) {
    await run.attempt(`cannot open ${quoted(name)} for reading`, async () => {
      if (name !== STDIN) await run.stat(name);
      if (isHeaded(run))
        await run.print(`${isFirst ? '' : '\n'}==> ${name === STDIN ? 'standard input' : name} <==\n`);
      isFirst = false;
      await run.flush();
      await act(name);
    });
  }
}

/** Whether names stand above. */
export function isHeaded<N extends string>({ options, operands }: Run<N | 'quiet' | 'verbose'>): boolean {
  return !options.has('quiet') && (options.has('verbose') || operands.length > 1);
}
