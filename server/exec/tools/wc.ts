import { contentOf, STDIN } from './content.ts';
import { linesIn } from './head.ts';
import { shown } from './quoted.ts';
import { tool, type Run } from './tool.ts';

const OPTIONS = {
  bytes: '-c --bytes',
  chars: '-m --chars',
  lines: '-l --lines',
  words: '-w --words',
  longest: '-L --max-line-length',
};

type What = keyof typeof OPTIONS;
type Counts = Record<What, number>;
type WcRun = Run<What>;

const ORDER: readonly What[] = ['lines', 'words', 'chars', 'bytes', 'longest'];

export const wc = tool('wc', OPTIONS, async (run) => {
  const asked = ORDER.filter((what) => run.options.has(what));
  const wanted = asked.length === 0 ? (['lines', 'words', 'bytes'] as const) : asked;
  const rows: { readonly counts: Counts; readonly name: string }[] = [];
  for (const name of run.operands) {
    await run.attempt(shown(name), async () => {
      rows.push({ counts: await count(run, name, wanted), name });
    });
  }
  if (run.operands.length === 0) rows.push({ counts: await count(run, STDIN, wanted), name: '' });
  const total = rows.reduce((sum, { counts }) => added(sum, counts), zero());
  if (run.operands.length > 1) rows.push({ counts: total, name: 'total' });
  const isAlone = rows.length === 1 && wanted.length === 1;
  const fromStream = run.operands.length === 0 || run.operands.includes(STDIN);
  const width = isAlone ? 1 : Math.max(fromStream ? 7 : 1, String(total.bytes).length);
  for (const { counts, name } of rows) {
    const numbers = wanted.map((what) => String(counts[what]).padStart(width)).join(' ');
    await run.print(name === '' ? `${numbers}\n` : `${numbers} ${name}\n`);
  }
});

function zero(): Counts {
  return { bytes: 0, chars: 0, lines: 0, words: 0, longest: 0 };
}

function added(a: Counts, b: Counts): Counts {
  return {
    bytes: a.bytes + b.bytes,
    chars: a.chars + b.chars,
    lines: a.lines + b.lines,
    words: a.words + b.words,
    longest: Math.max(a.longest, b.longest),
  };
}

async function count(run: WcRun, name: string, wanted: readonly What[]): Promise<Counts> {
  const counts = zero();
  const isSimple = !wanted.some((what) => what === 'words' || what === 'chars' || what === 'longest');
  let inWord = false;
  let length = 0;
  for await (const piece of contentOf(run.context, name)) {
    counts.bytes += piece.length;
    if (isSimple) {
      counts.lines += linesIn(piece, 0x0a);
      continue;
    }
    for (const byte of piece) {
      if (byte === 0x0a) counts.lines++;
      const isSpace = byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
      if (!isSpace && !inWord) counts.words++;
      inWord = !isSpace;
      // A byte that continues a character of UTF-8 is none by itself.
      const begins = (byte & 0xc0) !== 0x80;
      if (begins) counts.chars++;
      if (byte === 0x0a || byte === 0x0d) length = 0;
      else if (byte === 0x09) length += 8 - (length % 8);
      else if (begins && byte >= 0x20) length++;
      counts.longest = Math.max(counts.longest, length);
    }
  }
  return counts;
}
