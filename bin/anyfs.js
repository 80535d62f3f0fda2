#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

const main = new URL('../dist/cli/main.js', import.meta.url);

// V8's young generation stays as small as it begins: only the start of a supervisor makes garbage, and what it grows to then stays.
if (process.argv[2] === 'serve') setFlagsFromString('--semi-space-growth-factor=1');

if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('anyfs: this checkout is not built; run: npm run build\n');
  process.exitCode = 1;
}
