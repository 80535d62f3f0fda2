import { handleOf, paceOf, payloadOf, placeOf, type Pace, type Place } from './ordering.ts';
import type { Reply } from './replies.ts';
import type { Request } from './requests.ts';

/** Requests taken and not yet answered; beyond it no more are taken. */
const REQUESTS_MAX = 64;
/** Bytes of file content in them and in their answers; passed by one request at most. */
const PAYLOAD_MAX = 8 * 1024 * 1024;

/** Requests whose answers keep their order: those on one handle, or those on names. */
interface Lane {
  readonly handle: string | undefined;
  running: number;
  readonly unanswered: Entry[];
}

interface Entry {
  readonly id: number;
  readonly request: Request;
  readonly pace: Pace;
  readonly place: Place | undefined;
  readonly payload: number;
  readonly lane: Lane;
  reply: Reply | undefined;
}

export interface SchedulerPorts {
  /** Starts a request; never rejects. */
  run(request: Request): Promise<Reply>;
  send(id: number, reply: Reply): void;
  /** A request has been answered: there may be room again. */
  onRoom(): void;
}

/**
 * Runs a session's requests so that each sees what it would see if the client had waited for every answer before it
 * asked again (draft-ietf-secsh-filexfer-02, section 6.1), and as many at once as that allows.
 *
 * Requests start in the order of their arrival and never overtake. A backend runs calls in the order in which they are
 * made, and each is atomic. So a request of `one` call has taken its place in the order as soon as it has started, and
 * those after it need not wait: reads and writes are all under way together. A request of `several` calls takes its
 * place only when it ends; until then only such requests start that it could not tell from one another: beside one
 * that looks all that look, beside one that changes nothing but other names of the same directory. Within the order a
 * layer that holds a call back must hold back the calls that come after it.
 *
 * One thing is given up for that: of two requests that are sent together, and name one file by two names of a
 * directory of which one is a symlink to it, the second may be done first.
 */
export class Scheduler {
  readonly #ports: SchedulerPorts;
  readonly #waiting: Entry[] = [];
  readonly #lanes = new Map<string, Lane>();
  readonly #namesLane: Lane = { handle: undefined, running: 0, unanswered: [] };
  #held = 0;
  #heldPayload = 0;
  #looking = 0;
  #changing = 0;
  readonly #together = new Together();

  constructor(ports: SchedulerPorts) {
    this.#ports = ports;
  }

  get full(): boolean {
    return this.#held >= REQUESTS_MAX || this.#heldPayload >= PAYLOAD_MAX;
  }

  /** True when everything taken is answered. */
  get idle(): boolean {
    return this.#held === 0;
  }

  submit(id: number, request: Request): void {
    const lane = this.#laneOf(handleOf(request));
    const payload = payloadOf(request);
    const pace = paceOf(request);
    const place = pace.changes ? placeOf(request) : undefined;
    const entry: Entry = { id, request, pace, place, payload, lane, reply: undefined };
    this.#held++;
    this.#heldPayload += payload;
    lane.unanswered.push(entry);
    this.#waiting.push(entry);
    this.#startWaiting();
  }

  #laneOf(handle: string | undefined): Lane {
    if (handle === undefined) return this.#namesLane;
    const known = this.#lanes.get(handle);
    if (known !== undefined) return known;
    const lane: Lane = { handle, running: 0, unanswered: [] };
    this.#lanes.set(handle, lane);
    return lane;
  }

  #startWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#mayStart(next); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#start(next);
    }
  }

  #mayStart({ pace, place, lane }: Entry): boolean {
    if (pace.alone && lane.running > 0) return false;
    if (this.#changing > 0) return this.#together.admits(place);
    return !pace.changes || this.#looking === 0;
  }

  #start(entry: Entry): void {
    this.#count(entry, 1);
    if (entry.pace.changes && entry.pace.calls === 'several') this.#together.begin(entry.place);
    void this.#ports.run(entry.request).then((reply) => this.#finish(entry, reply));
  }

  #finish(entry: Entry, reply: Reply): void {
    this.#count(entry, -1);
    if (this.#changing === 0) this.#together.end();
    entry.reply = reply;
    this.#answer(entry.lane);
    this.#startWaiting();
    this.#ports.onRoom();
  }

  #count({ pace, lane }: Entry, change: 1 | -1): void {
    lane.running += change;
    if (pace.calls === 'one') return;
    if (pace.changes) this.#changing += change;
    else this.#looking += change;
  }

  /** Sends what is ready, in order. An answer counts as held until then. */
  #answer(lane: Lane): void {
    const { handle, unanswered } = lane;
    for (let first = unanswered[0]; first?.reply !== undefined; first = unanswered[0]) {
      unanswered.shift();
      this.#held--;
      this.#heldPayload -= first.payload;
      this.#ports.send(first.id, first.reply);
    }
    if (handle !== undefined && unanswered.length === 0) this.#lanes.delete(handle);
  }
}

/** The changes that are under way together: of different names in one directory. */
class Together {
  #directory: string | undefined;
  readonly #names = new Set<string>();

  admits(place: Place | undefined): boolean {
    return place !== undefined && place.directory === this.#directory && !this.#names.has(place.name);
  }

  /** Absent: a change that nothing may join. */
  begin(place: Place | undefined): void {
    this.#directory = place?.directory;
    if (place !== undefined) this.#names.add(place.name);
  }

  /** None is under way any more. */
  end(): void {
    this.#directory = undefined;
    this.#names.clear();
  }
}
