/** Checks the file that it is sent on a thread of its own, so that the page stays free. */
import { checkStream } from "./check-stream.ts";

self.onmessage = async ({ data }: MessageEvent<File>) => {
  const tell = (told: unknown) => self.postMessage(told);
  tell(await checkStream(data, tell));
};
