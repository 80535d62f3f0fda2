interface Numbers {
  readonly length: number;
  [index: number]: number;
  set(from: ArrayLike<number>): void;
}

/** A growing array of numbers in a typed array: a list of a million names must not be a million objects. */
export class Column<T extends Numbers> {
  readonly #create: (length: number) => T;
  #values: T;

  constructor(create: (length: number) => T) {
    this.#create = create;
    this.#values = create(64);
  }

  get(index: number): number {
    return this.#values[index] ?? 0;
  }

  set(index: number, value: number): void {
    if (index >= this.#values.length) this.#grow(index);
    this.#values[index] = value;
  }

  #grow(index: number): void {
    const old = this.#values;
    this.#values = this.#create(Math.max(index + 1, Math.ceil(old.length * 1.5)));
    this.#values.set(old);
  }
}

export const float64 = (): Column<Float64Array> => new Column((length) => new Float64Array(length));
export const uint32 = (): Column<Uint32Array> => new Column((length) => new Uint32Array(length));
export const int32 = (): Column<Int32Array> => new Column((length) => new Int32Array(length));
export const uint16 = (): Column<Uint16Array> => new Column((length) => new Uint16Array(length));
export const uint8 = (): Column<Uint8Array> => new Column((length) => new Uint8Array(length));
