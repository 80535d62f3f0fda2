import type { Row } from './compare.ts';

const WIDTH = 760;
const LABELS = 190;
const NUMBERS = 60;
const BAR = 12;
const GAP = 8;
const HEAD = 56;
/** The scale goes from an eighth of the reference to eight times it. */
const DOUBLINGS = 3;
const COLOURS = ['#2f6fab', '#c98a2b', '#6b9a4b', '#9a5b8f'] as const;
const FONT = 'font-family="system-ui, sans-serif" font-size="12" fill="#57606a"';

/** Bars of how many times as good as the reference each peer is, on a logarithmic scale. Answers an SVG document. */
export function chart(rows: readonly Row[], reference: string): string {
  const compared = rows.filter((row): row is Row & { readonly ratio: number } => row.ratio !== undefined);
  const steps = [...new Set(compared.map(({ step }) => step))];
  const peers = [...new Set(compared.map(({ peer }) => peer))];
  const parts: string[] = [];
  let top = HEAD;
  for (const step of steps) {
    const bars = compared.filter((row) => row.step === step);
    parts.push(text(LABELS - GAP, top + (bars.length * BAR) / 2 + 4, step, 'end'));
    for (const row of bars) {
      parts.push(bar(row.ratio, top, COLOURS[peers.indexOf(row.peer) % COLOURS.length] ?? '', row));
      top += BAR;
    }
    top += GAP;
  }
  const legend = peers.map(
    (peer, index) =>
      `<rect x="${LABELS + index * 110}" y="10" width="12" height="12" fill="${COLOURS[index % COLOURS.length]}"/>` +
      text(LABELS + index * 110 + 18, 20, peer),
  );
  const title = `Times ${reference}, more is better`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}" role="img">`,
    `<title>${escape(title)}</title>`,
    ...legend,
    text(LABELS - GAP, 20, title, 'end'),
    ...grid(top),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** From the reference's line to the left or right; with its number, and what is not to be trusted pale. */
function bar(ratio: number, top: number, colour: string, { trusted }: Row): string {
  const [one, end] = [xOf(1), xOf(ratio)];
  const [x, width] = [Math.min(one, end), Math.max(1, Math.abs(end - one))];
  const opacity = trusted ? 1 : 0.4;
  const number = text(WIDTH - GAP, top + BAR - 2, `${ratio.toFixed(2)}×`, 'end');
  return `<rect x="${x.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${colour}" opacity="${opacity}"/>${number}`;
}

function grid(bottom: number): string[] {
  return Array.from({ length: 2 * DOUBLINGS + 1 }, (_, index) => {
    const ratio = 2 ** (index - DOUBLINGS);
    const x = xOf(ratio).toFixed(1);
    const colour = ratio === 1 ? '#57606a' : '#d0d7de';
    const line = `<line x1="${x}" y1="${HEAD - 10}" x2="${x}" y2="${bottom}" stroke="${colour}"/>`;
    return line + text(Number(x), HEAD - 16, ratio < 1 ? `1/${1 / ratio}` : String(ratio), 'middle');
  });
}

function xOf(ratio: number): number {
  const doublings = Math.min(DOUBLINGS, Math.max(-DOUBLINGS, Math.log2(ratio)));
  return LABELS + ((doublings + DOUBLINGS) / (2 * DOUBLINGS)) * (WIDTH - LABELS - NUMBERS);
}

function text(x: number, y: number, words: string, anchor = 'start'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" ${FONT}>${escape(words)}</text>`;
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
