// How a test run reads: one line a file, failures in full, the slowest tests, what was skipped and why, and at the
// very end the closing line `N passed, N failed, N skipped`, alone, where a person or a script looks for it.
'use strict';

const path = require('node:path');
const { Runner, reporters } = require('mocha');

const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Runner.constants;
const SLOWEST = 10;

module.exports = class PlainReporter extends reporters.Base {
  #passed = [];
  #failed = [];
  #skipped = [];
  /** @type {{ name: string, begun: number, tests: number } | undefined} */
  #file;

  constructor(runner, options) {
    super(runner, options);
    runner.on(EVENT_TEST_PASS, (test) => this.#record(this.#passed, test));
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      this.#record(this.#failed, test);
      printFailure(test, error);
    });
    runner.on(EVENT_TEST_PENDING, (test) => this.#record(this.#skipped, test));
    runner.on(EVENT_RUN_END, () => this.#end());
  }

  #record(list, test) {
    const name = fileOf(test);
    if (this.#file?.name !== name) {
      this.#endFile();
      this.#file = { name, begun: Date.now() - (test.duration ?? 0), tests: 0 };
    }
    this.#file.tests += 1;
    list.push(test);
  }

  #endFile() {
    if (this.#file === undefined) return;
    const { name, begun, tests } = this.#file;
    print(`${seconds(Date.now() - begun)}  ${String(tests).padStart(4)} tests  ${name}`);
    this.#file = undefined;
  }

  #end() {
    this.#endFile();
    const slowest = [...this.#passed, ...this.#failed].sort((a, b) => (b.duration ?? 0) - (a.duration ?? 0));
    print('\nSlowest:');
    for (const test of slowest.slice(0, SLOWEST)) print(`${seconds(test.duration ?? 0)}  ${titleOf(test)}`);
    if (this.#skipped.length > 0) print('\nSkipped:');
    for (const test of this.#skipped) print(`  ${titleOf(test)}: ${reasonOf(test)}`);
    if (this.#failed.length > 0) print('\nFailed (in full above):');
    for (const test of this.#failed) print(`  ${fileOf(test)}: ${titleOf(test)}`);
    print(`\n${this.#passed.length} passed, ${this.#failed.length} failed, ${this.#skipped.length} skipped`);
  }
};

function printFailure(test, error) {
  print(`\nFAILED  ${fileOf(test)}: ${titleOf(test)}`);
  print(indent(describe(error)));
  if (showsDifference(error))
    print(indent(reporters.Base.generateDiff(text(error.actual), text(error.expected))));
  print('');
}

/** The error with its stack, and each cause below it. */
function describe(error) {
  const own = String(error?.stack ?? error?.message ?? error);
  return error?.cause === undefined ? own : `${own}\nCaused by: ${describe(error.cause)}`;
}

function showsDifference(error) {
  return (
    error !== null && typeof error === 'object' && error.showDiff !== false && error.expected !== undefined
  );
}

function text(value) {
  if (typeof value === 'string') return value;
  return (
    JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner), 2) ??
    String(value)
  );
}

function reasonOf(test) {
  for (let place = test; place !== undefined; place = place.parent) {
    if (place.skipReason !== undefined) return place.skipReason;
  }
  return 'no reason given';
}

function fileOf(test) {
  return test.file === undefined ? '(no file)' : path.relative(process.cwd(), test.file);
}

function titleOf(test) {
  return test.titlePath().join(' › ');
}

function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1).padStart(7)} s`;
}

function indent(block) {
  return block.replace(/^/gm, '    ');
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
