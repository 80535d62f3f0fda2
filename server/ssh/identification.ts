/** Bytes in the client's first line at most, its end included (RFC 4253 section 4.2). */
const LINE_MAX = 255;
const LINE = /^SSH-(?:2\.0|1\.99)-[\x21-\x7e]+(?: [\x20-\x7e]*)?$/;
const SHOWN_MAX = 60;

export type Identification =
  | { readonly state: 'incomplete' }
  | { readonly state: 'valid'; readonly line: string }
  /** `shown` is a beginning of what came instead. */
  | { readonly state: 'invalid'; readonly shown: string };

/** Looks at the first bytes of a connection: is that an SSH client? Nothing past the first line is looked at. */
export function readIdentification(received: Uint8Array): Identification {
  const head = Buffer.from(received.buffer, received.byteOffset, Math.min(received.length, LINE_MAX));
  const end = head.indexOf('\n');
  const text = head.toString('latin1', 0, end === -1 ? head.length : end).replace(/\r$/, '');
  if (end !== -1 && LINE.test(text)) return { state: 'valid', line: text };
  const hopeless = end !== -1 || received.length >= LINE_MAX || !couldBegin(text);
  return hopeless ? { state: 'invalid', shown: text.slice(0, SHOWN_MAX) } : { state: 'incomplete' };
}

function couldBegin(text: string): boolean {
  const prefix = 'SSH-';
  return text.length < prefix.length ? prefix.startsWith(text) : text.startsWith(prefix);
}
