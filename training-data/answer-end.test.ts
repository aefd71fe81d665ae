import assert from "node:assert/strict";
import { test } from "node:test";
import { endOf } from "./answer-end.ts";

const whole = [
  "SELECT name, price FROM items WHERE price > 3;",
  "color: red; margin: 0 auto; padding: 12px;",
  "const add = (a, b) => a + b;",
  "TUlJQ2VqQ0NBZU1DQVFFd0RRWUpLb1pJaHZjTkFRRUw=",
  "-----BEGIN KEY-----\nabc\n-----END KEY-----",
  "+-----+-----+\n| a   | b   |\n+-----+-----+",
  "| a | b |\n|---|---|\n| 1 | 2 |",
  "My favourite programming language is C++",
  "{name} lives at number 7 in {street}",
  "{{ user.name }} has {{ count }} items",
  '{"a": 1}\n\nThis is the object that you asked for.',
  '[{"a": "]"}, {"b": "\\"{"}]\nBoth are there, and that is all',
  '{"a": 1}\n{"a": 2}',
  "To open a code block write ``` on a line of its own.",
  "````md\n```ts\nlet a = 1\n````",
  "Use this:\n```python\nprint(1)\n```",
  "Ich rufe Sie morgen um acht Uhr auf dem Handy an",
  "The laptop that you have been waiting for",
  "Ten cities that everybody wants to live in",
  "Una medalla que vale más que el oro de la reina",
  "ราคาสินค้าชิ้นนี้คือสามร้อยบาทรวมค่าจัดส่งแล้วและส่งถึงบ้านภายในสองวัน",
  "Take these from the shelf in the pantry:\n- 200 g of flour from the mill at the river, and not from the shop\n- three eggs of hens that have a happy life on the farm by the lake",
  "You can read how to set it up, step by step, on our pages: https://docs.example.com/guides/set-up",
  "Please call our hotline on weekdays between nine and five, the number is +47 22 10 00 00",
  "We are sorry for the trouble with your order, and send a new one today.\n\nKind regards,\nYour Example Shop",
];
for (const answer of whole) {
  test(`a whole answer is not taken for one that is cut: ${JSON.stringify(answer)}`, () => {
    assert.ok(["leading", "other", "closed"].includes(endOf(answer)), endOf(answer));
  });
}

test("a long last line of words without a final mark is told apart", () => {
  const line = "We send the parcel on the next working day, and it will be at your door on the day after";
  assert.deepEqual([line, `Hello.\n\n${line}`, `${line}.`].map(endOf), ["bare", "bare", "closed"]);
});

const cut = [
  '{"city": "Oslo", "temp',
  '{"city": "Oslo", "temperature": 12',
  '[{"city": "Oslo"}, {"city": "Be',
  '{\n  "items": [\n    {"a": 1},',
  "```ts\nconst a = 1;",
  "First do this:\n\n```sh\nnpm ci\n```\n\nthen this:\n\n  ```sh\nnpm",
  "We deliver to Norway, Sweden,",
  "The order was sent on Monday and the",
  "You may return what you bought within (",
  "This is what we mean by an over-",
];
for (const answer of cut) {
  test(`an answer that stops in the middle is told: ${JSON.stringify(answer)}`, () =>
    assert.equal(endOf(answer), "cut"));
}
