import { send } from '../output.ts';
import { contentOf, STDIN } from './content.ts';
import { shown } from './quoted.ts';
import { tool, type Run } from './tool.ts';

const OPTIONS = {
  unbuffered: '-u',
  number: '-n --number',
  numberNonblank: '-b --number-nonblank',
  showEnds: '-E --show-ends',
  squeeze: '-s --squeeze-blank',
  showTabs: '-T --show-tabs',
  showNonprinting: '-v --show-nonprinting',
  showAll: '-A --show-all',
  vE: '-e',
  vT: '-t',
};

type CatRun = Run<keyof typeof OPTIONS>;

/** As GNU's. Without options bytes go through as they are. */
export const cat = tool('cat', OPTIONS, async (run) => {
  const transform = transformOf(run);
  for (const name of run.operands.length === 0 ? [STDIN] : run.operands) {
    await run.attempt(shown(name), async () => {
      for await (const piece of contentOf(run.context, name)) {
        await send(run.context.stdout, transform?.(piece) ?? piece, run.context.signal);
      }
    });
  }
});

/** What changes the bytes, keeping where it is in the output; undefined: nothing does. */
function transformOf({ options }: CatRun): ((piece: Uint8Array) => Uint8Array) | undefined {
  const all = options.has('showAll');
  const number = options.has('number') && !options.has('numberNonblank');
  const nonblank = options.has('numberNonblank');
  const ends = all || options.has('showEnds') || options.has('vE');
  const tabs = all || options.has('showTabs') || options.has('vT');
  const nonprinting = all || options.has('showNonprinting') || options.has('vE') || options.has('vT');
  const squeeze = options.has('squeeze');
  if (![number, nonblank, ends, tabs, nonprinting, squeeze].includes(true)) return undefined;
  let line = 0;
  let isAtStart = true;
  let blanks = 0;
  return (piece) => {
    let text = '';
    for (const byte of piece) {
      if (byte === 0x0a) {
        blanks = isAtStart ? blanks + 1 : 0;
        if (squeeze && blanks > 1) continue;
        if (isAtStart && number) text += label(++line);
        text += ends ? '$\n' : '\n';
        isAtStart = true;
        continue;
      }
      if (isAtStart && (number || nonblank)) text += label(++line);
      isAtStart = false;
      text += visible(byte, tabs, nonprinting);
    }
    return Buffer.from(text, 'latin1');
  };
}

function label(line: number): string {
  return `${String(line).padStart(6)}\t`;
}

function visible(byte: number, tabs: boolean, nonprinting: boolean): string {
  if (byte === 0x09) return tabs ? '^I' : '\t';
  if (!nonprinting) return String.fromCharCode(byte);
  const [meta, low] = byte >= 0x80 ? ['M-', byte - 0x80] : ['', byte];
  if (low === 0x7f) return `${meta}^?`;
  return low < 0x20 ? `${meta}^${String.fromCharCode(low + 0x40)}` : meta + String.fromCharCode(low);
}
