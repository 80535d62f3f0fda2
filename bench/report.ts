import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Row } from './compare.ts';

const COLUMNS: readonly { readonly title: string; readonly cell: (row: Row) => string }[] = [
  { title: 'step', cell: (row) => row.step },
  { title: 'server', cell: (row) => row.peer },
  { title: 'seconds', cell: (row) => row.seconds.toFixed(2) },
  { title: 'rate', cell: (row) => row.rate },
  { title: 'speed', cell: (row) => times(row.speedRatio) },
  { title: 'spread', cell: (row) => (row.spread === undefined ? '' : `${(row.spread * 100).toFixed(0)} %`) },
  { title: 'server CPU s', cell: (row) => row.serverSeconds.toFixed(2) },
  { title: 'a GiB', cell: (row) => row.serverSecondsPerGib?.toFixed(2) ?? '' },
  { title: 'CPU', cell: (row) => times(row.cpuRatio) },
  { title: 'peak MiB', cell: (row) => (row.peakBytes / 2 ** 20).toFixed(0) },
  { title: 'other cores', cell: (row) => row.othersCores.toFixed(2) },
  { title: '', cell: (row) => (row.trusted ? '' : 'too noisy to trust') },
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

/** Writes a result as JSON, with the directories above it. */
export async function save(file: string, result: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}

function times(ratio: number | undefined): string {
  return ratio === undefined ? '' : `${ratio.toFixed(2)}×`;
}
