import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ledger } from '../../../server/workers/ledger.ts';
import { WorkerSlot } from '../../../server/workers/worker-slot.ts';
import { captureLog } from '../../support/captured-log.ts';
import { CONFIG } from '../../support/server.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** Workers that do what they are told, or never. */
const OBEDIENT = `process.on('message', ({ kind }) => kind === 'close' && process.exit(0)); process.send({ kind: 'ready' });`;
const HANGING = `process.on('message', () => {}); process.send({ kind: 'ready' });`;

describe('the place of a worker process', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  const slotOf = async (program: string, patienceMilliseconds?: number) => {
    const main = join(directory(), 'worker.mjs');
    writeFileSync(main, program);
    const log = captureLog();
    const config = { ...CONFIG, data: directory() };
    const workerMain = pathToFileURL(main);
    const slot = new WorkerSlot(1, new Ledger(config), {
      config,
      hostKeys: [],
      log,
      workerMain,
      patienceMilliseconds,
    });
    await slot.start();
    return { slot, log };
  };

  it('is empty once a worker has done as it was told', async () => {
    const { slot, log } = await slotOf(OBEDIENT);
    await slot.close(0);
    expect(log.alarms).to.deep.equal([]);
  });

  it('is empty after a while where the worker hangs, which the log says', async () => {
    const { slot, log } = await slotOf(HANGING, 100);
    await slot.close(0);
    expect(log.lines.map(({ message }) => message).join()).to.include('is killed');
  });
});
