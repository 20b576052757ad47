/** Seeded numbers: the same seed gives the same hosts in every run. */

export type Random = () => number;

/** mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

/** A steady number in [0, 1) for any pair, without state: the noise of a time series. */
export function noise(seed: number, step: number): number {
  return randomFrom(Math.imul(seed, 2654435761) ^ Math.imul(step, 40503))();
}
