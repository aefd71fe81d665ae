import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { createMailbox } from "./fixtures/mailbox.ts";
import { createSendMail, type Mail, smtpOptions } from "./smtp.ts";

const mail: Mail = {
  from: { name: "Perennial", address: "notices@example.com" },
  to: "ops@example.com",
  messageId: "<mail_1@example.com>",
  listId: "<lifecycle-notices.example.com>",
  date: 1_800_000_000,
  subject: "A date",
  text: "Text with ü\n.\nand a line that is a dot",
  html: "<p>Text</p>",
};
const unstopped = () => new AbortController().signal;

/** A server that takes connections and says `greeting`, if anything. */
async function createSilence(greeting: string | null) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    if (greeting !== null) socket.write(greeting);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return {
    url: `smtp://127.0.0.1:${port}`,
    connected: () => once(server, "connection"),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

test("a URL says host, port, TLS and account; a password never leaves the machine in clear", () => {
  const cases = [
    ["smtp://mail.example.com", "mail.example.com", 587, false, false, null],
    ["smtp://mail.example.com:25", "mail.example.com", 25, false, false, null],
    ["smtps://mail.example.com", "mail.example.com", 465, true, false, null],
    ["smtps://u:p@mail.example.com", "mail.example.com", 465, true, false, { user: "u", pass: "p" }],
    [
      "smtp://a%40b.example:p%3A%2F%40@mail.example.com",
      "mail.example.com",
      587,
      false,
      true,
      { user: "a@b.example", pass: "p:/@" },
    ],
    ["smtp://u:p@127.0.0.1:2525", "127.0.0.1", 2525, false, false, { user: "u", pass: "p" }],
    ["smtp://u:p@[::1]:2525", "::1", 2525, false, false, { user: "u", pass: "p" }],
  ] as const;
  for (const [url, host, port, secure, requireTLS, auth] of cases) {
    const { connection, auth: found } = smtpOptions(url);
    assert.deepEqual([connection.host, connection.port], [host, port], url);
    assert.deepEqual([connection.secure, connection.requireTLS, found], [secure, requireTLS, auth], url);
  }
});

test("what is handed in arrives whole, with signs that are not ASCII and lines that are a dot", async () => {
  await using mailbox = await createMailbox();
  assert.deepEqual(await createSendMail({ url: mailbox.url })(mail, unstopped()), { kind: "accepted" });
  assert.equal(mailbox.received[0]?.text.trim(), mail.text);
  assert.equal(mailbox.received[0]?.headers["message-id"], mail.messageId);
});

test("line breaks in a name or a subject make no header of their own", async () => {
  await using mailbox = await createMailbox();
  const subject = "A date\r\nBcc: victim@example.com\n\nX";
  const from = { name: "Per\r\nBcc: victim@example.com", address: "notices@example.com" };
  await createSendMail({ url: mailbox.url })({ ...mail, subject, from }, unstopped());
  const [got] = mailbox.received;
  assert.deepEqual([got?.headers.bcc, got?.to], [undefined, ["ops@example.com"]]);
});

test("a server that says nothing, stops after its greeting, or is not there is an error within the time", async () => {
  for (const greeting of [null, "220 hello\r\n"]) {
    await using silence = await createSilence(greeting);
    const reply = await createSendMail({ url: silence.url, timeoutMs: 100 })(mail, unstopped());
    assert.equal(reply.kind, "refused");
    assert.ok(reply.kind === "refused" && !reply.isFinal && reply.error !== "");
  }
  const gone = await createSilence(null);
  await gone[Symbol.asyncDispose]();
  const reply = await createSendMail({ url: gone.url })(mail, unstopped());
  assert.ok(reply.kind === "refused" && !reply.isFinal && /ECONNREFUSED/.test(reply.error));
});

test("a server that is no mail server, or takes no mail now, may be one later", async () => {
  for (const greeting of ["554 no service\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "421 busy\r\n"]) {
    await using silence = await createSilence(greeting);
    const reply = await createSendMail({ url: silence.url, timeoutMs: 2000 })(mail, unstopped());
    assert.ok(reply.kind === "refused" && !reply.isFinal, greeting);
  }
});

test("a certificate that nobody vouches for is refused", async () => {
  await using mailbox = await createMailbox([], { secure: true });
  const url = mailbox.url.replace("smtp:", "smtps:");
  const reply = await createSendMail({ url })(mail, unstopped());
  assert.ok(
    reply.kind === "refused" && !reply.isFinal && /certificate/.test(reply.error),
    JSON.stringify(reply),
  );
  assert.equal(mailbox.received.length, 0);
});

test("who stops does not wait for a server that hangs", async () => {
  await using silence = await createSilence("220 hello\r\n");
  const stopping = new AbortController();
  const connected = silence.connected();
  const reply = createSendMail({ url: silence.url })(mail, stopping.signal);
  await connected;
  stopping.abort();
  assert.equal((await reply).kind, "refused");
});
