import { randomFillSync } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Bytes from a cryptographic source, fetched many at a time; each is used once. */
const pool = Buffer.alloc(4096);
let used = pool.length;

function randomByte(): number {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const byte = pool[used] ?? 0;
  used += 1;
  return byte;
}

/** Above it some characters would come more often than others. */
const FAIR = 256 - (256 % ALPHABET.length);

function randomCharacter(): string {
  for (;;) {
    const byte = randomByte();
    if (byte < FAIR) return ALPHABET.charAt(byte % ALPHABET.length);
  }
}

/** Letters and digits from a cryptographic source; 24 of them hold 142 bits. */
export function randomText(length: number): string {
  let text = "";
  for (let made = 0; made < length; made += 1) text += randomCharacter();
  return text;
}

/** Makes an id of OpenAI's shape: the prefix and the number of characters seen on the wire. */
const idMaker =
  <Prefix extends string>(prefix: Prefix, length: number) =>
  (): `${Prefix}${string}` =>
    `${prefix}${randomText(length)}`;

export const newFileId = idMaker("file-", 22);
export const newUploadId = idMaker("upload_", 24);
export const newPartId = idMaker("part_", 24);
export const newJobId = idMaker("ftjob-", 24);
export const newEventId = idMaker("ftevent-", 24);
export const newCheckpointId = idMaker("ftckpt_", 24);
export const newPermissionId = idMaker("cp_", 24);
export const newChatCompletionId = idMaker("chatcmpl-", 29);
export const newTextCompletionId = idMaker("cmpl-", 29);
export const newResponseId = idMaker("resp_", 48);
export const newMessageId = idMaker("msg_", 48);
export const newFunctionCallId = idMaker("fc_", 48);
/** Names a call of a tool in the output that answers it. */
export const newToolCallId = idMaker("call_", 24);
export const newConversationId = idMaker("conv_", 48);
export const newRequestId = idMaker("req_", 32);
export const newOrganizationId = idMaker("org-", 24);
export const newProjectId = idMaker("proj_", 24);
export const newKeyId = idMaker("key_", 16);
export const newAdapterId = idMaker("adapter-", 24);
export const newWebhookId = idMaker("whe_", 24);
export const newWebhookEventId = idMaker("evt_", 24);
export const newLifecycleChangeId = idMaker("lcc_", 24);
export const newNoticeId = idMaker("ntc_", 24);
export const newContactId = idMaker("ctc_", 24);
export const newMailId = idMaker("mail_", 24);
export const newDeliveryId = idMaker("whd_", 24);
/** The end of a tuned model's name, as in `ft:gpt-4o-mini-2024-07-18:personal::Ajo5kvNY`. */
export const newModelTail = () => randomText(8);
