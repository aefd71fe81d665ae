import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { commonLength, createSlots, type Slot } from "./slots.ts";

const of = (projectId: string, words: string, adapterId: string | null = null) => ({
  projectId,
  adapterId,
  words,
});

/** One request from its beginning to its end; what it was told of its slot. */
function work(slots: ReturnType<typeof createSlots>, asked: ReturnType<typeof of>) {
  using slot = slots.take(asked);
  const told = slot.next();
  slot.begun();
  return told;
}

test("a project's prompt goes on in the slot that begins most like it", () => {
  const slots = createSlots(3);
  const first = work(slots, of("p", "Once upon a time"));
  const other = work(slots, of("p", "The weather is fine"));
  assert.notEqual(first.id_slot, other.id_slot);
  const again = work(slots, of("p", "Once upon a time there was"));
  assert.deepEqual(again, { id_slot: first.id_slot, cache_prompt: true });
});

test("a prompt like no other takes the slot that was left first", () => {
  const slots = createSlots(2);
  const [a, b] = [slots.take(of("p", "a")), slots.take(of("p", "b"))];
  b.leave();
  a.leave();
  assert.equal(work(slots, of("p", "c")).id_slot, b.next().id_slot);
});

test("what another project or another adapter left is computed anew", () => {
  const slots = createSlots(1);
  work(slots, of("p", "the same words"));
  assert.equal(work(slots, of("q", "the same words")).cache_prompt, false);
  assert.equal(work(slots, of("q", "the same words")).cache_prompt, true);
  assert.equal(work(slots, of("q", "the same words", "adapter")).cache_prompt, false);
});

test("a request that was refused does not make a slot its project's", () => {
  const slots = createSlots(1);
  work(slots, of("p", "the words"));
  slots.take(of("q", "the words")).leave();
  assert.equal(work(slots, of("q", "the words")).cache_prompt, false);
});

test("requests in a row in one slot find each other's words", () => {
  using slot = createSlots(1).take(of("p", "x"));
  assert.equal(slot.next().cache_prompt, false);
  slot.begun();
  assert.equal(slot.next().cache_prompt, true);
});

/** llama.cpp as far as this goes: of each slot whose words it holds, and the requests that wait for it. */
function playLlamaCpp(count: number) {
  type Task = { owner: string; cached: boolean; begun: () => void };
  const places = Array.from({ length: count }, () => ({ owner: "", tasks: [] as Task[] }));
  return {
    ask(slot: Slot, owner: string) {
      const { id_slot, cache_prompt: cached } = slot.next();
      places[id_slot]?.tasks.push({ owner, cached, begun: slot.begun });
    },
    /** The next request of a slot is worked on; false: it would go on from another project's words. */
    step(id: number): boolean {
      const place = places[id % count];
      const task = place?.tasks.shift();
      if (!place || !task) return true;
      const isWell = !task.cached || place.owner === task.owner;
      place.owner = task.owner;
      task.begun();
      return isWell;
    },
  };
}

test("no request goes on from another project's words, in whatever order requests come, wait and are left", () => {
  const step = fc.record({
    act: fc.constantFrom("take", "ask", "leave", "work"),
    which: fc.nat(2),
    project: fc.constantFrom("p", "q"),
  });
  const property = fc.property(
    fc.integer({ min: 1, max: 2 }),
    fc.array(step, { maxLength: 60, size: "max" }),
    (count, steps) => {
      const slots = createSlots(count);
      const llama = playLlamaCpp(count);
      const taken: { slot: Slot; project: string }[] = [];
      return steps.every(({ act, which, project }) => {
        if (act === "take") taken.push({ slot: slots.take(of(project, "words")), project });
        const one = taken[which % Math.max(1, taken.length)];
        if (one && act === "ask") llama.ask(one.slot, one.project);
        if (one && act === "leave") taken.splice(taken.indexOf(one), 1)[0]?.slot.leave();
        return act !== "work" || llama.step(which);
      });
    },
  );
  fc.assert(property, { numRuns: 3_000 });
});

test("the common beginning is found to the letter", () => {
  const property = fc.property(fc.string(), fc.string(), fc.string(), (start, a, b) => {
    const length = commonLength(start + a, start + b);
    const [x, y] = [start + a, start + b];
    return (
      x.slice(0, length) === y.slice(0, length) &&
      (length === Math.min(x.length, y.length) || x[length] !== y[length])
    );
  });
  fc.assert(property);
});
