import type { Adapter, AdapterLoader } from "../engine.ts";

/** The use of an adapter: it is not unloaded before `giveBack`, which may be called more than once. */
export type AdapterUse = {
  /** Settles once it is loaded, or could not be. */
  readonly ready: Promise<void>;
  giveBack(): void;
};

type Place = {
  readonly adapter: Adapter;
  users: number;
  isLoaded: boolean;
  ready: Promise<void>;
  onUnused: () => void;
};

type Needs = {
  readonly loader: AdapterLoader;
  /** Adapters that are loaded at most; more where all of them are pinned. */
  readonly limit: number;
  readonly isPinned?: ((adapterId: string) => boolean) | undefined;
};

/** The adapters of a process that takes them in and out while it runs: the least recently used goes, once nobody uses it. */
export function createAdapterShelf({ loader, limit, isPinned }: Needs) {
  /** The one used last stands last. */
  const places = new Map<string, Place>();
  // One change at a time: two that both saw room would be one too many.
  let changes: Promise<unknown> = Promise.resolve();

  function change(run: () => Promise<void>): Promise<void> {
    const done = changes.then(run);
    changes = done.catch(() => {});
    return done;
  }

  const unused = (place: Place): Promise<void> =>
    new Promise((resolve) => {
      if (place.users === 0) resolve();
      else place.onUnused = resolve;
    });

  const unload = ({ adapter }: Place) => loader.unload(adapter).catch(() => {}); // Gone with its process, or before.

  /** Those who ask for the one that goes wait until it has come back: else it might never go. */
  async function makeRoom(): Promise<void> {
    const loaded = [...places.values()].filter(({ isLoaded }) => isLoaded);
    if (loaded.length < limit) return;
    const mayGo = loaded.filter(({ adapter }) => !isPinned?.(adapter.id));
    const leaving = mayGo.find(({ users }) => users === 0) ?? mayGo[0];
    if (!leaving) return;
    places.delete(leaving.adapter.id);
    await unused(leaving);
    await unload(leaving);
  }

  async function load(place: Place): Promise<void> {
    // Nobody waits for it any more.
    if (place.users === 0) return remove(place);
    try {
      await makeRoom();
      await loader.load(place.adapter);
      place.isLoaded = true;
    } catch (error) {
      remove(place);
      throw error;
    }
  }

  function remove(place: Place): void {
    if (places.get(place.adapter.id) === place) places.delete(place.adapter.id);
  }

  function add(adapter: Adapter): Place {
    const place: Place = { adapter, users: 0, isLoaded: false, ready: Promise.resolve(), onUnused: () => {} };
    place.ready = change(() => load(place));
    place.ready.catch(() => {}); // Told to those who wait; they may all have left.
    return place;
  }

  function take(adapter: Adapter): AdapterUse {
    const place = places.get(adapter.id) ?? add(adapter);
    places.delete(adapter.id);
    places.set(adapter.id, place);
    place.users += 1;
    let isOut = true;
    const giveBack = () => {
      if (!isOut) return;
      isOut = false;
      place.users -= 1;
      if (place.users === 0) place.onUnused();
    };
    return { ready: place.ready, giveBack };
  }

  /** Unloads it as soon as nobody uses it. Resolves once nothing reads its file. */
  async function forget(adapterId: string): Promise<void> {
    const place = places.get(adapterId);
    if (!place) return;
    places.delete(adapterId);
    await place.ready.catch(() => {});
    void unused(place).then(() => change(() => unload(place)));
  }

  const holds = (adapterId: string) => places.get(adapterId)?.isLoaded === true;

  return { take, holds, forget, adapterIds: () => [...places.keys()] };
}
export type AdapterShelf = ReturnType<typeof createAdapterShelf>;
