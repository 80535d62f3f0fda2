/**
 * The signal, with a function that is called whenever somebody asks it whether it has aborted. The engine asks before
 * every command, also of loops that never let a timer run.
 */
export function watchedSignal(signal: AbortSignal, onAsked: () => void = () => {}): AbortSignal {
  const aborted = (): boolean => isAborted.call(signal);
  return Object.defineProperty(signal, 'aborted', {
    get: () => {
      onAsked();
      return aborted();
    },
  });
}

const isAborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')?.get as (
  this: AbortSignal,
) => boolean;
