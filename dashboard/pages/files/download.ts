/** Lets the browser keep content under a name, as if it had been a link to a file. */
export async function saveAs(name: string, content: ReadableStream<Uint8Array>): Promise<void> {
  const address = URL.createObjectURL(await new Response(content).blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun by then, and the bytes would stay in memory.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
