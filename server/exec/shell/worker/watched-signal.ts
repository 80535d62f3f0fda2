/**
 * The signal, with a function that is called whenever somebody asks it whether it has aborted. The engine asks before
 * every command, also of loops that never let a timer run.
 */
export function watchedSignal(signal: AbortSignal, onAsked: () => void): AbortSignal {
  return Object.defineProperty(signal, 'aborted', {
    get: (): unknown => {
      onAsked();
      return Reflect.get(AbortSignal.prototype, 'aborted', signal);
    },
  });
}
