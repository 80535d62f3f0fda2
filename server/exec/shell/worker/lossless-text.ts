import { decodeText, encodeText } from '../../../../vfs/names.ts';

/*
 * just-bash 3.4.2 holds what commands write as text as soon as two of them write to one place, `(cat a; cat b) | sha256sum`: bytes
 * that are no UTF-8 come out changed. One decoder and one encoder, made when it is loaded, do all of that; while it is
 * loaded, ours are in their place, which turn such bytes into lone surrogates and back (vfs/names.ts).
 */

const own = { TextDecoder: globalThis.TextDecoder, TextEncoder: globalThis.TextEncoder };
type Original = InstanceType<typeof own.TextDecoder>;
type OriginalEncoder = InstanceType<typeof own.TextEncoder>;
let found = false;

class Decoder extends own.TextDecoder {
  readonly #isLossless: boolean;

  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean }) {
    super(label, options);
    // The first that is strict. A second one only guesses what a script's last output was.
    this.#isLossless = !found && options?.fatal === true;
    found ||= this.#isLossless;
  }

  override decode(...args: Parameters<Original['decode']>): string {
    const [input] = args;
    return this.#isLossless && input instanceof Uint8Array ? decodeText(input) : super.decode(...args);
  }
}

class Encoder extends own.TextEncoder {
  override encode(text = ''): ReturnType<OriginalEncoder['encode']> {
    try {
      return new Uint8Array(encodeText(text));
    } catch {
      // Halves of characters that stand for no byte.
      return super.encode(text);
    }
  }
}

Object.assign(globalThis, { TextDecoder: Decoder, TextEncoder: Encoder });

/** Puts everything back as it was. */
export function restoreGlobals(): void {
  Object.assign(globalThis, own);
}
