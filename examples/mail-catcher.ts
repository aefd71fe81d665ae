// A mail server for one machine: prints what it is handed, and sends nothing on.
//   npx node examples/mail-catcher.ts
import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ["STARTTLS"],
  disableReverseLookup: true,
  async onData(stream, _session, done) {
    try {
      console.log(`${await text(stream)}\n`);
      done();
    } catch {
      // It was broken off: whoever hands it in knows.
    }
  },
});
server.listen(Number(process.env.PORT ?? 2525), "127.0.0.1", () => {
  const address = server.server.address();
  if (address !== null && typeof address === "object") console.log(`smtp://127.0.0.1:${address.port}`);
});
