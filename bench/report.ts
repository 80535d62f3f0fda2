import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { MissingRow, Row } from './compare.ts';

const COLUMNS: readonly { readonly title: string; readonly cell: (row: Row) => string }[] = [
  { title: 'step', cell: (row) => row.step },
  { title: 'server', cell: (row) => row.peer },
  { title: 'value', cell: (row) => `${row.value.toFixed(row.unit === 'MiB' ? 1 : 2)} ${row.unit}` },
  { title: 'rate', cell: (row) => row.rate },
  { title: 'better', cell: (row) => times(row.ratio) },
  { title: 'spread', cell: (row) => (row.spread === undefined ? '' : `${(row.spread * 100).toFixed(0)} %`) },
  { title: 'server CPU s', cell: (row) => row.serverSeconds.toFixed(2) },
  { title: 'a GiB', cell: (row) => row.serverSecondsPerGib?.toFixed(2) ?? '' },
  { title: 'CPU', cell: (row) => times(row.cpuRatio) },
  { title: 'peak MiB', cell: (row) => (row.peakBytes / 2 ** 20).toFixed(0) },
  { title: 'other cores', cell: (row) => row.othersCores.toFixed(2) },
  { title: '', cell: (row) => [...figures(row), ...(row.trusted ? [] : ['too noisy to trust'])].join(', ') },
];

/** The rows as lines of text: medians over the rounds, the peak of all of them. */
export function table(rows: readonly Row[]): string {
  const cells = [
    COLUMNS.map(({ title }) => title),
    ...rows.map((row) => COLUMNS.map(({ cell }) => cell(row))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Lines on what was not measured and what is not to be trusted; none where all is well. */
export function caveats(rows: readonly Row[], missing: readonly MissingRow[]): string[] {
  const noisy = rows.filter(({ trusted }) => !trusted).length;
  const steps = new Map<string, string[]>();
  for (const { step, peer, missing: reason } of missing) {
    const line = `${peer} ${reason}`;
    steps.set(line, [...(steps.get(line) ?? []), step]);
  }
  return [
    ...[...steps].map(([line, names]) => `${line} (${names.join(', ')})`),
    ...(noisy === 0
      ? []
      : [`The machine was too noisy: ${noisy} of ${rows.length} rows are not to be trusted.`]),
  ];
}

/** Writes a file, with the directories above it. */
export async function save(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

function figures(row: Row): string[] {
  return Object.entries(row.figures).map(([name, value]) => `${name} ${value.toFixed(2)}`);
}

function times(ratio: number | undefined): string {
  // CPU time has a resolution, and nothing can be divided by none.
  return ratio === undefined || !Number.isFinite(ratio) ? '' : `${ratio.toFixed(2)}×`;
}
