// Takes webhooks in, checks their signature with OpenAI's own SDK and prints the events:
//   OPENAI_WEBHOOK_SECRET=whsec_… npx node examples/webhook-receiver.ts
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import OpenAI from "openai";

// The SDK wants a key before it does anything; checking signatures does not use it.
const client = new OpenAI({ apiKey: process.env.OPENAI_API_KEY ?? "unused" });
const seen = new Set<string>();

const server = createServer(async (request, response) => {
  try {
    // The signature is over the body as it was sent: do not parse it before.
    const headers = new Headers(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const event = await client.webhooks.unwrap(await text(request), headers);
    // An event may come twice, always under the same id.
    if (!seen.has(event.id)) {
      seen.add(event.id);
      console.log(event.type, "id" in event.data ? event.data.id : "");
    }
    // Answer at once and work afterwards: after 15 seconds the delivery counts as failed.
    response.writeHead(204).end();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    response.writeHead(400).end();
  }
});

server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  const address = server.address();
  if (address && typeof address === "object") console.log(`listens on http://127.0.0.1:${address.port}`);
});
