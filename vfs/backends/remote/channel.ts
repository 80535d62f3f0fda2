import type { Message } from './wire-value.ts';

/** What a channel calls; it holds back messages while it is paused. */
export interface Receiver {
  /** What it throws ends the channel. */
  message(message: Message): void;
  /** Before the channel is ended for what arrived: a last message may be sent. */
  failing(error: Error): void;
  /** Once, when nothing arrives any more. Absent: the other end has closed in good order, or this one has. */
  closed(cause?: Error): void;
  /** What was sent is on its way, after `congested`. */
  drained(): void;
}

/** How much may be under way on a channel. */
export interface ChannelLimits {
  /** Bytes of a message's fields. */
  readonly headMax: number;
  /** Bytes of a message's payload. */
  readonly payloadMax: number;
}

/** Carries messages to one other end, in order, both ways. */
export interface Channel {
  readonly limits: ChannelLimits;
  /** Once, before anything is sent. */
  begin(receiver: Receiver): void;
  /**
   * Messages of one turn of the event loop travel together at its end. `gives`: nobody here uses the payload any more.
   * Otherwise it must stay as it is until the answer arrives. Throws `VfsError` (`EINVAL`) for a message that is too
   * long, which is not sent then; on a closed channel nothing happens.
   */
  send(message: Message, gives: boolean): void;
  /** Much of what was sent is not taken by the other end yet. */
  readonly congested: boolean;
  pause(): void;
  resume(): void;
  /** Sends what is waiting, and ends. Again: nothing. */
  close(): void;
  /** Ends at once. */
  destroy(cause: Error): void;
}
