import { renameSync } from 'node:fs';
import { join } from 'node:path';

/*
 * A program that keeps swapping names of a directory until it is killed: `NAME` and `NAME.other` change places, for
 * each NAME of its arguments. Says when it has begun.
 */
const [directory = '', ...names] = process.argv.slice(2);

function swap(name: string): void {
  const [one, other, free] = [name, `${name}.other`, `${name}.free`].map((text) => join(directory, text));
  renameSync(one as string, free as string);
  renameSync(other as string, one as string);
  renameSync(free as string, other as string);
}

for (const name of names) swap(name);
process.stdout.write('swapping\n', () => {
  const turn = (): void => {
    for (let index = 0; index < 200; index++) for (const name of names) swap(name);
    setImmediate(turn);
  };
  turn();
});
