import { send } from '../output.ts';
import { pathFrom } from '../paths.ts';
import type { Program, ProgramContext } from '../program.ts';
import { parseOptions, UsageError, type Options } from '../tools/options.ts';
import { ScpEnd, ScpPeer } from './peer.ts';
import { ScpSink } from './sink.ts';
import { ScpSource } from './source.ts';

const OPTIONS = {
  from: '-f',
  to: '-t',
  recursive: '-r',
  preserve: '-p',
  directory: '-d',
  verbose: '-v',
  // What scp takes and passes on, and means nothing here.
  ignored: '-q -B -C -1 -2 -4 -6 -A -O -T -s',
  ignoredValue: '-l -o -c -i -F -P -S -J -D -X=',
};

/** The remote side of scp's old protocol, as scp runs it by itself: `scp -t` receives, `scp -f` sends. */
export const scp: Program = async (context) => {
  try {
    const { options, operands } = parseOptions(context.args, OPTIONS, { stopAtOperand: true });
    const peer = new ScpPeer(context, options.has('verbose'));
    try {
      if (options.has('from')) await sendAll(context, peer, options, operands);
      else if (options.has('to')) await receive(context, peer, options, operands);
      else throw new UsageError('here scp only serves another scp: run it where the other files are');
    } catch (error) {
      if (!(error instanceof ScpEnd)) throw error;
      return 1;
    }
    return peer.failed ? 1 : 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await send(context.stderr, `scp: ${error.message}\n`, context.signal);
    return 1;
  }
};

type ScpOptions = Options<keyof typeof OPTIONS>;

async function sendAll(
  { mount, cwd, signal }: ProgramContext,
  peer: ScpPeer,
  options: ScpOptions,
  names: readonly string[],
): Promise<void> {
  const source = new ScpSource(peer, {
    storage: mount,
    ctx: { signal },
    recursive: options.has('recursive'),
    preserve: options.has('preserve'),
    path: (text) => pathFrom(cwd, text, 'open'),
  });
  await peer.response();
  for (const name of names) await source.send(name);
}

async function receive(
  { mount, cwd, signal, umask }: ProgramContext,
  peer: ScpPeer,
  options: ScpOptions,
  targets: readonly string[],
): Promise<void> {
  const [target] = targets;
  if (target === undefined || targets.length > 1) return peer.end('ambiguous target');
  const sink = new ScpSink(peer, {
    storage: mount,
    ctx: { signal },
    umask,
    recursive: options.has('recursive'),
    preserve: options.has('preserve'),
    targetIsDirectory: options.has('directory'),
  });
  await sink.receive(pathFrom(cwd, target, 'open'), target);
}
