import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Runs the module of that name beside this one in a thread: `.js` in a build; sources as they are, in tests, by tsx. */
export function startThread(name: string, options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`${name}.js`, import.meta.url), options);
  const source = new URL(`${name}.ts`, import.meta.url).href;
  // A thread does not take over the loader that its parent was started with.
  const tsx = createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/cjs$/, 'mjs');
  const loader = pathToFileURL(tsx).href;
  const program = `import(${JSON.stringify(loader)}).then((tsx) => { tsx.register(); return import(${JSON.stringify(source)}); })`;
  return new Worker(program, { ...options, eval: true, execArgv: [] });
}
