/** What of llama.cpp's memory a request may go on from: `words` stand for its prompt, which they begin as. */
export type Asked = { readonly projectId: string; readonly adapterId: string | null; readonly words: string };

/** One of llama.cpp's slots, for one request after the other until it is left. */
export type Slot = Disposable & {
  readonly words: string;
  /** How much of the words it holds already, from 0 to 1, and how many tokens of an answer to them. */
  readonly known: { readonly share: number; readonly answered: number };
  /** For the body of the next request. */
  next(): { readonly id_slot: number; readonly cache_prompt: boolean };
  /** llama.cpp began to answer: what the slot holds from now on is this prompt, or this share of it. */
  begun(share?: number): void;
  /** It holds an answer of so many tokens, too. */
  answered(tokens: number): void;
  /** May be called more than once. */
  leave(): void;
};

type Kept = Asked & { readonly answered: number };
type Place = { readonly id: number; users: number; isShared: boolean; leftAt: number; kept: Kept | null };

/** llama.cpp's own: with less of a prompt in common, the slot that was used least recently is the better loss. */
const LEAST_LIKENESS = 0.1;

/** Of characters: what is longer is no prompt that an engine takes, and is not kept. */
const MOST_WORDS = 4 * 1024 * 1024;

/** How long the beginning is that both have. */
export function commonLength(a: string, b: string): number {
  let [same, limit] = [0, Math.min(a.length, b.length)];
  while (same < limit) {
    const middle = Math.ceil((same + limit) / 2);
    if (a.slice(same, middle) === b.slice(same, middle)) same = middle;
    else limit = middle - 1;
  }
  return same;
}

const isOwn = (kept: Kept | null, { projectId, adapterId }: Asked): kept is Kept =>
  kept !== null && kept.projectId === projectId && kept.adapterId === adapterId;

function likeness({ kept }: Place, asked: Asked): number {
  if (!isOwn(kept, asked)) return 0;
  const part = commonLength(kept.words, asked.words) / Math.max(1, asked.words.length);
  return part > LEAST_LIKENESS ? part : 0;
}

/**
 * Which of llama.cpp's slots a request goes to. A slot keeps what it computed last, and llama.cpp lets anybody go on from
 * there: how soon an answer begins would tell one project what another had asked. So a slot is chosen here, the one that
 * begins most like it, and what another project left in it is computed anew.
 */
export function createSlots(count: number) {
  const places = Array.from(
    { length: count },
    (_, id): Place => ({ id, users: 0, isShared: false, leftAt: 0, kept: null }),
  );
  let clock = 0;

  function choose(asked: Asked) {
    const free = places.filter(({ users }) => users === 0);
    const open = free.length > 0 ? free : places;
    const [best] = open
      .map((place) => ({ place, share: likeness(place, asked) }))
      .sort((a, b) => b.share - a.share || a.place.leftAt - b.place.leftAt);
    if (!best) throw new Error("An engine needs a slot.");
    return best;
  }

  function sit(place: Place, asked: Asked): boolean {
    place.users += 1;
    place.isShared ||= place.users > 1;
    const goesOn = !place.isShared && isOwn(place.kept, asked);
    // A request that is refused changes nothing: until it has begun the slot may hold another project's.
    if (!goesOn) place.kept = null;
    return goesOn;
  }

  function stand(place: Place): void {
    clock += 1;
    place.leftAt = clock;
    place.users -= 1;
    if (place.users === 0) place.isShared = false;
  }

  function take(given: Asked): Slot {
    const asked = given.words.length > MOST_WORDS ? { ...given, words: "" } : given;
    const { place, share } = choose(asked);
    const answered = place.kept?.answered ?? 0;
    let goesOn = sit(place, asked);
    let isTaken = true;
    const isMine = () => isTaken && !place.isShared;
    const leave = () => {
      if (isTaken) stand(place);
      isTaken = false;
    };
    return {
      words: asked.words,
      known: goesOn ? { share, answered } : { share: 0, answered: 0 },
      // Of those who share a slot nobody knows whose prompt it holds.
      next: () => ({ id_slot: place.id, cache_prompt: goesOn && !place.isShared }),
      begun(part = 1) {
        const words = asked.words.slice(0, Math.floor(part * asked.words.length));
        if (isMine()) place.kept = { ...asked, words, answered: 0 };
        goesOn = true;
      },
      answered(tokens) {
        if (isMine() && place.kept) place.kept = { ...place.kept, answered: tokens };
      },
      leave,
      [Symbol.dispose]: leave,
    };
  }

  return { take };
}
export type Slots = ReturnType<typeof createSlots>;
