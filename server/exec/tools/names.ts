import { UsageError } from './options.ts';
import { quoted } from './quoted.ts';
import { lastName } from './targets.ts';
import { tool } from './tool.ts';

export const basename = tool(
  'basename',
  { multiple: '-a --multiple', suffix: '-s --suffix=', zero: '-z --zero' },
  async (run) => {
    const { options, operands } = run;
    const isMultiple = options.has('multiple') || options.has('suffix');
    if (!isMultiple && operands.length > 2)
      throw new UsageError(`extra operand ${quoted(operands[2] ?? '')}`);
    const suffix = options.value('suffix') ?? (isMultiple ? '' : (operands[1] ?? ''));
    for (const operand of isMultiple ? operands : operands.slice(0, 1)) {
      const name = lastName(operand);
      const cut =
        suffix !== '' && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
      await run.print(cut + (options.has('zero') ? '\0' : '\n'));
    }
  },
  { operandsMin: 1 },
);

export const dirname = tool(
  'dirname',
  { zero: '-z --zero' },
  async (run) => {
    for (const operand of run.operands) {
      const trimmed = operand.replace(/(?<=.)\/+$/, '');
      const slash = trimmed.lastIndexOf('/');
      const directory = slash < 0 ? '.' : trimmed.slice(0, slash).replace(/\/+$/, '') || '/';
      await run.print(directory + (run.options.has('zero') ? '\0' : '\n'));
    }
  },
  { operandsMin: 1 },
);
