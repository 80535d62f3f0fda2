import type { Program } from '../program.ts';
import { send } from '../output.ts';
import { unescape } from './escapes.ts';

const OPTION = /^-[neE]+$/;

/** As in bash: `-n`, `-e`, `-E`; no argument is ever wrong. */
export const echo: Program = async ({ args, stdout, signal }) => {
  let first = 0;
  let newline = true;
  let escapes = false;
  for (; OPTION.test(args[first] ?? ''); first++) {
    const option = args[first] as string;
    if (option.includes('n')) newline = false;
    const last = option.lastIndexOf('e') - option.lastIndexOf('E');
    if (last !== 0) escapes = last > 0;
  }
  const text = args.slice(first).join(' ');
  const { text: said, stopped } = escapes ? unescape(text) : { text, stopped: false };
  await send(stdout, newline && !stopped ? `${said}\n` : said, signal);
  return 0;
};
