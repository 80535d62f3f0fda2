import type { Program } from '../program.ts';
import { UsageError } from '../tools/options.ts';
import { shown } from '../tools/quoted.ts';
import { tool, type Run } from '../tools/tool.ts';
import { ALGORITHMS, type Algorithm, type Hasher } from './algorithms.ts';
import { checkSums } from './check.ts';
import { escapeName } from './escaping.ts';
import { hashContent } from './hash-content.ts';

const OPTIONS = {
  binary: '-b --binary',
  check: '-c --check',
  tag: '--tag',
  text: '-t --text',
  zero: '-z --zero',
  ignoreMissing: '--ignore-missing',
  quiet: '--quiet',
  status: '--status',
  strict: '--strict',
  warn: '-w --warn',
  length: '-l --length=',
};

type SumRun = Run<keyof typeof OPTIONS>;

/** `md5sum` and its kin, in the words of coreutils. */
function sumTool(name: string, algorithm: Algorithm): Program {
  return tool(name, OPTIONS, async (run) => {
    const chosen = withLength(run, name, algorithm);
    const files = run.operands.length === 0 ? ['-'] : run.operands;
    for (const file of files) {
      if (run.options.has('check')) await run.attempt(shown(file), () => check(run, file, chosen));
      else await run.attempt(shown(file), () => printSum(run, file, chosen));
    }
  });
}

/** `-l` in bits, of b2sum alone. Only what the libraries here have: all of them. */
function withLength({ options }: SumRun, name: string, algorithm: Algorithm): Algorithm {
  const value = options.value('length');
  if (value === undefined) return algorithm;
  if (name !== 'b2sum') throw new UsageError("invalid option -- 'l'");
  const bits = Number(value);
  if (!/^\d+$/.test(value) || bits % 8 !== 0 || bits > 512)
    throw new UsageError(`invalid length: '${value}'`);
  if (bits === 0 || bits === 512) return algorithm;
  const make = async (): Promise<Hasher> => {
    const hash = await (await import('hash-wasm')).createBLAKE2b(bits);
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') };
  };
  return { tag: `BLAKE2b-${bits}`, digits: bits / 4, make };
}

function check(run: SumRun, file: string, algorithm: Algorithm): Promise<void> {
  const { options } = run;
  return checkSums(run, file, {
    algorithm,
    ignoreMissing: options.has('ignoreMissing'),
    quiet: options.has('quiet'),
    silent: options.has('status'),
    strict: options.has('strict'),
    warn: options.has('warn'),
  });
}

async function printSum(run: SumRun, file: string, algorithm: Algorithm): Promise<void> {
  const digest = await hashContent(run.context, file, algorithm);
  const zero = run.options.has('zero');
  const { mark, name } = zero ? { mark: '', name: file } : escapeName(file);
  const end = zero ? '\0' : '\n';
  const isBinary = run.options.last('binary', 'text') === 'binary';
  const line = run.options.has('tag')
    ? `${mark}${algorithm.tag} (${name}) = ${digest}`
    : `${mark}${digest} ${isBinary ? '*' : ' '}${name}`;
  await run.print(line + end);
}

export const md5sum = sumTool('md5sum', ALGORITHMS.md5);
export const sha1sum = sumTool('sha1sum', ALGORITHMS.sha1);
export const sha224sum = sumTool('sha224sum', ALGORITHMS.sha224);
export const sha256sum = sumTool('sha256sum', ALGORITHMS.sha256);
export const sha384sum = sumTool('sha384sum', ALGORITHMS.sha384);
export const sha512sum = sumTool('sha512sum', ALGORITHMS.sha512);
export const b2sum = sumTool('b2sum', ALGORITHMS.b2);
export const b3sum = sumTool('b3sum', ALGORITHMS.b3);
export const xxh64sum = sumTool('xxh64sum', ALGORITHMS.xxh64);
export const xxh128sum = sumTool('xxh128sum', ALGORITHMS.xxh128);

/** As xxhsum(1), which rclone asks with `-H2`. */
export const xxhsum: Program = tool('xxhsum', { kind: '-H=' }, async (run) => {
  const kind = run.options.value('kind') ?? '1';
  const algorithms: Readonly<Record<string, Algorithm>> = {
    1: ALGORITHMS.xxh64,
    2: ALGORITHMS.xxh128,
    64: ALGORITHMS.xxh64,
    128: ALGORITHMS.xxh128,
  };
  const algorithm = Object.hasOwn(algorithms, kind) ? algorithms[kind] : undefined;
  if (algorithm === undefined) throw new UsageError(`no such hash: ${kind}`);
  const files = run.operands.length === 0 ? ['-'] : run.operands;
  for (const file of files) {
    await run.attempt(shown(file), async () => {
      await run.print(`${await hashContent(run.context, file, algorithm)}  ${escapeName(file).name}\n`);
    });
  }
});

/** As the `crc32` that comes with Archive::Zip: the sum alone for one file, and its name too for several. */
export const crc32: Program = tool('crc32', {}, async (run) => {
  const files = run.operands.length === 0 ? ['-'] : run.operands;
  for (const file of files) {
    await run.attempt(shown(file), async () => {
      const digest = await hashContent(run.context, file, ALGORITHMS.crc32);
      await run.print(files.length === 1 ? `${digest}\n` : `${digest}\t${escapeName(file).name}\n`);
    });
  }
});
