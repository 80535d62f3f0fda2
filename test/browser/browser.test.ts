import { expect } from 'chai';
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { requireProgram } from '../support/require-program.ts';

const SUITE = fileURLToPath(new URL('suite.ts', import.meta.url));
const PORTABLE = fileURLToPath(new URL('../../vfs/portable.ts', import.meta.url));
const MOCHA = createRequire(import.meta.url).resolve('mocha/mocha.js');
/** Far fewer would mean that sections of the suite are left out. */
const TESTS_MIN = 500;

/** What the page tells when all tests have run. */
interface Outcome {
  readonly passed: number;
  readonly pending: number;
  readonly failed: readonly string[];
}

/** A page that runs the suite and puts the outcome where a test finds it. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>anyfs</title>
<script src="/mocha.js"></script>
<script>mocha.setup({ ui: 'bdd', timeout: 20000, reporter: function () {} });</script>
<script src="/suite.js"></script>
<script>
  const outcome = { passed: 0, pending: 0, failed: [] };
  mocha.run(() => { window.outcome = outcome; })
    .on('pass', () => outcome.passed++)
    .on('pending', () => outcome.pending++)
    .on('fail', (test, error) => outcome.failed.push(test.fullTitle() + ': ' + error.message));
</script>`;

async function bundle(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    minify: true,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

async function serve(files: Readonly<Record<string, [type: string, content: string]>>): Promise<Server> {
  const server = createServer((request, response) => {
    const [type, content] = files[request.url ?? ''] ?? ['text/plain', ''];
    response.writeHead(content === '' ? 404 : 200, { 'content-type': type }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('vfs/ in a browser', function () {
  this.timeout(180_000);

  it('bundles with all that needs no Node, in less than 250 KB', async () => {
    const text = await bundle(PORTABLE);
    expect(text.length).to.be.within(50_000, 250_000);
    expect(text).not.to.match(/\brequire\(|["'`]node:|setImmediate/);
  });

  it('passes the conformance suite', async function () {
    const executablePath = requireProgram(this, 'chromium');
    const server = await serve({
      '/': ['text/html', PAGE],
      '/mocha.js': ['text/javascript', await readFile(MOCHA, 'utf8')],
      '/suite.js': ['text/javascript', await bundle(SUITE)],
    });
    // The superuser cannot have Chromium's sandbox; the page is our own.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    let browser: Browser | undefined;
    try {
      browser = await chromium.launch({ executablePath, args });
      const page = await browser.newPage();
      const thrown: string[] = [];
      page.on('pageerror', (error) => thrown.push(error.message));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction('window.outcome', undefined, { timeout: 150_000 });
      const { passed, pending, failed } = await page.evaluate<Outcome>('window.outcome');
      expect(failed).to.deep.equal([]);
      expect(thrown).to.deep.equal([]);
      expect(pending).to.equal(0);
      expect(passed).to.be.above(TESTS_MIN);
    } finally {
      await browser?.close();
      server.closeAllConnections();
      server.close();
    }
  });
});
