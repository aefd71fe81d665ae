import { test } from "node:test";
import { CreateResponse } from "../../contract/responses.ts";
import { assertTogether } from "./assert-request.ts";

const asked = { model: "m", input: "hi" };
const json = { text: { format: { type: "json_object" } } };
const taken: [title: string, request: object][] = [
  ["no tools, as an empty list, and nothing to choose", { tools: [], tool_choice: "auto" }],
  ["no tools, and whether they are called at once", { parallel_tool_calls: false }],
  ["an object of JSON that the input asks for", { ...json, input: "Write jSoN." }],
  ["an object of JSON that a part asks for", { ...json, input: [{ role: "user", content: "As JSON." }] }],
  ["an object of JSON that the instructions ask for", { ...json, instructions: "Answer in JSON." }],
  ["an object of JSON after turns that may ask for it", { ...json, previous_response_id: "resp_1" }],
];
for (const [title, request] of taken) {
  test(`${title}, is taken`, () => assertTogether(CreateResponse.parse({ ...asked, ...request })));
}
