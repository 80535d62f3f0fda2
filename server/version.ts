import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside this folder in the sources, one further up in a build. */
const candidates = ['../package.json', '../../package.json'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const file = candidates.find((candidate) => existsSync(candidate)) as string;

/** The version of this package, as the server names it to its clients. */
export const VERSION = (createRequire(import.meta.url)(file) as { readonly version: string }).version;
