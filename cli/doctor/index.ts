import { loadConfig } from '../../config/load.ts';
import { command, JSON_OPTION } from '../command.ts';
import { dataPaths } from '../data-paths.ts';
import { Failure } from '../failure.ts';
import { print, printJson } from '../output.ts';
import { examineAddresses } from './addresses.ts';
import { examineData } from './data.ts';
import { ok, warn } from './finding.ts';
import { examineProgram } from './program.ts';

/** `anyfs doctor`: looks at everything that a server needs, changes nothing. */
export const doctor = command({
  usage: 'doctor',
  describe: 'Look for what is wrong with this installation',
  positionals: {},
  options: JSON_OPTION,
  async run(args, io) {
    const { config, warnings } = loadConfig({ flags: {}, data: args.data, env: io.env, cwd: io.cwd });
    const findings = [
      ...(await examineProgram()),
      ok('settings', `data directory ${config.data}`),
      ...warnings.map((line) => warn('settings', line)),
      ...(await examineData(dataPaths(config.data))),
      ...(await examineAddresses(config.data, config.listen)),
    ];
    if (args.json) printJson(io, findings);
    else
      for (const { verdict, about, says } of findings)
        print(io, `${verdict.padEnd(4)}  ${about.padEnd(10)}  ${says}`);
    const failures = findings.filter((finding) => finding.verdict === 'fail').length;
    if (failures > 0) throw new Failure(`${failures} of these must be put right before the server can run`);
  },
});
